"""Projects: tasks and what is done of them, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Tasks are stocks, what is done is year to date."""
    return programme(sources, "projects")
