"""Villages: households, persons and reclaimed area of the register, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Sums over the villages of a county; a county with a nil register counts, with none of anything."""
    return programme(sources, "relocation_villages")
