"""What holds of corrections of any row of any form: the cell that was made wrong is among those to blame, no other
answer is left out or invented, and whatever is proposed satisfies all critical rules.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.expressions import Linear
from expectations.linear.correction import RowCase
from expectations.linear.linear_program import Demand, Solver
from expectations.linear.localise import MOST_SETS
from expectations.linear.row_rules import RowDemand, RowRules
from expectations.suites import ecology, relocation
from tests import builders
from tests.builders import BOOK
from warehouse.codebook import Dataset

PERIOD = "2018-06"
LARGE, ZERO = 10**8, Fraction(0)


def some(many: int, most: int = 10**7) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, most), min_size=many, max_size=many)


@st.composite
def loans(draw: st.DrawFn) -> dict[str, Any]:
    households, balances = draw(st.integers(1, 10**5)), sorted(draw(some(2, 10**10)))
    own, jointly = (draw(st.integers(1, 25_000 * households)) for _ in range(2))
    return {
        "loan_households": households, "loan_amount_yuan": own + jointly, "household_use_amount_yuan": own,
        "partnership_amount_yuan": jointly, "overdue_balance_yuan": balances[0], "loan_balance_yuan": balances[1],
    }  # fmt: skip


@st.composite
def villages(draw: st.DrawFn) -> dict[str, Any]:
    done, persons = sorted(draw(some(4, 10**5))), sorted(draw(some(3)))
    values = dict(zip(reversed(relocation.VILLAGES), done, strict=True))
    last = {f"last_{column}": draw(st.none() | st.integers(0, value)) for column, value in values.items()}
    register = {f"register_{column}": draw(st.sampled_from([None, value])) for column, value in values.items()}
    moved, housed, identified = persons
    return {
        **values, **last, **register,
        "persons_moved_in": moved, "persons_housed": housed, "persons_identified": identified,
    }  # fmt: skip


@st.composite
def gains(draw: st.DrawFn) -> dict[str, Any]:
    of_projects = draw(some(len(ecology.PROJECTS), 10**6))
    persons = draw(st.integers(max(of_projects), sum(of_projects)))
    return {**dict(zip(ecology.PROJECTS, of_projects, strict=True)), "persons_with_gains": persons}


@st.composite
def poor(draw: st.DrawFn) -> dict[str, Any]:
    opening, added = draw(some(2, 10**5))
    exited = draw(st.integers(0, opening))
    closing, rural = opening - exited + added, opening + added + draw(st.integers(1, 10**6))
    incomes = [Decimal(cents) / 100 for cents in draw(some(4, 10**6))]
    prior = Decimal(draw(st.integers(10**5, 10**6))) / 100
    return {
        "rural_population": rural, "poor_persons_opening": opening, "poor_persons_exited": exited,
        "poor_persons_added": added, "poor_persons_closing": closing, "deep_poverty_persons": closing // 3,
        "poverty_headcount_ratio": round(100 * Decimal(closing) / rural, 1),
        **dict(zip(PARTS, incomes, strict=True)), "income_per_capita": sum(incomes),
        "income_per_capita_prior_year": prior, "income_growth": round(100 * (sum(incomes) / prior - 1), 1),
    }  # fmt: skip


PARTS = ("income_wages", "income_business", "income_property", "income_transfers")
FORMS = {"finance": loans(), "relocation": villages(), "ecology": gains(), "outcomes": poor()}
# Of outcomes some rules are of products of cells.
LINEAR = ("finance", "relocation", "ecology")


@cache
def rules_of(form: Dataset) -> tuple[RowRules, ...]:
    schema = SuiteVersions.of(form).columns(BOOK)
    return tuple(RowRules.of(form, PERIOD, schema, (severity,)) for severity in ("critical", "warning"))


@st.composite
def broken_rows(draw: st.DrawFn, names: Collection[str] = (), blanks: int = 2) -> tuple[RowCase, str]:
    """A row that keeps all rules, with one other number in it by which it does not; and in which cell."""
    name = draw(st.sampled_from([*(names or FORMS)]))
    form, row = BOOK.datasets[name], builders.row(name) | draw(FORMS[name])
    critical, queries = rules_of(form)
    assert not RowCase.of(critical, queries, row).cells.broken
    given_in = [i.column for i in form.indicators if i.numeric and row[i.column] is not None]
    column = draw(st.sampled_from(given_in))
    blank = draw(st.sets(st.sampled_from(given_in), max_size=blanks)) - {column}
    wrong = draw(st.integers(-LARGE, LARGE) | st.sampled_from([row[column] * 10**k for k in range(1, 9)]))
    case = RowCase.of(critical, queries, row | dict.fromkeys(blank) | {column: wrong})
    assume(case.cells.broken)
    return case, column


@given(broken_rows())
@settings(max_examples=60, deadline=None)
def test_the_cell_made_wrong_is_among_those_to_blame_and_what_is_proposed_satisfies_all(
    given_row: tuple[RowCase, str],
) -> None:
    case, column = given_row
    found = case.corrected()
    assert found.outcome == "found"
    assert (column,) in found.cells or len(found.cells) == MOST_SETS
    for one in found.corrections:
        values = {change.column: change.value for change in one.changes}
        assert not case.cells.changed(values).broken


@given(broken_rows(names=LINEAR, blanks=0))
@settings(max_examples=30, deadline=None)
def test_the_cells_that_will_do_alone_are_those_of_a_linear_programme(given_row: tuple[RowCase, str]) -> None:
    case, _ = given_row
    blank = {c for d in case.cells.demands for c in d.columns} - case.cells.numbers.keys()
    assume(not blank and all(demand.linear for demand in case.cells.demands))
    found = {cells[0] for cells in case.corrected().cells if len(cells) == 1}
    can = {column for column in case.cells.numbers if _possible(case, column)}
    # A real number may do where no number of the cell's decimals does.
    assert found <= can
    assert not {column for column in can - found if _possible(case, column, case.cells.steps[column])}


def _possible(case: RowCase, column: str, slack: Fraction = ZERO) -> bool:
    """Whether HiGHS finds a value of the cell that satisfies all, all other cells as they are."""
    demands = [_alone(demand, case, column, slack) for demand in case.cells.demands if _counts(demand, case, column)]
    return Solver().possible(demands)


def _counts(demand: RowDemand, case: RowCase, column: str) -> bool:
    return demand.is_for(case.cells.numbers) and not (demand.when and demand.when.column == column)


def _alone(demand: RowDemand, case: RowCase, column: str, slack: Fraction) -> Demand:
    assert demand.linear
    factor = demand.linear.coefficients.get(column, ZERO)
    others = [(c, f) for c, f in demand.linear.coefficients.items() if c != column]
    rest = demand.linear.constant + sum(f * case.cells.numbers[c] for c, f in others) - slack * abs(factor)
    return Demand("", (Linear({column: factor} if factor else {}, rest),))
