"""Figures above the county that moved beyond their bounds: what was said of each last, and which returns move it."""

from __future__ import annotations

import polars as pl

from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources
from warehouse.store import ledger
from warehouse.store.holds import last_said

NUMBERS = ("before", "after", "low", "high")
MOVERS = pl.List(pl.Struct({"receipt": pl.Int64, "file": pl.String, "county_code": pl.String, "share": pl.Float64}))


def build(sources: Sources) -> pl.LazyFrame:
    """One row per figure (period, dataset, indicator, level, code) x return that moves it, the largest first.

    `state` is `held` (marts have it as it was known at the run `since`, null where nothing was), `warned`, `lifted` or,
    with `reason` and `released_by`, `released`. `before` and `after` are the figure then and now over the counties that
    are there both times, `low` and `high` its bounds, in base units, `against` what it is compared with; `share` is
    that of the return in the move, in percent.
    """
    columns = [c.column for c in sources.columns("mart_holds")]
    return (
        sources.read(ledger.HOLDS)
        .pipe(last_said)
        .lazy()
        .filter(pl.col("period").is_in(sources.periods))
        .with_columns(pl.col(NUMBERS).cast(DECIMAL, strict=False), pl.col("returns").str.json_decode(MOVERS))
        .explode("returns")
        .unnest("returns")
        .with_columns(pl.col("share").cast(DECIMAL))
        .rename({"by": "released_by"})
        .sort("period", "dataset", "indicator", "level", "code", maintain_order=True)
        .select(columns)
    )
