"""Files of every known format as tables of text: what a file is, whether it may be read at all, and who reads it.

Belongs here: the table of formats (`registry`), the look at a file before it is read, a reader a format, archives.
Does not belong here: which dataset a table is of and what its cells mean (`warehouse.intake`), where a file is kept
(`warehouse.store`).
"""
