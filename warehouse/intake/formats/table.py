"""A file as tables of text: each with its sheet and its rows at their places in the file.

Values are text from here on (`warehouse.intake.values` types them): a number as its shortest decimal, a date as
2017-12-31, a share formatted as percent as 10.7%, a number whose format writes a unit as 73万元, a blank as None, an
error cell as its text (#REF!), a formula without a value as its text (=B2+B3); no type accepts the last two.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from openpyxl.utils import get_column_letter

from warehouse.intake.formats.cell_marks import Mark

Row = list[str | None]
MOST_WHOLE = 1e15  # Excel keeps 15 digits
# First and last row, first and last column, counted from 0, all included.
Merged = tuple[int, int, int, int]
EPOCH_1900, EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
ERRORS = frozenset(
    ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)


@dataclass(frozen=True)
class Table:
    """A sheet (or a text file) from its first cell on: `rows[0][0]` is cell A1. `sheet` is None in a text file.

    `merged` are ranges whose first cell speaks for all; `hidden` the indices of hidden rows, `visible` whether the
    sheet itself is shown; `epoch` is the day that serial numbers count from, None where there are none.
    `hidden_columns` are indices too; `marks` say by row and column which cells are not what their text seems;
    `fields` is how many fields each line of a text file has, blank ones at its end included, where they have not all as
    many. `unseen` is the first
    cell that had signs that nobody sees; they are taken out (`without_unseen`). `places` says of cells that were
    moved, by row and column, where they stand in the file.
    """

    sheet: str | None
    rows: list[Row]
    merged: tuple[Merged, ...] = ()
    hidden: frozenset[int] = frozenset()
    visible: bool = True
    epoch: date | None = None
    hidden_columns: frozenset[int] = frozenset()
    marks: Mapping[tuple[int, int], Mark] = field(default_factory=dict)
    fields: tuple[int, ...] = ()
    unseen: str | None = None
    places: Mapping[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def cell(self, row: int, column: int) -> str:
        """The address of `rows[row][column]`, such as D7."""
        row, column = self.places.get((row, column), (row, column))
        return f"{column_letters(column)}{row + 1}"

    def text(self, row: int, column: int) -> str | None:
        """What a cell holds; None also for one that lies outside, where a damaged file may let a range begin."""
        cells = self.rows[row] if row < len(self.rows) else ()
        return cells[column] if column < len(cells) else None

    @property
    def empty(self) -> bool:
        """Whether no cell holds anything."""
        return not any(any(row) for row in self.rows)


def without_unseen(table: Table) -> Table:
    """The table without signs that take no room (category Cf: zero-width blanks, marks of direction and byte order)."""
    strange = [at for at, row in enumerate(table.rows) if not "".join(filter(None, row)).isprintable()]
    places = [
        (at, place) for at in strange for place, text in enumerate(table.rows[at]) if text and _seen(text) != text
    ]
    if not places:
        return table
    rows = list(table.rows)
    for at in {at for at, _ in places}:
        rows[at] = [_one_spaced(_seen(text)) if text else None for text in rows[at]]
    return replace(table, rows=rows, unseen=table.cell(*places[0]))


@lru_cache(maxsize=10_000)
def _seen(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) != "Cf")


def half_width(text: str) -> str:
    """A label with its full-width signs as plain ones, as the codebook has them: （亿元） and (亿元) are the same."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def squeezed(text: str | None) -> str:
    """A label as labels are compared: plain signs, no blanks; 合 计 is 合计."""
    return _squeezed(text) if text else ""


@lru_cache(maxsize=10_000)
def _squeezed(text: str) -> str:
    return "".join(half_width(text).split())


@lru_cache(maxsize=1_000)
def column_letters(index: int) -> str:
    """A for 0, AA for 26."""
    return get_column_letter(index + 1)


def address(letters: str, row: int) -> str:
    """A cell by the letters of its column and its row; the letters say both where a column's cells are not below one
    another (`warehouse.intake.model.records.Column`).
    """
    return letters if letters[-1:].isdigit() else f"{letters}{row}"


def as_text(value: Any) -> str | None:
    """A cell as text; None for a blank one. Excel keeps 15 significant digits, so no more are taken from a float."""
    if value is None or isinstance(value, str):
        return _one_spaced(value) if value else None
    match value:
        case bool():
            return "是" if value else "否"
        case int() | float():
            return f"{value:.0f}" if abs(value) < MOST_WHOLE and value == int(value) else f"{shortest(value):f}"
        case datetime():
            return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
        case date():
            return value.isoformat()
        case _:
            return _one_spaced(str(value))


def as_texts(values: Sequence[Any]) -> Row:
    """A row of cells as texts; most are texts or blank, and need no more than that."""
    return [(_one_spaced(v) if v else None) if type(v) is str else as_text(v) for v in values]


@lru_cache(maxsize=10_000)
def _one_spaced(text: str) -> str | None:
    return " ".join(text.split()) or None


def as_percent(value: float) -> str:
    """A share that a cell shows as percent, as it is shown: 10.7% for 0.107."""
    return f"{(shortest(value) * 100).normalize():f}%"


def shortest(value: float) -> Decimal:
    """A number with the digits that a spreadsheet keeps of it."""
    return Decimal(f"{value:.15g}")
