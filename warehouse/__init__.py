"""What comes in, what is kept, what goes out: codebook, intake, store, marts, publishing.

Belongs here: definitions as data, reading of submissions, the archive and the history, the marts and their
snapshots, and the synthetic province. Does not belong here: anything that knows Prefect (rooms `flows`, `tasks`)
or Great Expectations (room `expectations`).
"""
