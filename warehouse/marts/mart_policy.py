"""Policy: how many measures are in which state, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """A line for each state, and for measures with and without a plan for one county."""
    return programme(sources, "policy")
