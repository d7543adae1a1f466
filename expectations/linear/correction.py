"""What a row may have been meant to say: values for the cells that are to blame, the likeliest first.

How likely a value is: the slip that it undoes, how near it is to what the past and the peers let expect, and how far
off what was found is; less for every query that it would leave. What it satisfies is decided exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise

from expectations.companions.expected import EXPECTED
from expectations.linear.localise import Allowed, Cells, Localised, RowCells, localise
from expectations.linear.row_rules import Row, RowDemand, RowRules, number
from expectations.linear.slips import LIKELY, TypedNumber
from warehouse.codebook import Dataset

# Where the value of a cell is looked for that stands in an earlier return.
EARLIER = ("last_", "this_year_", "december_")
MOST_PROPOSALS = 5
# How many values of a cell are gone into where others change with it.
MOST_BRANCHES = 6
# A value is as expected within some tenth of it; beyond, it grows unlikely as a Cauchy variable does.
SPREAD = 0.1
SPREAD_OF_EARLIER = 0.2
# A zero is as far from anything as this many powers of e.
FAR = 5.0
PER_QUERY = 2.0
# What the size of a number says of how likely it is, at the most: half a power of ten.
MOST_OF_SIZE = math.log(10) / 2
# What the rules leave is one value where it is no wider than so much of it, or than what is rounded to one decimal.
NARROW, ROUNDED = Fraction(1, 50), Fraction(1, 10)
TRUST, TRUST_OF_TOTAL, MOST_DOUBT = 50, 10, 40


@dataclass(frozen=True)
class CellChange:
    """One cell's other value, in base units, and the slip that it undoes."""

    column: str
    value: Fraction
    how: str


@dataclass(frozen=True)
class Correction:
    """Changes that together satisfy all critical rules of a row; `likely` only orders them."""

    changes: tuple[CellChange, ...]
    likely: float


@dataclass(frozen=True)
class RowCorrections:
    """What may set a row right: the sets of the fewest cells, values for them, and the rules that it breaks."""

    outcome: Localised
    cells: tuple[Cells, ...]
    corrections: tuple[Correction, ...]
    rules: frozenset[str]


