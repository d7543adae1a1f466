"""Which few cells of a row are to blame: the smallest sets of them whose change can satisfy all that is demanded.

After Fellegi and Holt (1976): every demand that is broken, and every one that follows from others by eliminating cells,
names cells of which one must change. The sets that hit all of these at the least weight are a programme of zeros and
ones, solved by HiGHS; what a set allows is computed exactly. There is no bound on how far a value may be off, so that
yuan beside persons scale as they are. All is bounded by counts, not by a clock: the same row gives the same answer.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from expectations.language.expressions import Polynomial
from expectations.language.rules import When
from expectations.linear.row_rules import Numbers, RowDemand, substituted, worth

Cells = tuple[str, ...]
# Found; no set of so few cells will do; or not within so many steps.
Localised = Literal["found", "none", "no_answer_in_time"]
MOST_CELLS = 3
MOST_SETS = 12
MOST_ROUNDS = 60
MOST_EDITS = 400
MOST_NODES = 500
# Fewer cells weigh less, whatever trust their values deserve.
OF_A_CELL = 1_000
LIMIT_REACHED = 1  # of `milp`


class _TooMuchError(Exception):
    """More steps would be needed than are allowed."""


@dataclass(frozen=True, eq=False)
class Edit:
    """A form that must be at least zero, linear in the cells that may change, while `rests_on` stay as found."""

    form: Polynomial
    rests_on: frozenset[str]

    @cached_property
    def cells(self) -> frozenset[str]:
        """The cells of which one must change where it is broken."""
        return self.rests_on.union(*self.form)

    def factor(self, column: str) -> Fraction:
        """What a column is multiplied by."""
        return self.form.get((column,), Fraction(0))


@dataclass(frozen=True)
class Allowed:
    """What a cell may be: from `low` to `high`, both included and None where there is no end, but for `but`."""

    low: Fraction | None
    high: Fraction | None
    but: frozenset[Fraction] = frozenset()

    def __contains__(self, value: Fraction) -> bool:
        above = self.low is None or value >= self.low
        return above and (self.high is None or value <= self.high) and value not in self.but


@dataclass(frozen=True)
class RowCells:
    """A row's numbers, what is demanded of them, and the smallest step of each of its cells, blank ones too."""

    numbers: Numbers
    demands: tuple[RowDemand, ...]
    steps: Mapping[str, Fraction]

    @cached_property
    def of_column(self) -> Mapping[str, tuple[RowDemand, ...]]:
        """The demands that look at each cell."""
        found = defaultdict[str, list[RowDemand]](list)
        for demand in self.demands:
            for column in _looked_at(demand):
                found[column].append(demand)
        return {column: tuple(demands) for column, demands in found.items()}

    @cached_property
    def broken(self) -> tuple[RowDemand, ...]:
        """The demands that the numbers break."""
        return tuple(demand for demand in self.demands if demand.broken(self.numbers))

    @cached_property
    def through_blanks(self) -> tuple[Edit, ...]:
        """What follows from the demands on blank cells for the others: a blank has some value, and hides no fault."""
        blank = self.steps.keys() - self.numbers.keys()
        edits = list(self._edits(frozenset(), {d: None for c in sorted(blank) for d in self.of_column.get(c, ())}))
        for column in sorted(blank):
            edits = _without(edits, column)
        return tuple(edit for edit in edits if edit.cells)

    def changed(self, values: Numbers) -> RowCells:
        """The row with other numbers in some cells."""
        return replace(self, numbers={**self.numbers, **values})

    def broken_with(self, values: Numbers) -> Iterator[RowDemand]:
        """The demands that look at any of these cells and that the row breaks with these values in them."""
        numbers = {**self.numbers, **values}
        looking = dict.fromkeys(demand for column in values for demand in self.of_column.get(column, ()))
        return (demand for demand in looking if demand.broken(numbers))

    def conflicts(self) -> list[frozenset[str]]:
        """Sets of cells, in each of which one must change."""
        directly = (frozenset(_looked_at(demand)).intersection(self.numbers) for demand in self.broken)
        through = (edit.cells for edit in self.through_blanks if worth(edit.form, self.numbers) < 0)
        return list(dict.fromkeys((*directly, *through)))

    def allowed(self, cells: Cells) -> Allowed | frozenset[str]:
        """What the first of these cells may be, the others free to be whatever suits, all else as it is.

        Where it may be nothing, further cells of which one must change.
        """
        first, *others = cells
        free = frozenset(cells)
        known = self.numbers.keys() | free
        demands = {d: None for c in cells for d in self.of_column.get(c, ()) if d.columns <= known}
        edits = list(self._edits(free, demands))
        edits += [edit for edit in self.through_blanks if edit.cells & free and not edit.rests_on & free]
        for column in others:
            edits = _without(edits, column)
        if not others:
            edits += self._conditional(first)
        return self._between(first, edits, self._forbidden(first) if not others else {})

    def _edits(self, free: frozenset[str], demands: Iterable[RowDemand]) -> Iterator[Edit]:
        """The demands as edits, products of cells made linear by what stays as it is; without what a change of `free`
        may make not apply.
        """
        for demand in demands:
            when = {demand.when.column} if demand.when else set()
            if when & free or not demand.is_for(self.numbers):
                continue
            if (form := self._linear(demand.form, free)) is None:
                continue
            denominators = [self._linear(positive, free) for positive in demand.positive]
            fixed = [p for p in demand.positive if not any({*m} & free for m in p)]
            if any({c for m in p for c in m} <= self.numbers.keys() and worth(p, self.numbers) <= 0 for p in fixed):
                continue
            rests_on = frozenset({*when, *(demand.columns - {c for m in form for c in m})})
            yield Edit(form, rests_on)
            yield from (Edit(self._above_zero(p, free), rests_on) for p in denominators if p and _over(p, free))

    def _linear(self, form: Polynomial, free: frozenset[str]) -> Polynomial | None:
        """The form, linear in the free cells and the blanks; None where two of them are multiplied."""
        for monomial in [m for m in form if len(m) > 1]:
            known = [c for c in monomial if c not in free and c in self.numbers]
            if len(known) < len(monomial) - 1:
                return None
            form = substituted(form, {c: self.numbers[c] for c in sorted(known)[: len(monomial) - 1]})
        return form

    def _above_zero(self, form: Polynomial, free: frozenset[str]) -> Polynomial:
        least = min(abs(f) * self.steps[m[0]] for m, f in form.items() if m and m[0] in free)
        return {**form, (): form.get((), Fraction(0)) - least}

    def _conditional(self, column: str) -> Iterator[Edit]:
        """What keeps a cell from the values at which another demand, that is broken, would apply."""
        for when, rests_on in self._switched(column):
            if when.sign in {">", "!="}:
                yield Edit({(column,): Fraction(-1), (): Fraction(when.value or 0)}, rests_on)
            if when.sign == "!=":
                yield Edit({(column,): Fraction(1), (): -Fraction(when.value or 0)}, rests_on)

    def _forbidden(self, column: str) -> dict[Fraction, frozenset[str]]:
        return {Fraction(when.value or 0): on for when, on in self._switched(column) if when.sign == "=="}

    def _switched(self, column: str) -> Iterator[tuple[When, frozenset[str]]]:
        """The conditions on a cell under which the other cells break a demand, and those cells."""
        for demand in self.of_column.get(column, ()):
            when = demand.when
            switched = when is not None and when.column == column and column not in demand.columns
            known = demand.columns <= self.numbers.keys()
            if when and switched and known and worth(demand.form, self.numbers) < 0:
                yield when, demand.columns

    def _between(
        self, column: str, edits: Iterable[Edit], forbidden: Mapping[Fraction, frozenset[str]]
    ) -> Allowed | frozenset[str]:
        """The values that no edit forbids; or the cells that one of two contrary edits rests on."""
        step = self.steps[column]
        low: tuple[Fraction, Edit] | None = None
        high: tuple[Fraction, Edit] | None = None
        for edit in edits:
            factor = edit.factor(column)
            rest = worth({m: f for m, f in edit.form.items() if m != (column,)}, self.numbers)
            if not factor:
                if rest < 0:
                    return edit.cells - {column}
            elif factor > 0:
                bound = math.ceil(-rest / factor / step) * step
                low = max(low, (bound, edit), key=lambda one: one[0]) if low else (bound, edit)
            else:
                bound = math.floor(-rest / factor / step) * step
                high = min(high, (bound, edit), key=lambda one: one[0]) if high else (bound, edit)
        if low and high and low[0] > high[0]:
            return (low[1].cells | high[1].cells) - {column}
        if low and high and low[0] == high[0] and low[0] in forbidden:
            return (low[1].cells | high[1].cells | forbidden[low[0]]) - {column}
        return Allowed(low[0] if low else None, high[0] if high else None, frozenset(forbidden))


