"""A sheet as a text file: comma, tab, semicolon or stroke, in the encodings that clerks' programs write."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

from warehouse.synthetic.messy.grid import Cell, Sheet


def text_bytes(sheet: Sheet, encoding: str, separator: str, *, kept_as_text: bool) -> bytes:
    """The sheet's cells as text; a merged cell's text stands in its first cell. `kept_as_text` writes ="140222" where
    a text begins with a digit, lest a spreadsheet make a number of it.
    """
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=separator)
    width = max(map(len, sheet.rows))
    for cells in sheet.rows:
        words = [f'="{word}"' if kept_as_text and word[:1].isdigit() else word for word in map(word_of, cells)]
        writer.writerow([*words, *([""] * (width - len(cells)))])
    return made.getvalue().encode(encoding)


def word_of(cell: Cell) -> str:
    """A cell as a text file has it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, int | Decimal):
        return f"{Decimal(value):f}"
    return value.isoformat() if isinstance(value, date) else value
