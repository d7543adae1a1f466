"""Totals and subtotals that a sheet itself gives, held against the sums of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.formats.table import address
from warehouse.intake.layout.row_frames import raw_rows
from warehouse.intake.model.records import Column, DataRow, DataSheet, SumRow
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.values import converted
from warehouse.messages.finding import Finding, FindingExamples


def differing_totals(sheet: DataSheet, dataset: Dataset, own: Mapping[str, Column]) -> list[Finding]:
    """A finding for each cell of a total that is not the sum of the rows that it is over; of very many, examples.

    Only of what may be summed (`roll_up`), in base units; a blank total says nothing, a blank row adds nothing. Where
    a total is no number itself, or a row is none, there is nothing to compare: those have their own findings.
    """
    examples = FindingExamples()
    summed = {c.column: c for c in own.values() if dataset[c.column].roll_up.how == "sum"}
    for total in sheet.sums:
        said = _typed(sheet, [DataRow(total.number, None, None, total.cells)], dataset, summed)
        over = _typed(sheet, list(total.over), dataset, summed)
        for column, place in summed.items():
            given, values = said[column].item(), over[column]
            # Decimals and whole numbers add up exactly.
            sums = sum(values.drop_nulls().to_list(), start=Decimal(0))
            if given is not None and given != sums:
                examples.add(column, partial(_finding, sheet, total, dataset, place, (given, sums)))
    return examples.counted()


def _typed(sheet: DataSheet, rows: list[DataRow], dataset: Dataset, own: Mapping[str, Column]) -> pl.DataFrame:
    raw = raw_rows(((sheet, row) for row in rows), own)
    return converted(raw, dataset, {c.column: c.factor for c in own.values()}, sheet.epoch)[0]


def _finding(sheet: DataSheet, total: SumRow, dataset: Dataset, place: Column, differ: tuple[Any, Any]) -> Finding:
    given, sums = (f"{Decimal(value).normalize():f}" for value in differ)
    rows = f"{total.over[0].number}-{total.over[-1].number}" if total.over else "-"
    unit = dataset[place.column].unit
    return reading_finding(
        sheet.receipt,
        "total_differs",
        f"{given} {unit.label_zh}",
        f"{sums} {unit.label_zh} (第 {rows} 行之和 the sum of rows {rows})",
        sheet=sheet.sheet,
        cells=[address(place.letters, total.number)],
        return_header=sheet.return_header,
        dataset=dataset.dataset,
        indicator=place.column,
    )
