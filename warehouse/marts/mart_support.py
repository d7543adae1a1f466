"""Support: what supporting units give and whom they post, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Units, universities and counties that support several counties are not added up: they stay with the
    county.
    """
    return programme(sources, "support")
