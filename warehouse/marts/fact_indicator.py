"""Indicators as reported: one row per county x period x numeric indicator of a dataset with one row a county."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Indicator
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources

LEADS_BACK = ("version", "submission", "sheet", "row")


def build(sources: Sources) -> pl.LazyFrame:
    """The value in force in its base unit, as a decimal; a blank gives no row. What leads back to the cell's row."""
    named = {
        (dataset.dataset, indicator.column): indicator
        for dataset in sources.book.datasets.values()
        if dataset.one_row
        for indicator in dataset.indicators
        if indicator.numeric
    }
    rows = {name: sources.rows(sources.book.datasets[name]) for name, _ in named}
    facts = [_of(rows[name], named[name, column], place) for place, (name, column) in enumerate(sorted(named))]
    # By numbers where there are some: the texts of so many rows take twice as long to sort.
    period = pl.col("period").cast(pl.Enum(sorted(sources.periods)))
    return pl.concat(facts).sort(period, "county_code", "place").drop("place")


def _of(rows: pl.LazyFrame, indicator: Indicator, place: int) -> pl.LazyFrame:
    """The rows that have a value of an indicator, which has this place among all."""
    return rows.select(
        "period",
        "county_code",
        pl.lit(indicator.dataset).alias("dataset"),
        pl.lit(indicator.column).alias("indicator"),
        pl.col(indicator.column).cast(DECIMAL).alias("value"),
        pl.lit(indicator.unit.unit).alias("unit"),
        pl.col("return_status").alias("status"),
        *LEADS_BACK,
        place=pl.lit(place),
    ).drop_nulls("value")
