"""What differs between two sets of rows, cell by cell. Pure: frames in, frames out; values are exact texts."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.inspect import as_texts
from warehouse.intake.layout.row_frames import Schema, address_of

PLACE = ("county_code", "period", "sheet", "row")
CELL = ("dataset", *PLACE, "column")
OTHERWISE: Schema = {
    "dataset": pl.String, "county_code": pl.String, "period": pl.String, "sheet": pl.String, "row": pl.Int64,
    "column": pl.String, "then": pl.String, "now": pl.String,
}  # fmt: skip


def changed_cells(before: pl.LazyFrame, after: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """One row per value that differs in rows that both have; rows are told apart by the dataset's keys.

    Columns: the keys, nth (the how manieth row with these keys, from 0), column, before, after, and where each stands:
    before_sheet, before_row, after_sheet, after_row. In the order of `after` and of the form.
    """
    same = (*dataset.keys, "nth", "column")
    order = {column: place for place, column in enumerate(dataset.columns)}
    place = pl.col("column").replace_strict(order, return_dtype=pl.Int64)
    joined = _cells(before, dataset, "before").join(
        _cells(after, dataset, "after"), on=same, how="inner", nulls_equal=True
    )
    return (
        joined.filter(pl.col("before").ne_missing(pl.col("after")))
        .sort("after_sheet", "after_row", place, nulls_last=True)
        .select(*same, "before", "after", "before_sheet", "before_row", "after_sheet", "after_row")
    )


def rows_without(rows: pl.LazyFrame, others: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """The rows whose keys `others` has not: sheet, row, then the form's columns as texts. Order unchanged."""
    same = (*dataset.keys, "nth")
    found = _numbered(rows, dataset).join(_numbered(others, dataset), on=same, how="anti", nulls_equal=True)
    return found.pipe(as_texts, dataset).select("sheet", "row", *dataset.columns)


def _numbered(rows: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """`rows` with nth: of rows that have the same keys, the first is 0."""
    count = pl.int_range(pl.len(), dtype=pl.Int64)
    return rows.with_columns(nth=count.over(dataset.keys) if dataset.keys else count)


def _cells(rows: pl.LazyFrame, dataset: Dataset, name: str) -> pl.LazyFrame:
    """A row per value that is no key, under `name`, with the sheet and row that it stands in."""
    values = [column for column in dataset.columns if column not in dataset.keys]
    place = {"sheet": f"{name}_sheet", "row": f"{name}_row"}
    return (
        _numbered(rows, dataset)
        .pipe(as_texts, dataset)
        .unpivot(values, index=[*dataset.keys, "nth", *place], variable_name="column", value_name=name)
        .rename(place)
    )


def with_cells(changes: pl.LazyFrame, before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """`changes` with before_cell and after_cell, from the layouts of both (sheet, column, letters): null where the
    value stands in none. Grain and order unchanged.
    """
    for name, layout in (("before", before), ("after", after)):
        places = layout.select("column", pl.col("sheet").alias(f"{name}_sheet"), "letters")
        changes = (
            changes.join(places, on=["column", f"{name}_sheet"], how="left", nulls_equal=True, maintain_order="left")
            .with_columns(address_of("letters", f"{name}_row").alias(f"{name}_cell"))
            .drop("letters")
        )
    return changes


def kept_cells(rows: pl.LazyFrame, dataset: Dataset) -> pl.LazyFrame:
    """A row per value of rows as history keeps them: CELL and `value`. Without those of nil returns: they have none."""
    return (
        rows.filter(pl.col("row").is_not_null())
        .pipe(as_texts, dataset)
        .unpivot(dataset.columns, index=PLACE, variable_name="column", value_name="value")
        .select(pl.lit(dataset.dataset).alias("dataset"), *PLACE, "column", "value")
    )


def read_otherwise(then: pl.LazyFrame, now: pl.LazyFrame) -> pl.LazyFrame:
    """One row per cell (OTHERWISE) whose `value` in `now` is not that in `then`; a cell that one lacks is blank there.

    Both have CELL and `value`. In the order of datasets, sheets, rows and columns.
    """
    texts = (side.select(*CELL, pl.col("value").alias(name)) for side, name in ((then, "then"), (now, "now")))
    before, after = texts
    return (
        before.join(after, on=CELL, how="full", coalesce=True, nulls_equal=True)
        .filter(pl.col("then").ne_missing(pl.col("now")))
        .sort(*CELL)
        .select(*OTHERWISE)
    )
