"""Completeness: what was due, what came, what became of it, whether it was late."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.standing import RETURN, standing


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x county that owed the return or sent it.

    `verdict` is that of the return in force, else of the last one, null where none came. `late` says that the first
    came after the last day for it (UTC); null where none came or none was due.
    """
    came = sources.returns.lazy().group_by(RETURN).agg(first=pl.col("known_from").min())
    verdicts = sources.returns.lazy().pipe(standing).select(*RETURN, "verdict")
    return (
        sources.due.join(came.join(verdicts, on=RETURN), on=RETURN, how="full", coalesce=True)
        .select(
            "period",
            "dataset",
            "county_code",
            due=pl.col("due_on").is_not_null(),
            received=pl.col("first").is_not_null(),
            verdict="verdict",
            late=pl.col("first").dt.date() > pl.col("due_on"),
        )
        .sort("period", "dataset", "county_code")
    )
