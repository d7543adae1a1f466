"""Health: the insured, the treated, costs and what is reimbursed, at every level."""

from __future__ import annotations

import polars as pl

from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """Persons are stocks but for those treated, which with money is year to date."""
    return programme(sources, "health")
