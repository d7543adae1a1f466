"""Motivation: activities, participants and households by what holds them back, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Activities are year to date; participants are person-times."""
    return programme(sources, "motivation")