@dataclass(frozen=True)
class RowCase:
    """A row that breaks critical rules."""

    dataset: Dataset
    row: Row
    cells: RowCells
    queries: RowCells

    @classmethod
    def of(cls, critical: RowRules, queries: RowRules, row: Row) -> RowCase:
        """The row with what is demanded of it."""
        dataset, numbers = critical.dataset, critical.numbers(row)
        steps = {i.column: Fraction(1, 10**i.decimals) for i in dataset.indicators if i.numeric}
        errors, warnings = (RowCells(numbers, rules.of_row(row), steps) for rules in (critical, queries))
        return cls(dataset, row, errors, warnings)

    def corrected(self) -> RowCorrections:
        """What may set it right, MOST_PROPOSALS at the most."""
        outcome, sets = localise(self.cells, self._weights())
        found = [*self._swaps(sets), *(c for cells in sets for c in self._corrections(cells))]
        found.sort(key=lambda c: (-round(c.likely, 6), [(x.column, x.value) for x in c.changes]))
        rules = frozenset(demand.rule.rule for demand in self.cells.broken)
        return RowCorrections(outcome, sets, tuple(found[:MOST_PROPOSALS]), rules)

    def _corrections(self, cells: Cells) -> Iterator[Correction]:
        for changes in self._values(self.cells, cells):
            yield from self._kept(changes)

    def _swaps(self, sets: Iterable[Cells]) -> Iterator[Correction]:
        """Two cells in each other's place, where two are to blame or stand beside each other: it is one slip."""
        numbers = self.cells.numbers
        beside = pairwise(column for column in self.dataset.columns if column in numbers)
        pairs = dict.fromkeys((*(cells for cells in sets if len(cells) == 2), *beside))  # noqa: PLR2004
        for one, other in pairs:
            if all({one, other} & demand.columns for demand in self.cells.broken) and self.cells.broken:
                here, there = (TypedNumber.of(self.dataset[column], Fraction(0)).factor for column in (one, other))
                values = {one: numbers[other] / there * here, other: numbers[one] / here * there}
                changes = [CellChange(column, value, "swapped") for column, value in values.items()]
                if not any(value % self.cells.steps[column] for column, value in values.items()):
                    yield from self._kept(tuple((c, self._gain(c) + LIKELY["swapped"] / 2) for c in changes))

    def _kept(self, changes: tuple[tuple[CellChange, float], ...]) -> Iterator[Correction]:
        """The changes as a correction, where they satisfy all critical rules; less likely for queries they leave."""
        values = {change.column: change.value for change, _ in changes}
        if not any(self.cells.broken_with(values)):
            queries = {demand.rule.rule for demand in self.queries.broken_with(values)}
            likely = sum(likely for _, likely in changes) - PER_QUERY * len(queries)
            yield Correction(tuple(change for change, _ in changes), likely)

    def _values(self, row: RowCells, cells: Cells) -> Iterator[tuple[tuple[CellChange, float], ...]]:
        first, *others = cells
        candidates = self._candidates(row, cells)
        if not others:
            yield from ((one,) for one in candidates)
            return
        for one in candidates[:MOST_BRANCHES]:
            rest = self._values(row.changed({first: one[0].value}), tuple(others))
            yield from ((one, *more) for more in islice(rest, MOST_BRANCHES))

    def _candidates(self, row: RowCells, cells: Cells) -> list[tuple[CellChange, float]]:
        """The values of the first cell that may have been meant, the likeliest first."""
        column, found = cells[0], self.cells.numbers[cells[0]]
        allowed = row.allowed(cells)
        if not isinstance(allowed, Allowed):
            return []
        typed = TypedNumber.of(self.dataset[column], found)
        values = typed.undone()
        implied = _implied(allowed, row.steps[column])
        if implied is not None:
            values[implied] = typed.how(implied, values)
        for value in self._earlier(column):
            values.setdefault(value, ("last_value", LIKELY["last_value"]))
        changes = (
            (CellChange(column, value, how), likely)
            for value, (how, likely) in values.items()
            if value != found and value in allowed and not value % row.steps[column]
        )
        kept = [(change, likely + self._gain(change)) for change, likely in changes]
        return sorted(kept, key=lambda one: (-round(one[1], 6), one[0].value))

    def _earlier(self, column: str) -> Iterator[Fraction]:
        """The cell's values in earlier returns, the last one first."""
        values = (number(self.row.get(f"{prefix}{column}")) for prefix in EARLIER)
        yield from (value for value in values if value is not None)

    def _expected(self, column: str) -> tuple[float, float] | None:
        """What is to be expected of a cell, above zero, and within which spread; None where nothing says so."""
        if (expected := number(self.row.get(f"{EXPECTED}{column}"))) is not None and expected > 0:
            return float(expected), SPREAD
        earlier = next((value for value in self._earlier(column) if value > 0), None)
        return None if earlier is None else (float(earlier), SPREAD_OF_EARLIER)

    def _fit(self, column: str, value: Fraction) -> float:
        """How well a value agrees with what is expected: 0 where it is that, or nothing is; less the further off."""
        if (expected := self._expected(column)) is None:
            return 0.0
        off = abs(math.log(float(value) / expected[0])) if value > 0 else FAR
        return -math.log1p((min(off, FAR * 4) / expected[1]) ** 2)

    def _gain(self, change: CellChange) -> float:
        """How much likelier a value is than what was found: by what is expected, and because numbers are spread over
        their powers of ten alike, so that few that are meant end in a zero and what was typed ten times too large does.
        """
        found, step = self.cells.numbers[change.column], self.cells.steps[change.column]
        sizes = (math.log(max(abs(value), step)) for value in (found, change.value))
        smaller = next(sizes) - next(sizes)
        fit = self._fit(change.column, change.value) - self._fit(change.column, found)
        return fit + max(-MOST_OF_SIZE, min(MOST_OF_SIZE, smaller))

    def _weights(self) -> dict[str, int]:
        """How much each cell is to be trusted: less the further it is from what is expected, totals more than parts."""
        totals = {column for demand in self.cells.demands for column in _total(demand)}
        return {
            column: TRUST + TRUST_OF_TOTAL * (column in totals) - min(MOST_DOUBT, round(-4 * self._fit(column, value)))
            for column, value in self.cells.numbers.items()
        }


def _implied(allowed: Allowed, step: Fraction) -> Fraction | None:
    """The value that the rules leave, of several close ones the shortest; None where they leave many."""
    low, high = allowed.low, allowed.high
    if low is None or high is None or high - low > max(NARROW * max(abs(low), abs(high)), ROUNDED):
        return None
    scale = Fraction(1)
    while scale > step and math.ceil(low / scale) * scale > high:
        scale /= 10
    middle = round((low + high) / 2 / scale) * scale
    return middle if low <= middle <= high else math.ceil(low / scale) * scale


def _total(demand: RowDemand) -> Iterable[str]:
    """The cell that a sum of others is held against."""
    form = demand.linear
    if form is None or form.constant or len(form.coefficients) <= 2:  # noqa: PLR2004  (of two, neither is the sum)
        return ()
    for sign in (1, -1):
        alone = [column for column, factor in form.coefficients.items() if factor * sign > 0]
        if len(alone) == 1:
            return alone
    return ()


def corrections(critical: RowRules, queries: RowRules, row: Mapping[str, object]) -> RowCorrections:
    """What may set a joined row right that breaks critical rules."""
    return RowCase.of(critical, queries, row).corrected()
