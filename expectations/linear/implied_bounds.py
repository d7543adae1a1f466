"""What all rules together allow for each cell, before any is filled: two linear programs a cell, by HiGHS.

A bound is what the program's multipliers prove: the demands, each times its own, add up to the cell alone and say how
small or large it can be. They are made fractions and added up exactly: a bound is exact, or there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce

from scipy.optimize import linprog

from expectations.language.expressions import Linear
from expectations.linear.intervals import EMPTY, Interval, where_not_negative
from expectations.linear.linear_program import INFEASIBLE
from expectations.linear.row_rules import Row, RowRules
from expectations.suites.every_dataset import CEILING

# Multipliers are quotients of whole numbers about as large as the coefficients of rules.
LARGEST_DENOMINATOR = 10**7


@dataclass(frozen=True)
class Bounds:
    """Linear forms, each at least zero, over cells of which nothing else is known."""

    forms: tuple[Linear, ...]

    @classmethod
    def of(cls, rules: RowRules, row: Row, given: frozenset[str]) -> Bounds:
        """What the rules demand of a row, by its companions' values, wherever the cells `given` are filled.

        Left out is what cells decide on themselves: conditions, denominators, products. So are the ceilings of a
        county: what follows from them is as far away as they are.
        """
        demands = rules.among(given).of_row(row)
        asked = (d.linear for d in demands if not (d.when or d.positive or d.rule.rule == CEILING))
        return cls(tuple(form for form in asked if form))

    def alone(self, column: str) -> Interval:
        """What the forms of that column alone say of it."""
        own = (where_not_negative(form) for form in self.forms if form.coefficients.keys() == {column})
        return reduce(Interval.__and__, own, Interval())

    def together(self, column: str) -> Interval:
        """What all forms together say of it; EMPTY where they cannot all be met."""
        program = next((one for one in self._programs if column in one.columns), None)
        # Nothing else bears on it; or, of forms without constants, what meets them does so any times as large.
        if program is None or len(program.columns) == 1 or not any(form.constant for form in program.forms):
            return self.alone(column)
        return program.interval(column)

    @cached_property
    def _programs(self) -> list[_Program]:
        """The forms by the cells that they connect: what does not bear on one another is solved apart."""
        apart: list[tuple[set[str], list[Linear]]] = []
        for form in self.forms:
            columns, forms = {*form.coefficients}, [form]
            for other in [one for one in apart if one[0] & columns]:
                apart.remove(other)
                columns, forms = columns | other[0], other[1] + forms
            apart.append((columns, forms))
        return [_Program(tuple(sorted(columns)), tuple(forms)) for columns, forms in apart]


@dataclass(frozen=True)
class _Program:
    columns: tuple[str, ...]
    forms: tuple[Linear, ...]

    def interval(self, column: str) -> Interval:
        """The least and the greatest number of a column."""
        low, above = self._least(column, 1), self._least(column, -1)
        if low is EMPTY or above is EMPTY:
            return EMPTY
        return Interval(low.low, None if above.low is None else -above.low)

    def _least(self, column: str, sign: int) -> Interval:
        """From which number on `sign` times the column lies; EMPTY where no numbers meet the forms."""
        aim = [float(sign) if name == column else 0.0 for name in self.columns]
        found = linprog(aim, *self._matrix, bounds=(None, None), method="highs")
        if found.status == INFEASIBLE:
            return EMPTY
        return Interval(self._proven(found.ineqlin.marginals, column, sign) if found.success else None)

    @cached_property
    def _matrix(self) -> tuple[list[list[float]], list[float]]:
        """As linprog has it: matrix times columns is at most the constants."""
        matrix = [[-float(form.coefficients.get(name, 0)) for name in self.columns] for form in self.forms]
        return matrix, [float(form.constant) for form in self.forms]

    def _proven(self, marginals: list[float], column: str, sign: int) -> Fraction | None:
        """The bound that the multipliers prove exactly; None where, made fractions, they prove none."""
        times = [Fraction(-float(one)).limit_denominator(LARGEST_DENOMINATOR) for one in marginals]
        used = [(factor, form) for factor, form in zip(times, self.forms, strict=True) if factor]
        for name in self.columns:
            total = sum((factor * form.coefficients.get(name, 0) for factor, form in used), Fraction(0))
            if total != (sign if name == column else 0):
                return None
        if any(factor < 0 for factor, _ in used):
            return None
        return -sum((factor * form.constant for factor, form in used), Fraction(0))
