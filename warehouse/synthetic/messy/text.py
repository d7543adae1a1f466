"""A sheet as a text file: comma, tab or semicolon, in the encodings that clerks' programs write."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from warehouse.synthetic.messy.grid import Cell, Sheet


def text_bytes(sheet: Sheet, encoding: str, separator: str) -> bytes:
    """The sheet's cells as text; a merged cell's text stands in its first cell."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=separator)
    width = max(map(len, sheet.rows))
    for cells in sheet.rows:
        writer.writerow([*map(_word, cells), *([""] * (width - len(cells)))])
    return made.getvalue().encode(encoding)


def _word(cell: Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{Decimal(value):f}"
    return value.isoformat() if isinstance(value, date) else value