def localise(row: RowCells, weights: Mapping[str, int]) -> tuple[Localised, tuple[Cells, ...]]:
    """The sets of the fewest cells whose change satisfies all demands, those of the least weight first; and whether
    there are any, MOST_SETS at the most and of MOST_CELLS cells.
    """
    conflicts = row.conflicts()
    try:
        singles = list(_singles(row, conflicts))
        found = singles or list(_larger(row, conflicts, weights) if conflicts else ())
    except _TooMuchError:
        return "no_answer_in_time", ()
    found.sort(key=lambda cells: (sum(weights[c] for c in cells), cells))
    return ("found" if found else "none"), tuple(found[:MOST_SETS])


def _singles(row: RowCells, conflicts: list[frozenset[str]]) -> Iterator[Cells]:
    """The cells that will do alone; `conflicts` grows by what the others teach."""
    for column in sorted(frozenset.intersection(*conflicts)) if conflicts else ():
        allowed = row.allowed((column,))
        if isinstance(allowed, Allowed):
            yield (column,)
        else:
            conflicts.append(allowed)


def _larger(row: RowCells, conflicts: list[frozenset[str]], weights: Mapping[str, int]) -> Iterator[Cells]:
    """The sets of more cells, all of the fewest."""
    found: list[Cells] = []
    for _ in range(MOST_ROUNDS):
        cells = _cover(conflicts, found, weights)
        if not cells or len(cells) > min(MOST_CELLS, len(found[0]) if found else MOST_CELLS):
            return
        allowed = row.allowed(cells)
        if isinstance(allowed, Allowed):
            found.append(cells)
            yield cells
            if len(found) == MOST_SETS:
                return
        else:
            conflicts.append(allowed - set(cells))
    if not found:
        raise _TooMuchError


