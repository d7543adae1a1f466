"""Villages as reported: one row per period x county x natural village of a register in force."""

from __future__ import annotations

import polars as pl

from warehouse.marts.detail_fact import rows_of
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Households, persons and dates of each village, and the row that says so."""
    return rows_of(sources, "relocation_villages")
