"""Operations on a whole root: recover, verify, back up, restore, rebuild, replace.

Belongs here: what a data engineer runs to keep a store sound. Does not belong here: nightly work, the store's own
writing (`warehouse.store`).
"""
