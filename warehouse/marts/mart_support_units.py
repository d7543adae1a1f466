"""Supporting units: whom they post and what they bring, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Sums over a county's units; units themselves are not counted up, for one may support several counties."""
    return programme(sources, "support_units")
