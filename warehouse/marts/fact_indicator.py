"""Indicators as reported: one row per county x period x numeric indicator of a dataset with one row a county."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Indicator
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources

LEADS_BACK = ("version", "submission", "sheet", "row")


def build(sources: Sources) -> pl.LazyFrame:
    """The value in force in its base unit, as a decimal; a blank gives no row. What leads back to the cell's row."""
    rows = {d.dataset: sources.rows(d) for d in sources.book.datasets.values() if d.one_row}
    reported = (i for name in rows for i in sources.book.datasets[name].indicators if i.numeric)
    in_order = sorted(reported, key=lambda i: (i.dataset, i.column))
    facts = [_values_of(rows[indicator.dataset], indicator, place) for place, indicator in enumerate(in_order)]
    # By numbers where there are some: the texts of so many rows take twice as long to sort.
    period = pl.col("period").cast(pl.Enum(sorted(sources.periods)))
    return pl.concat(facts).sort(period, "county_code", "place").drop("place")


def _values_of(rows: pl.LazyFrame, indicator: Indicator, place: int) -> pl.LazyFrame:
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
