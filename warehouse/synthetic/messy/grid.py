"""A workbook that belongs to no format yet: sheets of cells, merged ranges, hidden rows.

Belongs here: what every format can say. Does not belong here: writing one (`xlsx.py`, `xls.py`, `ods.py`, `text.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

# Of a raised text the last sign is, of a struck one the first.
Look = Literal["", "bold", "day", "percent", "error", "scaled", "raised", "struck"]


@dataclass(frozen=True)
class Cell:
    """A cell's value and how it looks; with a formula, the value is the one kept beside it, or none."""

    value: int | Decimal | date | str | None = None
    look: Look = ""
    formula: str = ""

    @property
    def number(self) -> bool:
        """Whether the value is a number."""
        return isinstance(self.value, int | Decimal)


BLANK = Cell()


@dataclass
class Sheet:
    """Rows of cells from A1 on; `merged` are first row, first column, last row, last column."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Puts a cell, with as many blank ones before it as it takes."""
        while len(self.rows) <= row:
            self.rows.append([])
        line = self.rows[row]
        line.extend([BLANK] * (column + 1 - len(line)))
        line[column] = cell


@dataclass
class Book:
    """Sheets in order; days are counted from 1904 in some old workbooks."""

    sheets: list[Sheet]
    epoch_1904: bool = False
