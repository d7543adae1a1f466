"""Edits of returns with many rows: the village register's days, the measures' days.

Belongs here: edits that pick a row, or change two forms at once. Does not belong here: edits of one row's
columns (`faults.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from warehouse.synthetic.fault_model import Case, Edited
from warehouse.synthetic.records import Row, Value, period_end

Test = Callable[[Row], bool]
LAST_PERIOD_END = period_end("2017-12")  # of the register before that of June 2018


def _completed(row: Row) -> bool:
    return row["completed_on"] is not None


def _newly_completed(row: Row) -> bool:
    return _completed(row) and _day(row, "completed_on") > LAST_PERIOD_END


def _long_started(row: Row) -> bool:
    return row["started_on"] is not None and _day(row, "started_on") <= LAST_PERIOD_END


def _unstarted(row: Row) -> bool:
    return row["started_on"] is None


def _only_completed(row: Row) -> bool:
    return _completed(row) and row["demolished_on"] is None


def has_newly_completed(case: Case) -> bool:
    """Whether a village of the register was completed since the last one."""
    return any(map(_newly_completed, case.rows()))


def has_long_started(case: Case) -> bool:
    """Whether a village of the register was started by the time of the last one."""
    return any(map(_long_started, case.rows()))


def has_unstarted(case: Case) -> bool:
    """Whether a village of the register is not yet started."""
    return any(map(_unstarted, case.rows()))


def has_blank_demolished(case: Case) -> bool:
    """Whether a village of the register is completed and still stands."""
    return any(map(_only_completed, case.rows()))


def _with(case: Case, test: Test, change: Callable[[Row], dict[str, Value]]) -> Edited:
    """The return with the first row that passes the test changed."""
    rows = list(case.rows())
    place = next(i for i, row in enumerate(rows) if test(row))
    rows[place] = {**rows[place], **change(rows[place])}
    return {case.dataset: tuple(rows)}


def _day(row: Row, column: str) -> date:
    return date.fromisoformat(str(row[column]))


def completed_before_started(case: Case) -> Edited:
    """A village is completed ten days before it is started."""
    return _with(case, _newly_completed, lambda row: {"completed_on": _day(row, "started_on") - timedelta(days=10)})


def started_otherwise(case: Case) -> Edited:
    """A village was started nine days before the day that the last register gave."""
    return _with(case, _long_started, lambda row: {"started_on": _day(row, "started_on") - timedelta(days=9)})


def completed_unstarted(case: Case) -> Edited:
    """A village is completed that nobody started."""
    return _with(case, _unstarted, lambda _: {"completed_on": period_end(case.period) - timedelta(days=17)})


def demolished_after_end(case: Case) -> Edited:
    """A village is demolished after the period's end."""
    return _with(case, _only_completed, lambda _: {"demolished_on": period_end(case.period) + timedelta(days=23)})


def reclaimed_too_soon(case: Case) -> Edited:
    """Land is reclaimed in a village that still stands."""
    return _with(case, _only_completed, lambda _: {"reclaimed_area_mu": Decimal("12.5")})


def effective_before_issue(case: Case) -> Edited:
    """A measure is in effect five days before it is issued."""
    return _with(case, lambda _: True, lambda row: {"effective_on": _day(row, "issued_on") - timedelta(days=5)})


def effective_after_end(case: Case) -> Edited:
    """A measure in force takes effect after the period's end."""
    return _with(case, lambda _: True, lambda _: {"effective_on": period_end(case.period) + timedelta(days=20)})


def can_fall_back(case: Case) -> bool:
    """Whether villages were demolished both now and a period ago."""
    return 0 < case.before("villages_demolished") <= case["villages_demolished"]


def blank_summary_demolished(case: Case) -> Edited:
    """One village fewer is demolished than a period ago, in the summary and in the register alike."""
    target = int(case.before("villages_demolished")) - 1
    register: list[Row] = []
    for row in case.rows("relocation_villages"):
        keep = row["demolished_on"] is None or sum(r["demolished_on"] is not None for r in register) < target
        register.append(row if keep else {**row, "demolished_on": None, "reclaimed_area_mu": None})
    summary = {**case.rows()[0], "villages_demolished": target}
    return {case.dataset: (summary,), "relocation_villages": tuple(register)}
