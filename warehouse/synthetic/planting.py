"""Planting: finds each fault a county of its own, applies it, and writes down what then breaks and where.

Belongs here: the choice of counties, the consequences between returns, the key's rows. Does not belong here: the
faults themselves (`faults.py`), files (`layout.py`, `write.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

from warehouse.codebook import load
from warehouse.messages.errors import PermanentError
from warehouse.synthetic.fault_model import Case, PlantedFault, Returns
from warehouse.synthetic.faults import FAULTS
from warehouse.synthetic.layout import AS_CSV, COVER, COVER_HEADER_ROW, workbook_path
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import PERIODS, Return, Row
from warehouse.synthetic.support import COUNTED, SUMMED
from warehouse.synthetic.territory import SPLIT_PARTIES

# A county with no villages and no units uses the code already that it will have some months after the last period.
OLD_CODE, NEW_CODE = "140481", "140406"
PARTNERS = {  # the summary that cannot be checked once its register is quarantined, and the columns concerned
    "relocation_villages": (
        "relocation",
        ("villages_planned", "villages_started", "villages_completed", "villages_demolished"),
    ),
    "support_units": ("support", (*COUNTED, *SUMMED)),
}


@dataclass(frozen=True)
class FaultKeyRow:
    """A row of the key: what one return breaks, and the cells that do it."""

    fault: str
    rule: str
    severity: str
    county_code: str
    period: str
    dataset: str
    file: str
    sheet: str
    cells: str
    rules: str
    explanation: str = ""


def plant(clean: Sequence[Return], seed: int) -> tuple[tuple[Return, ...], tuple[FaultKeyRow, ...]]:
    """The faulty twin's returns, in the clean ones' order, and the key."""
    returns = {(r.county_code, r.period, r.dataset): r for r in clean}
    free = _free_counties(seed)
    key: list[FaultKeyRow] = []
    for fault in FAULTS:
        case = _find(fault, free, returns)
        free.remove(case.division.county_code)
        key += _apply(fault, case, returns)
    key += _new_code(returns)
    return tuple(returns.values()), tuple(key)


def _free_counties(seed: int) -> list[str]:
    """Counties that may bear a fault: in force throughout or successors, in workbooks only, no party to a split."""
    taken = {OLD_CODE, *(entry.county_code for entry in AS_CSV), *SPLIT_PARTIES}
    codes = [d.county_code for d in load().in_force(PERIODS[-1]) if d.county_code not in taken]
    stream(seed, "faults").shuffle(codes)
    return codes


def _find(fault: PlantedFault, free: Iterable[str], returns: Returns) -> Case:
    divisions = {d.county_code: d for d in load().in_force(fault.period)}
    for code in free:
        found = returns.get((code, fault.period, fault.dataset))
        if found is None or found.nil:
            continue
        case = Case(divisions[code], fault.period, fault.dataset, returns)
        if all(case[column] > 0 for column in fault.needs) and fault.fits(case):
            return case
    raise PermanentError(f"fault '{fault.fault}': no county is left that can bear it; try another seed")


def _apply(fault: PlantedFault, case: Case, returns: dict[tuple[str, str, str], Return]) -> list[FaultKeyRow]:
    """Changes the returns; the key's rows of the fault and of what follows from it."""
    edited = fault.edit(case)
    before = {dataset: case.rows(dataset) for dataset in edited}
    for dataset, rows in edited.items():
        place = (case.division.county_code, fault.period, dataset)
        returns[place] = replace(returns[place], rows=rows, nil=not rows, explanation=fault.explanation)
    row = _changed_row(fault.fault, case, before[fault.dataset])
    rules, explanation = ";".join(fault.rules), fault.explanation or ""
    found = [replace(row, rule=fault.rule, severity=fault.severity, rules=rules, explanation=explanation)]
    for dataset, rule in fault.beside.items():
        row = _changed_row(fault.fault, replace(case, dataset=dataset), before[dataset])
        found.append(replace(row, rule=rule, rules=rule))
    if fault.severity == "critical" and fault.dataset in PARTNERS:
        summary, columns = PARTNERS[fault.dataset]
        found.append(_key_row(fault.fault, replace(case, dataset=summary), ";".join(_cells(summary, 0, columns))))
    return found


def _key_row(fault: str, case: Case, where: str) -> FaultKeyRow:
    """A key row as a missing partner makes it."""
    return FaultKeyRow(
        fault=fault,
        rule="partner_missing",
        severity="warning",
        county_code=case.division.county_code,
        period=case.period,
        dataset=case.dataset,
        file=workbook_path(case.division, case.period).as_posix(),
        sheet=load().datasets[case.dataset].label_zh,
        cells=where,
        rules="partner_missing",
    )


def _changed_row(fault: str, case: Case, before: Sequence[Row]) -> FaultKeyRow:
    """A key row of the cells that differ; of a return made nil, the cell of the cover that says so."""
    if case.rows():
        return _key_row(fault, case, ";".join(_changed(case.dataset, before, case.rows())))
    return replace(_key_row(fault, case, _nil_cell(case)), sheet=COVER)


def _nil_cell(case: Case) -> str:
    """Where the cover says 有 or 无: a line for each return of the workbook, in the codebook's order."""
    code = case.division.county_code
    listed = [name for name in load().datasets if (code, case.period, name) in case.returns]
    return str(xl_rowcol_to_cell(COVER_HEADER_ROW + 1 + listed.index(case.dataset), 2))


def _changed(dataset: str, before: Sequence[Row], after: Sequence[Row]) -> list[str]:
    """Addresses of the cells that differ; of a row that was added, its key cell (or its first)."""
    definition = load().datasets[dataset]
    changed: list[str] = []
    for place, row in enumerate(after):
        if place < len(before):
            columns = [c for c in definition.columns if row[c] != before[place][c]]
        else:
            columns = [definition.keys[-1] if definition.keys else definition.columns[0]]
        changed += _cells(dataset, place, columns)
    return changed


def _cells(dataset: str, row: int, columns: Iterable[str]) -> list[str]:
    """Addresses on the dataset's sheet; data starts in row 2, columns stand in the codebook's order."""
    order = load().datasets[dataset].columns
    return [xl_rowcol_to_cell(row + 1, order.index(column)) for column in columns]


def _new_code(returns: dict[tuple[str, str, str], Return]) -> list[FaultKeyRow]:
    """One county's whole last workbook under the code that will be in force later."""
    period = PERIODS[-1]
    division = next(d for d in load().divisions if d.county_code == NEW_CODE)
    key: list[FaultKeyRow] = []
    for place, found in returns.items():
        if found.county_code == OLD_CODE and found.period == period:
            returns[place] = replace(found, county_code=NEW_CODE)
            case = Case(division, period, found.dataset, returns)
            row = _key_row("known_county", case, "B3")
            key.append(replace(row, rule="known_county", severity="critical", sheet=COVER, rules="known_county"))
    return key
