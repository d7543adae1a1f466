"""Indicators as reported: one row per county x period x numeric indicator of a dataset with one row a county."""

from __future__ import annotations

import polars as pl

from warehouse.marts.approved import with_approved_status
from warehouse.marts.measures import Measure, numbers_of
from warehouse.marts.roll_up import DECIMAL, quotient
from warehouse.marts.sources import Sources

LEADS_BACK = ("version", "submission", "sheet", "row")


def build(sources: Sources) -> pl.LazyFrame:
    """The value in force in its base unit, as a decimal; a blank gives no row. What leads back to the cell's row.

    Of a ratio `value` is what the county wrote, which the marts of the programmes have as `value_reported`, and
    `value_computed` what its parts give, which is their `value`; null where they give none, and of all else.
    """
    datasets = [d for d in sources.book.datasets.values() if d.one_row]
    rows = {d.dataset: sources.rows(d) for d in datasets}
    lines = sorted(
        (line for d in datasets for line in numbers_of(d)), key=lambda one: (one.indicator.dataset, one.name)
    )
    facts = [_values_of(rows[line.indicator.dataset], line, place) for place, line in enumerate(lines)]
    # By numbers where there are some: the texts of so many rows take twice as long to sort.
    period = pl.col("period").cast(pl.Enum(sorted(sources.periods)))
    return pl.concat(facts).sort(period, "county_code", "place").drop("place").pipe(with_approved_status, sources)


def _values_of(rows: pl.LazyFrame, line: Measure, place: int) -> pl.LazyFrame:
    """The rows in which an indicator is filled in, which has this place among all."""
    indicator, none = line.indicator, pl.lit(None, DECIMAL)
    return rows.select(
        "period",
        "county_code",
        pl.lit(indicator.dataset).alias("dataset"),
        pl.lit(indicator.column).alias("indicator"),
        pl.col(line.name).cast(DECIMAL).alias("value"),
        pl.lit(indicator.unit.unit).alias("unit"),
        pl.col("return_status").alias("status"),
        *LEADS_BACK,
        value_computed=none if line.whole is None else quotient(line.part, line.whole, line.factor),
        place=pl.lit(place),
    ).drop_nulls("value")
