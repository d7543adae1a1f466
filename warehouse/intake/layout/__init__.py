"""Where things stand in a table: which dataset it is, its header, which rows are data, what was left unread.

Belongs here: positions and roles of cells. Does not belong here: bytes (`warehouse.intake.formats`), whose return it
is (`warehouse.intake.ownership`).
"""
