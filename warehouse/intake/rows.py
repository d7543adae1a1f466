"""Data rows of sheets as frames of text, each row with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import polars as pl

from warehouse.intake.records import Column, DataRow, DataSheet

Schema: TypeAlias = dict[str, pl.DataType | type[pl.DataType]]
PROVENANCE: Schema = {
    "receipt": pl.Int64, "submission": pl.String, "sheet": pl.String, "row": pl.Int64,
    "county_code": pl.String, "period": pl.String,
}  # fmt: skip


def raw_rows(rows: Iterable[tuple[DataSheet, DataRow]], own: Mapping[str, Column]) -> pl.DataFrame:
    """One row per data row, as text: PROVENANCE, then the columns in `own`."""
    values: dict[str, list[object]] = {name: [] for name in (*PROVENANCE, *own)}
    for sheet, row in rows:
        values["receipt"].append(sheet.receipt.receipt)
        values["submission"].append(sheet.receipt.submission)
        values["sheet"].append(sheet.sheet)
        values["row"].append(row.number)
        values["county_code"].append(row.county_code)
        values["period"].append(row.period)
        for column, place in own.items():
            values[column].append(row.cells[place.index] if place.index < len(row.cells) else None)
    return pl.DataFrame(values, schema={**PROVENANCE, **dict.fromkeys(own, pl.String)})
