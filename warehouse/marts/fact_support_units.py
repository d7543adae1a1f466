"""Supporting units as reported: one row per period x county x unit of a list in force."""

from __future__ import annotations

import polars as pl

from warehouse.marts.detail_fact import rows_of
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Level and aid of each unit, and the row that says so."""
    return rows_of(sources, "support_units")
