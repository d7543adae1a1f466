"""Relocation: every indicator of the summary, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Villages, persons, sites, areas, funds and disputes, as the form has them; the villages' rates are in
    `mart_relocation`.
    """
    return programme(sources, "relocation")
