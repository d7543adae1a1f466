"""What a planted fault is: where it may stand, what it changes, which rules then break.

Belongs here: the records, and the view of a return that a fault's change is written against. Does not belong here:
the faults (`faults.py`), the choice of counties and the key (`planting.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from warehouse.codebook import Division, load
from warehouse.synthetic.records import PERIODS, Return, Row, Value

Severity = Literal["critical", "warning", "info"]
Returns = Mapping[tuple[str, str, str], Return]  # by county, period, dataset
MANY_PEERS = 13
Edited = Mapping[str, tuple[Row, ...]]  # new rows by dataset, of the same county and period


@dataclass(frozen=True)
class Case:
    """One county's return as a fault finds it; `case["column"]` is a number of its first row."""

    division: Division
    period: str
    dataset: str
    returns: Returns

    def rows(self, dataset: str | None = None) -> tuple[Row, ...]:
        """The rows of the return, or of another dataset of the same county and period."""
        return self.returns[self.division.county_code, self.period, dataset or self.dataset].rows

    def __getitem__(self, column: str) -> Decimal:
        return _number(self.rows()[0][column])

    def text(self, column: str) -> str:
        """A word of the first row."""
        return str(self.rows()[0][column])

    def before(self, column: str) -> Decimal:
        """The column's value in the latest earlier period; less than nothing where there is none under this code."""
        for period in reversed(PERIODS[: PERIODS.index(self.period)]):
            earlier = self.returns.get((self.division.county_code, period, self.dataset))
            if earlier is not None:
                return _number(earlier.rows[0][column]) if earlier.rows else Decimal(-1)
        return Decimal(-1)


def _number(value: Value) -> Decimal:
    return Decimal(-1) if value is None else Decimal(str(value))


def anywhere(_: Case) -> bool:
    """Any county will do."""
    return True


def listed_nationally(case: Case) -> bool:
    """Whether the county is on the national list."""
    return case.division.poverty_county_list.startswith("national")


def many_peers(case: Case) -> bool:
    """Whether the prefecture has so many counties that a few quarantined ones leave enough peers to be compared."""
    peers = [d for d in load().in_force(case.period) if d.prefecture_code == case.division.prefecture_code]
    return len(peers) >= MANY_PEERS


@dataclass(frozen=True)
class PlantedFault:
    """One planted fault.

    `needs`: columns that must be above zero; `also`: the other rules that the return breaks; `beside`: the rules that
    the county's returns of other datasets break, where the edit changes them too (none of them critical);
    `explanation`: the county's answer to the query, in its notes.
    """

    fault: str
    rule: str
    severity: Severity
    dataset: str
    edit: Callable[[Case], Edited]
    needs: tuple[str, ...] = ()
    fits: Callable[[Case], bool] = anywhere
    also: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    period: str = PERIODS[-1]
    explanation: str | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule that the return then breaks."""
        return tuple(sorted((self.rule, *self.also)))


def cells(change: Callable[[Case], Mapping[str, Value]], row: int = 0) -> Callable[[Case], Edited]:
    """An edit that puts other values into columns of one row."""

    def edit(case: Case) -> Edited:
        rows = list(case.rows())
        rows[row] = {**rows[row], **_typed(case.dataset, change(case))}
        return {case.dataset: tuple(rows)}

    return edit


def _typed(dataset: str, values: Mapping[str, Value]) -> dict[str, Value]:
    """Numbers as the column stores them: whole, or with its decimals."""
    columns = load().datasets[dataset]
    return {
        column: value
        if not isinstance(value, Decimal)
        else round(value, columns[column].decimals)
        if columns[column].decimals
        else int(value)
        for column, value in values.items()
    }


def emptied(case: Case) -> Edited:
    """An edit that makes the return nil."""
    return {case.dataset: ()}


def doubled(case: Case) -> Edited:
    """An edit that gives the first row twice, the second time at the end."""
    return {case.dataset: (*case.rows(), case.rows()[0])}
