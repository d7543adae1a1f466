"""Whether demands on numbers can all be met at once, and which few cannot: HiGHS, through scipy.

Knows of linear forms, not of rules. A demand is met by real numbers here: what real numbers cannot meet, whole
numbers cannot either, so that what is called impossible is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy.optimize import linprog

from expectations.language.expressions import Linear

# Variables are bounded: what holds for all numbers up to here is taken to hold for all.
LARGEST = 10**9
INFEASIBLE = 2


@dataclass(frozen=True, eq=False)
class Demand:
    """Each of `forms` is at least zero; `says` names the demand to a person. Equal to itself alone."""

    says: str
    forms: tuple[Linear, ...]


@dataclass
class Solver:
    """Answers; counts what it was asked."""

    solved: int = 0

    def possible(self, demands: Iterable[Demand]) -> bool:
        """Whether some numbers meet all demands."""
        forms = [form for demand in demands for form in demand.forms]
        columns = list(dict.fromkeys(column for form in forms for column in form.coefficients))
        if not columns:
            return all(form.constant >= 0 for form in forms)
        # As linprog has it: matrix times columns is at most the constants.
        matrix = [[-float(form.coefficients.get(column, 0)) for column in columns] for form in forms]
        constants = [float(form.constant) for form in forms]
        reach = max(LARGEST, *(1000 * abs(constant) for constant in constants))
        self.solved += 1
        found = linprog([0.0] * len(columns), matrix, constants, bounds=(-reach, reach), method="highs")
        return bool(found.status != INFEASIBLE)

    def conflict(self, demands: Sequence[Demand], fixed: Sequence[Demand] = ()) -> tuple[Demand, ...] | None:
        """The fewest of `demands` that cannot be met along with `fixed`: without any one of them the rest can.

        None where all can be met. One of several such sets, found by leaving out one demand after the other.
        """
        if self.possible((*demands, *fixed)):
            return None
        kept = list(demands)
        for demand in demands:
            without = [other for other in kept if other is not demand]
            if not self.possible((*without, *fixed)):
                kept = without
        return tuple(kept)


def at_least(form: Linear, least: Fraction) -> Linear:
    """The form that is at least zero where `form` is at least `least`."""
    return Linear(form.coefficients, form.constant - least)


def negated(form: Linear) -> Linear:
    """The form times -1."""
    return Linear({column: -factor for column, factor in form.coefficients.items()}, -form.constant)
