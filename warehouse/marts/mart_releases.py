"""Releases: when the province approved a period or opened it again, who did, why, and what it approved."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x run that approved it or opened it again, oldest first.

    Counts are of returns, but for `figures_held`; they are those of the moment at which it was approved, null where it
    was opened again. `opened` says whether enough counties had sent something for figures above the county.
    """
    return (
        sources.releases.lazy()
        .filter(pl.col("period").is_in(sources.periods))
        .rename({"state": "period_status", "reason": "note", "by": "decided_by", "held": "figures_held"})
        .with_columns(known_on=pl.col("known_from").dt.date())
        .sort("period", "run")
        .select(c.column for c in sources.columns("mart_releases"))
    )
