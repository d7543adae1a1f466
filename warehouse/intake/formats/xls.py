"""An old workbook (.xls) as tables, by xlrd, which tells error cells and formats where calamine does not."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlrd
from xlrd.biffh import error_text_from_code

from warehouse.intake.formats.blank_results import blank_results
from warehouse.intake.formats.cell_formats import shows_percent
from warehouse.intake.formats.preflight import (
    NO_PASSWORD,
    PROTECTED,
    Limits,
    PreflightResult,
    UnreadableError,
    too_large,
)
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Row, Table, as_percent, as_text

UNKNOWN = "=?"


def read_xls(path: Path, passed: PreflightResult) -> list[Table]:
    """All sheets, in the workbook's order; raises Unreadable for one that is encrypted or too large, and whatever xlrd
    makes of a damaged one.
    """
    try:
        book = xlrd.open_workbook(path, formatting_info=True, ragged_rows=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise UnreadableError(PROTECTED, NO_PASSWORD) from error
        raise
    tables = [_table(book, sheet, passed.limits) for sheet in book.sheets()]
    if any(text == UNKNOWN for table in tables for row in table.rows for text in row):
        blank = blank_results(path.read_bytes())
        return [replace(table, rows=_without(table.rows, blank.get(table.sheet or "", ()))) for table in tables]
    return tables


def _without(rows: list[Row], blank: Collection[tuple[int, int]]) -> list[Row]:
    return [
        [None if text == UNKNOWN and (at, place) in blank else text for place, text in enumerate(row)]
        for at, row in enumerate(rows)
    ]


def _table(book: Any, sheet: Any, limits: Limits) -> Table:
    if sheet.nrows * sheet.ncols > limits.cells:
        raise too_large(sheet.nrows, sheet.ncols, limits)
    rows: list[Row] = [
        [_text(book, cell) for cell in sheet.row(at)] + [None] * (sheet.ncols - sheet.row_len(at))
        for at in range(sheet.nrows)
    ]
    return Table(
        sheet.name,
        rows,
        merged=tuple((top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells),
        hidden=frozenset(at for at, info in sheet.rowinfo_map.items() if info.hidden and at < len(rows)),
        visible=sheet.visibility == 0,
        epoch=EPOCH_1904 if book.datemode else EPOCH_1900,
    )


def _text(book: Any, cell: Any) -> str | None:
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            # A text cell that holds nothing is a formula without a result, or one whose result is blank.
            return as_text(cell.value) if cell.value else UNKNOWN
        case xlrd.XL_CELL_NUMBER:
            code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
            return as_percent(cell.value) if shows_percent(code) else as_text(cell.value)
        case xlrd.XL_CELL_DATE:
            return as_text(xlrd.xldate_as_datetime(cell.value, book.datemode))
        case xlrd.XL_CELL_BOOLEAN:
            return as_text(bool(cell.value))
        case xlrd.XL_CELL_ERROR:
            return str(error_text_from_code.get(cell.value, "#N/A"))
        case _:
            return None
