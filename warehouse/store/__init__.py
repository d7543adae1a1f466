"""What is kept: the archive of originals, the journal of decisions, accepted history, quarantine, the ledger.

Archive and journal are the truth, immutable; history and quarantine are written before the journal's entry that
commits them; the ledger is an index over both and can be rebuilt. Does not belong here: what a return means
(`warehouse.intake`), whether it is right (room `expectations`), reports (`warehouse.marts`).
"""
