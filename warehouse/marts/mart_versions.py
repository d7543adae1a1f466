"""Versions: every time that another return of a county came into force, and why, whatever it changed."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.supersession import in_force_changes


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x county x run after which another return is in force than before, or none.

    What came to count in the place of what; `mart_changes` has the figures that it changed.
    """
    columns = [c.column for c in sources.columns("mart_versions")]
    return versions(sources).sort("period", "dataset", "county_code", "run").select(columns)


def versions(sources: Sources) -> pl.LazyFrame:
    """The same in no order, with the receipts too: what `in_force_changes` gives, as readers call it."""
    changes = sources.returns.lazy().pipe(in_force_changes)
    return changes.with_columns(known_on=pl.col("known_from").dt.date(), note="reason", decided_by="by")
