"""Indicators as reported: one row per county x period x numeric indicator of a dataset with one row a county."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Dataset
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources

LEADS_BACK = ("return_status", "version", "submission", "sheet", "row")


def build(sources: Sources) -> pl.LazyFrame:
    """The value in force in its base unit, as a decimal; a blank gives no row. What leads back to the cell's row."""
    datasets = [d for d in sources.book.datasets.values() if d.one_row]
    facts = pl.concat([sources.rows(d).pipe(_long, d) for d in datasets])
    return facts.sort("period", "county_code", "dataset", "indicator")


def _long(rows: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    numeric = [i for i in dataset.indicators if i.numeric]
    units = {i.column: i.unit.unit for i in numeric}
    return (
        rows.with_columns(pl.col(i.column).cast(DECIMAL) for i in numeric)
        .unpivot(
            [i.column for i in numeric],
            index=["period", "county_code", *LEADS_BACK],
            variable_name="indicator",
            value_name="value",
        )
        .drop_nulls("value")
        .select(
            "period",
            "county_code",
            pl.lit(dataset.dataset).alias("dataset"),
            "indicator",
            "value",
            pl.col("indicator").replace_strict(units, return_dtype=pl.String).alias("unit"),
            *LEADS_BACK,
        )
        .rename({"return_status": "status"})
    )
