"""What must hold: the rules as suites, the checkpoint that applies them, the verdicts that follow.

Belongs here: everything that knows Great Expectations. Does not belong here: reading files and keeping rows
(room `warehouse`), Prefect (rooms `flows`, `tasks`). Importing this room imports Great Expectations, about 3 s.
"""
