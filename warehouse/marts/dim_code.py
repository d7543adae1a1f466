"""Codes: what every code that stands in a mart is called."""

from __future__ import annotations

from dataclasses import asdict

import polars as pl

from warehouse.codebook.code_labels import code_labels
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row per column x code, by column and in the order that a list of them has."""
    schema = {c.column: c.polars for c in sources.book.marts["dim_code"]}
    return pl.LazyFrame([asdict(one) for one in code_labels(sources.book)], schema)
