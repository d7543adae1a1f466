"""A grid as .xlsx, the same bytes each time."""

from __future__ import annotations

import io
from datetime import date

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.synthetic.layout import SYNTHETIC, TITLE
from warehouse.synthetic.messy.grid import Book, Cell, Sheet
from warehouse.synthetic.workbook import CREATED

LOOKS = {
    "bold": {"bold": True}, "day": {"num_format": "yyyy-mm-dd"}, "percent": {"num_format": "0.0%"},
    "scaled": {"num_format": "0!.0,"}, "raised": {"font_script": 1}, "struck": {"font_strikeout": True},
}  # fmt: skip


def xlsx_bytes(book: Book) -> bytes:
    """The workbook as .xlsx."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, "date_1904": book.epoch_1904}) as out:
        out.set_properties({"title": f"{TITLE} ({SYNTHETIC})", "comments": SYNTHETIC, "created": CREATED})
        formats = {look: out.add_format(form) for look, form in LOOKS.items()}
        for sheet in book.sheets:
            _write(out.add_worksheet(sheet.name), sheet, formats)
    return made.getvalue()


def _write(out: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    out.set_column(0, max(map(len, sheet.rows), default=1), 14)
    starts = {(first, left) for first, left, _, _ in sheet.merged}
    for first, left, last, right in sheet.merged:
        out.merge_range(first, left, last, right, str(sheet.rows[first][left].value), formats["bold"])
    for row, cells in enumerate(sheet.rows):
        for column, cell in enumerate(cells):
            if (row, column) not in starts:
                _write_cell(out, (row, column), cell, formats.get(cell.look))
    for row in sheet.hidden:
        out.set_row(row, None, None, {"hidden": True})


def _write_cell(out: Worksheet, place: tuple[int, int], cell: Cell, form: Format | None) -> None:
    value = cell.value
    if cell.formula:
        # No value beside a formula: as programs leave it that write formulas and never work them out.
        out.write_formula(*place, cell.formula, form, "" if value is None else _plain(value))
    elif cell.look == "error":
        out.write_formula(*place, f"={value}", None, value)
    elif isinstance(value, str) and cell.look in ("raised", "struck"):
        parts = (value[:-1], form, value[-1]) if cell.look == "raised" else (form, value[0], value[1:])
        out.write_rich_string(*place, *parts)
    elif isinstance(value, str):
        out.write_string(*place, value, form)
    elif isinstance(value, date):
        out.write_datetime(*place, value, form)
    elif value is not None:
        out.write_number(*place, float(value), form)


def _plain(value: object) -> object:
    return value if isinstance(value, str) else float(str(value))
