"""What became of returns, from the ledger's decisions on them. Pure: frames in, frames out."""

from __future__ import annotations

import polars as pl

from warehouse.store.in_force import RETURN, in_force, latest
from warehouse.store.journal_records import ACCEPTED


def return_outcomes(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return: its last decision, with `standing`, and which receipt counts in its place.

    `decisions` must have all that was ever decided of each return in it, whoever's. `standing` is in_force, superseded,
    quarantined or withdrawn; `counting` and `counting_file` are of the return in force, null where none is.
    """
    counting = decisions.pipe(in_force).select(*RETURN, counting="receipt", counting_file="file")
    counts = pl.col("receipt").eq_missing(pl.col("counting"))
    standing = (
        pl.when(~pl.col("verdict").is_in(ACCEPTED))
        .then(pl.col("verdict"))
        .when(counts)
        .then(pl.lit("in_force"))
        .otherwise(pl.lit("superseded"))
    )
    return decisions.pipe(latest).join(counting, on=RETURN, how="left").with_columns(standing=standing)


def kept(decisions: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return: the last decision that kept its rows, in history or in quarantine."""
    return decisions.filter(pl.col("verdict").is_in([*ACCEPTED, "quarantined"])).pipe(latest)
