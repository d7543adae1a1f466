"""Industry: households in each line of business and photovoltaic capacity, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Households of the lines of business overlap: those linked are counted once, by the county."""
    return programme(sources, "industry")
