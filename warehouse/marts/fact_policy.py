"""Measures as reported: one row per period x county x measure of a return in force."""

from __future__ import annotations

import polars as pl

from warehouse.marts.detail_fact import rows_of
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Document, dates and state of each measure, and the row that says so; `status` is the measure's state."""
    return rows_of(sources, "policy")
