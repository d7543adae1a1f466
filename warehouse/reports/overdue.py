"""Who owes what by now: counties of which returns are missing whose day has passed. Does not belong here: what is due
and what came (`marts/mart_completeness.py`).
"""

from __future__ import annotations

from datetime import date

import polars as pl


def overdue_returns(completeness: pl.LazyFrame, on: date) -> pl.DataFrame:
    """One row per county that owes returns whose day had passed on a day (UTC): `returns` how many, `periods` and
    `datasets` which, `since` the earliest of their days; the most first.

    `completeness` is the mart of that name, whose `missing` is as of the day on which the store last heard of any
    return: this is the same as of another day.
    """
    return (
        completeness.filter("due", ~pl.col("received"), "period_open", pl.col("due_on") < on)
        .group_by("county_code")
        .agg(
            returns=pl.len().cast(pl.Int64),
            periods=pl.col("period").unique().sort(),
            datasets=pl.col("dataset").unique().sort(),
            since=pl.col("due_on").min(),
        )
        .sort("returns", "county_code", descending=[True, False])
        .collect()
    )
