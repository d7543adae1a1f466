"""The cover of a workbook: which county, which period, which datasets, which of them nil or provisional (预计)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warehouse.codebook import load
from warehouse.intake.formats.table import Table, squeezed
from warehouse.intake.model.records import Status
from warehouse.intake.ownership.claims import Claim, county_by_code, county_by_name
from warehouse.intake.ownership.periods import parse_period

COVER_SHEETS = ("封面", "cover")
STATUSES: dict[str, Status] = {
    "预计": "provisional", "报送": "reported", "provisional": "provisional", "reported": "reported",
}  # fmt: skip
# What the province decides of a return, and no county of its own.
DECISIONS = ("核实", "审定", "verified", "approved")
LIST_HEADER = "报表"
NIL = "无"
FILLED = ("有", NIL)


@dataclass(frozen=True)
class ListedReturn:
    """A line of the cover's list: a dataset as written, its cell, whether nil and the cell that says so, its status.

    `faults` are what the line says of either that is no word for it: the check that it fails, the word, its cell.
    """

    label: str
    cell: str
    nil: bool
    filled_cell: str
    status: Status
    faults: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Cover:
    """What the cover claims of county and period, and its list of datasets."""

    sheet: str | None
    county: tuple[Claim, ...]
    period: Claim
    listed: tuple[ListedReturn, ...]


def read_status(word: str | None, default: Status) -> tuple[Status, str | None]:
    """The status that a county says, and the check that its word fails: a decision of the province is no status of a
    county's, but its figures are reported all the same.
    """
    if word in DECISIONS:
        return "reported", "status_of_province"
    return STATUSES.get(word or "", default), "unknown_status" if word and word not in STATUSES else None


def find_cover(tables: list[Table]) -> Table | None:
    """The first table whose sheet is named as a cover; None where there is none."""
    return next((t for t in tables if squeezed(t.sheet).casefold() in COVER_SHEETS), None)


def read_cover(table: Table, report: Callable[[str, str, str], None]) -> Cover | None:
    """The cover; None where it lacks something, after `report(cell, found, expected)` for each fault.

    A county may be said by its code, its name, or both; whether they agree is not looked at here.
    """
    code, code_cell = _labelled_value(table, "county_code")
    name, name_cell = _labelled_value(table, "county_name")
    text, period_cell = _labelled_value(table, "period")
    period = parse_period(text)
    if not code and not name:
        report(code_cell, "空白 blank", "六位区划代码 a county code of six digits")
    if not period:
        report(period_cell, text or "空白 blank", "报告期 a period like 2017-12")
    listed = _listed(table)
    if not listed:
        report("A1", "没有报表清单 no list of datasets", f"以 {LIST_HEADER} 开头的清单 a list under {LIST_HEADER}")
    if not ((code or name) and period and listed):
        return None
    county = [county_by_code(code, table.sheet, code_cell)] if code else []
    by_name = county_by_name(name, sheet=table.sheet, cell=name_cell) if name else None
    # Of a code that the codebook does not know it does not know the name either.
    if by_name and (by_name.values or not code or county[0].values <= load().names.keys()):
        county.append(by_name)
    return Cover(
        table.sheet, tuple(county), Claim(text or period, frozenset((period,)), table.sheet, period_cell), listed
    )


def _labelled_value(table: Table, column: str) -> tuple[str | None, str]:
    """What stands to the right of a label, or behind it and a colon, and its cell (B1 where there is no such label)."""
    about = load().about
    for index, row in enumerate(table.rows):
        for place, text in enumerate(row):
            label, _, rest = squeezed(text).partition(":")
            if about.get(label) == column:
                if rest:
                    return rest, table.cell(index, place)
                beside = next(((at, t) for at, t in enumerate(row[place + 1 :], place + 1) if t), (place + 1, None))
                return beside[1], table.cell(index, beside[0])
        if row and row[0] == LIST_HEADER:
            break
    return None, "B1"


def _listed(table: Table) -> tuple[ListedReturn, ...]:
    """The lines below the list's header: 报表, 代码, 填报情况, 状态; the code, where given, says which dataset."""
    start = next((i for i, row in enumerate(table.rows) if row and row[0] == LIST_HEADER), len(table.rows))
    lines = []
    for index, row in enumerate(table.rows[start + 1 :], start + 1):
        label, code, filled, status = (row + [None] * 4)[:4]
        if not (code or label):
            continue
        said, fault = read_status(status, "reported")
        rules = ((filled, "unknown_status" if filled and filled not in FILLED else None, 2), (status, fault, 3))
        faults = tuple((rule, word, table.cell(index, column)) for word, rule, column in rules if rule and word)
        places = (table.cell(index, 0), table.cell(index, 2))
        lines.append(ListedReturn(code or label or "", places[0], filled == NIL, places[1], said, faults))
    return tuple(lines)
