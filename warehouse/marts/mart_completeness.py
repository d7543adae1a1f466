"""Completeness: what was due and by when, what came and when, what became of it, what is missing."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.in_force import RETURN, latest_or_in_force


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x county that owed the return or sent it.

    `verdict` is that of the return in force, else of the last one, null where none came. `late` says that the first
    came after the last day for it (UTC), `days_late` by how many days; null where none came or none was due.
    `missing` says that it is due, that nothing came, and that its day had passed when the store last heard of any
    return: no clock is asked. Of a period that is not open (`period_open`) there is what came, and nothing is missing.
    """
    came = sources.returns.lazy().group_by(RETURN).agg(received_on=pl.col("known_from").min().dt.date())
    verdicts = sources.decisions(latest_or_in_force).select(*RETURN, "verdict")
    frequencies = {d.dataset: d.frequency.value for d in sources.book.datasets.values()}
    days = (pl.col("received_on") - pl.col("due_on")).dt.total_days()
    due, received = pl.col("due_on").is_not_null(), pl.col("received_on").is_not_null()
    passed = pl.col("due_on") < pl.lit(sources.last_heard, pl.Date)
    return (
        sources.due.join(came.join(verdicts, on=RETURN), on=RETURN, how="full", coalesce=True)
        .select(
            "period",
            "dataset",
            "county_code",
            due=due,
            received=received,
            verdict="verdict",
            late=days > 0,
            frequency=pl.col("dataset").replace_strict(frequencies, return_dtype=pl.String),
            due_on="due_on",
            received_on="received_on",
            days_late=days.clip(lower_bound=0),
            missing=due & ~received & passed.fill_null(value=False),
            period_open=pl.col("period").is_in(sources.opened),
        )
        .sort("period", "dataset", "county_code")
    )
