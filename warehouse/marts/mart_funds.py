"""Funds: allocated, received and spent, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Year-to-date figures with the month's own."""
    return programme(sources, "funds")