def _cover(conflicts: Sequence[frozenset[str]], without: Iterable[Cells], weights: Mapping[str, int]) -> Cells | None:
    """The set of least weight that has a cell of each conflict and is none of `without`; None where there is none."""
    if not all(conflicts):
        return None
    columns = sorted(frozenset.union(*conflicts))
    hit = [[float(c in conflict) for c in columns] for conflict in conflicts]
    cut = [[-float(c in cells) for c in columns] for cells in without]
    least = [1.0] * len(hit) + [1.0 + sum(line) for line in cut]
    found = milp(
        [OF_A_CELL + weights[c] for c in columns],
        constraints=LinearConstraint(np.array(hit + cut), np.array(least), np.inf),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns)),
        options={"node_limit": MOST_NODES},
    )
    if found.status == LIMIT_REACHED:
        raise _TooMuchError
    return None if found.x is None else tuple(c for c, x in zip(columns, found.x, strict=True) if round(x))


def _looked_at(demand: RowDemand) -> list[str]:
    """The cells that a demand looks at, its condition's and its denominators' among them."""
    columns = {*demand.columns, *(c for p in demand.positive for m in p for c in m)}
    return sorted(columns | ({demand.when.column} if demand.when else set()))


def _over(form: Polynomial, cells: frozenset[str]) -> bool:
    return any({*monomial} & cells for monomial in form)


def _without(edits: list[Edit], column: str) -> list[Edit]:
    """What the edits say once a cell may be whatever suits: each that wants it larger with each that does smaller."""
    above = [edit for edit in edits if edit.factor(column) > 0]
    below = [edit for edit in edits if edit.factor(column) < 0]
    kept = [edit for edit in edits if not edit.factor(column)]
    if len(kept) + len(above) * len(below) > MOST_EDITS:
        raise _TooMuchError
    combined = (_combined(one, other, column) for one in above for other in below)
    return kept + [edit for edit in combined if any(edit.form) or edit.form.get((), 0) < 0]


def _combined(above: Edit, below: Edit, column: str) -> Edit:
    times = above.factor(column) / -below.factor(column)
    sums = {
        m: above.form.get(m, Fraction(0)) + times * below.form.get(m, Fraction(0)) for m in (*above.form, *below.form)
    }
    return Edit({m: f for m, f in sums.items() if f}, above.rests_on | below.rests_on)
