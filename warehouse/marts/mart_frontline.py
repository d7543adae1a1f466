"""Frontline: village leaders, resident teams and first secretaries, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Stocks of each quarter; rotations are year to date."""
    return programme(sources, "frontline")
