"""Published snapshots of the marts: the manifest by which they count, writing, views, the contract with readers,
pruning.

Belongs here: files that analysts read and how one set replaces another. Does not belong here: figures
(`warehouse.marts`).
"""
