"""A file as tables of text: each with its sheet, its header and its rows at their places in the file.

Values are text from here on (`warehouse.intake.values` types them): a number as its shortest decimal, a date as
2017-12-31, a blank as None, an error cell as its text (#REF!), which no type accepts.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import python_calamine
from openpyxl.utils import get_column_letter

from warehouse.intake.preflight import A_WORKBOOK, Limits, Unreadable, preflight

A_TEXT = ".csv 文本文件 a .csv text file"
ENCODINGS = ("utf-8-sig", "gb18030")
Row = list[str | None]


@dataclass(frozen=True)
class Table:
    """A sheet (or a CSV) from its first cell on: `rows[0][0]` is cell A1. `sheet` is None in a CSV."""

    sheet: str | None
    rows: list[Row]

    def cell(self, row: int, column: int) -> str:
        """The address of `rows[row][column]`, such as D7."""
        return f"{column_letters(column)}{row + 1}"


def half_width(text: str) -> str:
    """A label with its full-width signs as plain ones, as the codebook has them: （亿元） and (亿元) are the same."""
    return unicodedata.normalize("NFKC", text)


def column_letters(index: int) -> str:
    """A for 0, AA for 26."""
    return get_column_letter(index + 1)


def read_tables(path: Path, limits: Limits) -> list[Table]:
    """All tables of a file, in its order; raises Unreadable, never another error, for what the file is."""
    passed = preflight(path, limits)
    if passed.format == "csv":
        return [_csv(path)]
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            tables = [_sheet(book, name) for name in book.sheet_names]
        return _with_errors(path, tables) if passed.has_error_cells else tables
    except BaseException as error:
        # Whatever a parser makes of a damaged file is a fault of the file; calamine's panics are no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise Unreadable(f"损坏的工作簿 a damaged workbook ({error})", A_WORKBOOK) from error


def _sheet(book: python_calamine.CalamineWorkbook, name: str) -> Table:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return Table(name, [[as_text(value) for value in row] for row in rows])


def _with_errors(path: Path, tables: list[Table]) -> list[Table]:
    """Calamine reads an error cell as blank; openpyxl, slower, says what stands there."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for table in tables:
        for row, cells in enumerate(book[table.sheet or ""].iter_rows()):
            for column, cell in enumerate(cells):
                if cell.data_type == "e":
                    table.rows[row][column] = str(cell.value)
    book.close()
    return tables


def _csv(path: Path) -> Table:
    text = decode(path.read_bytes())
    if "\0" in text:
        raise Unreadable("含 NUL 字节的文件 a file with NUL bytes", A_TEXT)
    try:
        rows = [[as_text(value) for value in row] for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as error:
        raise Unreadable(f"损坏的 .csv 文件 a damaged .csv file ({error})", A_TEXT) from error
    width = max(map(len, rows), default=0)
    return Table(None, [row and row + [None] * (width - len(row)) for row in rows])


def decode(data: bytes) -> str:
    """The text of a CSV: UTF-8, with or without a byte order mark, else GB18030 (measured: right 7 of 7)."""
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("编码不明的文本 text in an unknown encoding", "UTF-8 或 or GB18030")


def as_text(value: Any) -> str | None:
    """A cell as text; None for a blank one. Excel keeps 15 significant digits, so no more are taken from a float."""
    match value:
        case None | "":
            return None
        case bool():
            return "是" if value else "否"
        case int() | float():
            text = f"{value:.15g}"
            return f"{Decimal(text):f}" if "e" in text else text
        case datetime():
            return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
        case date():
            return value.isoformat()
        case _:
            return " ".join(str(value).split()) or None
