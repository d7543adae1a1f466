"""Rules applied to a batch of returns: through a Checkpoint, to rule outcomes, findings and roll-ups.

Belongs here: what rules say of the returns at hand. Does not belong here: the verdicts that follow
(`expectations.judge`), pages about them (`expectations.data_docs`).
"""
