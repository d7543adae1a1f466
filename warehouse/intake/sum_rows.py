"""The totals and subtotals of a table, each with the rows that it sums."""

from __future__ import annotations

from itertools import islice, takewhile

from warehouse.intake.formats.table import Table
from warehouse.intake.layout.row_kinds import SheetRow
from warehouse.intake.model.records import DataRow, SumRow


def sum_rows(lines: list[SheetRow], table: Table, rows: list[DataRow]) -> list[SumRow]:
    """The totals and subtotals with the rows that each sums."""
    by_index = {row.number - 1: row for row in rows}
    return [
        SumRow(line.index + 1, tuple(by_index[at] for at in _summed(lines, place)), table.rows[line.index])
        for place, line in enumerate(lines)
        if line.kind in ("total", "subtotal")
    ]


def _summed(lines: list[SheetRow], place: int) -> list[int]:
    """The data rows that a sum is over: those above it since the last one, in their order; where none are, those below.

    For a total only totals are in between, for a subtotal any sum.
    """
    between = ("total",) if lines[place].kind == "total" else ("total", "subtotal")
    # Not copied: there may be as many sums as lines.
    above = (lines[at] for at in range(place - 1, -1, -1))
    for around in (above, islice(lines, place + 1, None)):
        block = takewhile(lambda line: line.kind not in between, around)
        if found := sorted(line.index for line in block if line.kind == "data"):
            return found
    return []
