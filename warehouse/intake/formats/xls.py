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
from warehouse.intake.formats.cell_marks import OTHERWISE, RAISED, STRUCK, Mark, MarkKind, mark_of
from warehouse.intake.formats.number_formats import NumberFormat, number_format, part_of_day
from warehouse.intake.formats.preflight import (
    NO_PASSWORD,
    PROTECTED,
    Limits,
    PreflightResult,
    ProtectedError,
    too_large,
)
from warehouse.intake.formats.protection import unprotected
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Row, Table, as_text

UNKNOWN = "=?"


def read_xls(path: Path, passed: PreflightResult) -> list[Table]:
    """All sheets, in the workbook's order; raises Unreadable for one that is encrypted or too large, and whatever xlrd
    makes of a damaged one.
    """
    data = path.read_bytes()
    try:
        book = _opened(data)
    except xlrd.XLRDError as error:
        if "encrypted" not in str(error).lower():
            raise
        plain = unprotected(data)
        if plain is None:
            raise ProtectedError(PROTECTED, NO_PASSWORD) from error
        data, book = plain, _opened(plain)
    # An old workbook has the texts of all its formats.
    formats = [number_format(book.format_map[xf.format_key].format_str) for xf in book.xf_list]
    tables = [_table(book, sheet, passed.limits, formats) for sheet in book.sheets()]
    if any(text == UNKNOWN for table in tables for row in table.rows for text in row):
        blank = blank_results(data)
        return [replace(table, rows=_without(table.rows, blank.get(table.sheet or "", ()))) for table in tables]
    return tables


def _opened(data: bytes) -> Any:
    return xlrd.open_workbook(file_contents=data, formatting_info=True, ragged_rows=True, logfile=io.StringIO())


def _without(rows: list[Row], blank: Collection[tuple[int, int]]) -> list[Row]:
    return [
        [None if text == UNKNOWN and (at, place) in blank else text for place, text in enumerate(row)]
        for at, row in enumerate(rows)
    ]


def _table(book: Any, sheet: Any, limits: Limits, formats: list[NumberFormat]) -> Table:
    if sheet.nrows * sheet.ncols > limits.cells:
        raise too_large(sheet.nrows, sheet.ncols, limits)
    rows: list[Row] = [
        [_text(book, cell, formats) for cell in sheet.row(at)] + [None] * (sheet.ncols - sheet.row_len(at))
        for at in range(sheet.nrows)
    ]
    return Table(
        sheet.name,
        rows,
        merged=tuple((top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells),
        hidden=frozenset(at for at, info in sheet.rowinfo_map.items() if info.hidden and at < len(rows)),
        visible=sheet.visibility == 0,
        epoch=EPOCH_1904 if book.datemode else EPOCH_1900,
        hidden_columns=frozenset(at for at, info in sheet.colinfo_map.items() if info.hidden or info.width == 0),
        marks=_marks(book, sheet, rows, formats),
    )


def _text(book: Any, cell: Any, formats: list[NumberFormat]) -> str | None:
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            # A text cell that holds nothing is a formula without a result, or one whose result is blank.
            return as_text(cell.value) if cell.value else UNKNOWN
        case xlrd.XL_CELL_NUMBER:
            shown = formats[cell.xf_index].shown(cell.value)
            return shown.text if shown else as_text(cell.value)
        case xlrd.XL_CELL_DATE:
            day = xlrd.xldate_as_datetime(cell.value, book.datemode)
            parts = formats[cell.xf_index].day_parts
            return part_of_day(parts, day) if parts else as_text(day)
        case xlrd.XL_CELL_BOOLEAN:
            return as_text(bool(cell.value))
        case xlrd.XL_CELL_ERROR:
            return str(error_text_from_code.get(cell.value, "#N/A"))
        case _:
            return None


def _marks(book: Any, sheet: Any, rows: list[Row], formats: list[NumberFormat]) -> dict[tuple[int, int], Mark]:
    """The marks of cells: of their numbers, of their fonts, of texts in several fonts."""
    kinds = {at: kind for at, font in enumerate(book.font_list) if (kind := _kind(font))}
    styles = {at: kinds[xf.font_index] for at, xf in enumerate(book.xf_list) if xf.font_index in kinds}
    looked = styles.keys() | {at for at, shown_by in enumerate(formats) if shown_by.telling}
    marks: dict[tuple[int, int], Mark | None] = {}
    for at in range(sheet.nrows) if looked else ():
        for place, cell in enumerate(sheet.row(at)):
            if cell.xf_index in looked and rows[at][place] is not None:
                marks[at, place] = _mark(cell, rows[at][place] or "", styles, formats)
    for (at, place), runs in sheet.rich_text_runlist_map.items() if kinds else ():
        text, own = str(sheet.cell_value(at, place)), styles.get(sheet.cell_xf_index(at, place))
        starts = [(0, own), *((offset, kinds.get(font)) for offset, font in runs)]
        ends = [*(offset for offset, _ in starts[1:]), len(text)]
        marks[at, place] = mark_of((text[start:end], kind) for (start, kind), end in zip(starts, ends, strict=True))
    return {place: mark for place, mark in marks.items() if mark}


def _mark(cell: Any, text: str, styles: dict[int, MarkKind], formats: list[NumberFormat]) -> Mark | None:
    if cell.xf_index in styles:
        return mark_of([(text, styles[cell.xf_index])])
    shown = formats[cell.xf_index].shown(cell.value) if cell.ctype == xlrd.XL_CELL_NUMBER else None
    return Mark(OTHERWISE, shown.unclear, whole=True) if shown and shown.unclear else None


def _kind(font: Any) -> MarkKind | None:
    if font.struck_out:
        return STRUCK
    return RAISED if font.escapement else None
