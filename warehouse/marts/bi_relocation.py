"""Relocation for BI tools: one source, one level, so that a SUM of villages over counties is the province's."""

from __future__ import annotations

import polars as pl

from warehouse.marts.bi_county import OF_COUNTIES
from warehouse.marts.dim_area import areas
from warehouse.marts.of_marts import rows_of
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x county that owes the summary, by these, with the villages that the summary says; null where
    none is in force (then it is not `complete`). What the register says is in `mart_relocation`.

    Villages are counted since the programme began: a SUM over periods means nothing.
    """
    return (
        rows_of(sources, "mart_relocation", sources.periods)
        .filter(pl.col("level") == "county", pl.col("source") == "summary")
        .with_columns(area="code", county_code="code")
        .join(areas(sources.book).lazy().select(OF_COUNTIES), on="area")
        .sort("period", "county_code")
        .select(c.column for c in sources.columns("bi_relocation"))
    )
