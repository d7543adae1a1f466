"""Outcomes: poor persons, villages and counties, headcount ratio and income, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Incomes are averaged by rural population, the headcount ratio and growth come from what they are made of,
    counties are counted by their state; shares of wrong exits and satisfaction stay with the county.
    """
    return programme(sources, "outcomes")
