"""Files to typed rows: preflight, cover, layouts, values; every row knows its submission, sheet and row.

Belongs here: everything that looks at a file from outside, and how what is typed by hand becomes a value. Does not
belong here: whether a value is plausible (room `expectations`), where it is kept (`warehouse.store`).
"""
