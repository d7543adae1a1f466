"""Training: trained, certified and placed persons, person-times and funds, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Persons and person-times stand in lines of their own and never meet."""
    return programme(sources, "training")
