"""Data rows of sheets as frames of text, each row with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import polars as pl

from warehouse.intake.model.records import Column, DataRow, DataSheet

Schema: TypeAlias = dict[str, pl.DataType | type[pl.DataType]]
PROVENANCE: Schema = {
    "receipt": pl.Int64, "submission": pl.String, "sheet": pl.String, "row": pl.Int64,
    "county_code": pl.String, "period": pl.String,
}  # fmt: skip


def raw_rows(rows: Iterable[tuple[DataSheet, DataRow]], own: Mapping[str, Column]) -> pl.DataFrame:
    """One row per data row, as text: PROVENANCE, then the columns in `own`."""
    given = list(rows)
    cells = [row.cells for _, row in given]
    values: dict[str, list[object]] = {
        "receipt": [sheet.receipt.receipt for sheet, _ in given],
        "submission": [sheet.receipt.submission for sheet, _ in given],
        "sheet": [sheet.sheet for sheet, _ in given],
        "row": [row.number for _, row in given],
        "county_code": [row.county_code for _, row in given],
        "period": [row.period for _, row in given],
    }
    for column, place in own.items():
        at = place.index
        values[column] = [row[at] if at < len(row) else None for row in cells]
    return pl.DataFrame(values, schema={**PROVENANCE, **dict.fromkeys(own, pl.String)})


def address_of(letters: str, row: str) -> pl.Expr:
    """The address of a cell by the columns with the letters of its column and its row, as `table.address` has it."""
    whole = pl.col(letters).str.contains(r"[0-9]$")
    return pl.when(whole).then(letters).otherwise(pl.col(letters) + pl.col(row).cast(pl.String))
