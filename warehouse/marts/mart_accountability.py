"""Accountability: letters, reports, inspections and grades, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Letters are stocks, the rest is year to date."""
    return programme(sources, "accountability")
