"""The cover of a workbook: which county, which period, which datasets, which of them nil or provisional (预计)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from warehouse.intake.records import Status
from warehouse.intake.tables import Table, half_width

COVER_SHEETS = ("封面", "cover")
STATUSES: dict[str, Status] = {
    "预计": "provisional", "报送": "reported", "核实": "verified", "审定": "approved",
    "provisional": "provisional", "reported": "reported", "verified": "verified", "approved": "approved",
}  # fmt: skip
PERIOD = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-[0-9]{1,2})?")
LIST_HEADER = "报表"
NIL = "无"
FILLED = ("有", NIL)


@dataclass(frozen=True)
class Listed:
    """A line of the cover's list: a dataset as written, its cell, whether nil and the cell that says so, its status.

    `strange` are what the line says of either that is no known word, with its cell.
    """

    label: str
    cell: str
    nil: bool
    filled_cell: str
    status: Status
    strange: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Cover:
    """What the cover says; `county_cell` and `period_cell` are where it says it."""

    sheet: str | None
    county_code: str
    county_name: str | None
    county_cell: str
    period: str
    period_cell: str
    listed: tuple[Listed, ...]


def parse_period(text: str | None) -> str | None:
    """`2017-12` for 2017-12, 2017-12-31 and the like; None for what is no month."""
    match = PERIOD.fullmatch(half_width(text or ""))
    return f"{match[1]}-{int(match[2]):02}" if match and 1 <= int(match[2]) <= 12 else None  # noqa: PLR2004


def find_cover(tables: list[Table]) -> Table | None:
    return next((t for t in tables if t.sheet in COVER_SHEETS), None)


def read_cover(table: Table, report: Callable[[str, str, str], None]) -> Cover | None:
    """The cover; None where county or period is missing, after `report(cell, found, expected)` for each fault."""
    code, code_cell = _beside(table, "区划代码")
    name, _ = _beside(table, "县(市、区)")
    text, period_cell = _beside(table, "报告期")
    period = parse_period(text)
    if not code:
        report(code_cell, "空白 blank", "六位区划代码 a county code of six digits")
    if not period:
        report(period_cell, text or "空白 blank", "报告期 a period like 2017-12")
    listed = _listed(table)
    if not listed:
        report("A1", "没有报表清单 no list of datasets", f"以 {LIST_HEADER} 开头的清单 a list under {LIST_HEADER}")
    if not (code and period and listed):
        return None
    return Cover(table.sheet, code, name, code_cell, period, period_cell, listed)


def _beside(table: Table, label: str) -> tuple[str | None, str]:
    """The value to the right of a label in column A, and its cell (B1 where the label itself is missing)."""
    for index, row in enumerate(table.rows):
        if row and half_width(row[0] or "") == label:
            return (row[1] if len(row) > 1 else None), table.cell(index, 1)
    return None, "B1"


def _listed(table: Table) -> tuple[Listed, ...]:
    """The lines below the list's header: 报表, 代码, 填报情况, 状态; the code, where given, says which dataset."""
    start = next((i for i, row in enumerate(table.rows) if row and row[0] == LIST_HEADER), len(table.rows))
    lines = []
    for index, row in enumerate(table.rows[start + 1 :], start + 1):
        label, code, filled, status = (row + [None] * 4)[:4]
        if not (code or label):
            continue
        strange = [
            (word, table.cell(index, column))
            for word, column, known in ((filled, 2, FILLED), (status, 3, STATUSES))
            if word and word not in known
        ]
        reported = STATUSES.get(status or "报送", "reported")
        places = (table.cell(index, 0), table.cell(index, 2))
        lines.append(Listed(code or label or "", places[0], filled == NIL, places[1], reported, tuple(strange)))
    return tuple(lines)
