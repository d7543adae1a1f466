"""Finance: microcredit, loans outstanding and relending, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Lending is year to date, balances are stocks."""
    return programme(sources, "finance")
