"""What must hold: the rules as suites, the checkpoint that applies them, the verdicts that follow.

Belongs here: everything that knows Great Expectations. Does not belong here: reading files and keeping rows
(room `warehouse`), Prefect (rooms `flows`, `tasks`). Importing this room imports Great Expectations, about 2 s.
"""

import os

from expectations.importing import quicken

# Here, before any module of the room imports it: it may read the environment once, and nothing may leave the machine.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
quicken()
