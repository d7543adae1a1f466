"""What a table shows otherwise than its cells say it: struck out, raised, hidden, below a merged cell, shifted.

Nobody who looks at the sheet would read those cells as their values are, so each is said where it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from string import digits

from warehouse.codebook import Dataset
from warehouse.intake.formats.cell_marks import STRUCK
from warehouse.intake.formats.table import Table
from warehouse.intake.layout.header import Header
from warehouse.intake.layout.row_kinds import SheetRow

BESIDE = ("note", "serial")
EXPECTED = {
    "struck_out": "没有删除线的内容 nothing struck out",
    "raised_text": "没有上标和下标的内容 nothing raised or lowered",
    "shown_otherwise": "显示的数就是存的数 a figure shown as it is kept",
    "surplus_fields": "和表头一样多的项 as many fields as the header has",
}


@dataclass(frozen=True)
class ShownFault:
    """A cell, row or column that is not what it shows: the check that says so, the index of the row (None: the whole
    table), the cell's address.
    """

    rule: str
    row: int | None
    cell: str
    found: str
    expected: str
    indicator: str | None = None


def shown_faults(
    table: Table, header: Header, dataset: Dataset, lines: Sequence[SheetRow], spread: Collection[int]
) -> Iterator[ShownFault]:
    """All of them: those of the table first, then row by row. Columns of notes and serial numbers are nobody's figures.

    `spread` are the columns in which a merged cell speaks for all rows that it spans.
    """
    if not (table.marks or table.merged or table.hidden_columns or table.fields):
        return
    told = {c.index: c.column for c in header.columns if c.column not in BESIDE}
    own = {at: column for at, column in told.items() if column in dataset.columns}
    data = [line.index for line in lines if line.kind == "data"]
    if table.marks:
        yield from _above(table, header, told)
        yield from _marked(table, data, told, own)
    if table.merged:
        yield from _below_merges(table, header, data, own.keys() - set(spread), own)
    if table.hidden_columns:
        yield from _hidden(table, header, data, own)
    if table.fields:
        yield from _shifted(table, header, lines)


def struck_cells(table: Table) -> Iterator[tuple[str, str]]:
    """The address of each cell in which something is struck out, and what is found there."""
    for (row, column), mark in table.marks.items():
        if mark.kind == STRUCK:
            yield table.cell(row, column), mark.found


def _above(table: Table, header: Header, told: dict[int, str]) -> Iterator[ShownFault]:
    """What is struck out in a header or above it: a unit, a period, a column that is no longer meant."""
    for (row, column), mark in sorted(table.marks.items(), key=lambda marked: marked[0]):
        if mark.kind == STRUCK and row < header.first and (row < header.top or column in told):
            yield ShownFault(STRUCK, None, table.cell(row, column), mark.found, EXPECTED[STRUCK], told.get(column))


def _marked(table: Table, data: Iterable[int], told: dict[int, str], own: dict[int, str]) -> Iterator[ShownFault]:
    for index in data:
        row = table.rows[index]
        marks = {at: table.marks.get((index, at)) for at in told if at < len(row) and row[at] is not None}
        if marks and all(mark and mark.kind == STRUCK and mark.whole for mark in marks.values()):
            found = " ".join(row[at] or "" for at in sorted(marks))
            cell = table.cell(index, min(marks))
            yield ShownFault("struck_row", index, cell, found, "没有划掉的行 no row that is struck out")
            continue
        for at, mark in sorted(marks.items()):
            if mark:
                expected = EXPECTED[mark.kind]
                yield ShownFault(mark.kind, index, table.cell(index, at), mark.found, expected, own.get(at))


def _below_merges(
    table: Table, header: Header, data: Sequence[int], columns: Collection[int], own: dict[int, str]
) -> Iterator[ShownFault]:
    """Each merged range below the header with a figure that is not its first cell's: only that one is seen."""
    filled: dict[int, list[int]] = {}
    for top, bottom, left, right in table.merged:
        if top < header.first:
            continue
        for at in sorted(at for at in columns if left <= at <= right):
            if at not in filled:
                filled[at] = [index for index in data if at < len(table.rows[index]) and table.rows[index][at]]
            # The first cell itself is seen; in the other columns of the range the first row is hidden too.
            place = bisect_right(filled[at], top if at == left else top - 1)
            if place < len(filled[at]) and filled[at][place] <= bottom:
                index = filled[at][place]
                over = f"{table.cell(top, left)}:{table.cell(bottom, right)}"
                found = f"{over} {table.text(top, left) or ''} / {table.cell(index, at)} {table.rows[index][at]}"
                expected = "每格一个数 a figure in each cell"
                yield ShownFault("merged_over", index, table.cell(index, at), found, expected, own[at])
                break


def _hidden(table: Table, header: Header, data: Iterable[int], own: dict[int, str]) -> Iterator[ShownFault]:
    filled = {at for index in data for at, text in enumerate(table.rows[index]) if text is not None}
    hidden = sorted(own.keys() & table.hidden_columns & filled)
    if hidden:
        letters = dict.fromkeys(table.cell(header.first, at).rstrip(digits) for at in hidden)
        found = f"{len(letters)} 列 columns: {', '.join(letters)}"
        cell = table.cell(header.first - 1, hidden[0])
        yield ShownFault("hidden_columns", None, cell, found, "没有隐藏列 no hidden columns", own[hidden[0]])


def _shifted(table: Table, header: Header, lines: Iterable[SheetRow]) -> Iterator[ShownFault]:
    """Each line of a text file with more fields than the header has."""
    most = max(table.fields[header.top : header.first])
    for line in lines:
        has = table.fields[line.index]
        if line.kind in ("data", "total", "subtotal") and has > most:
            row = line.index if line.kind == "data" else None
            yield ShownFault(
                "surplus_fields", row, table.cell(line.index, most), f"{has} 项 fields", f"{most} 项 fields"
            )
