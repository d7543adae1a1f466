"""Between which numbers a cell may lie: against every value of it tried out."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from expectations.language.expressions import Linear
from expectations.linear.intervals import EMPTY, Interval, left_by_others, where_not_negative
from expectations.linear.row_rules import RowRules
from tests.builders import BOOK

FINANCE = BOOK.datasets["finance"]
RULES = RowRules.of(FINANCE, "2017-12", FINANCE.dtypes)
CELLS = (
    "loan_amount_yuan", "loan_households", "household_use_amount_yuan", "partnership_amount_yuan", "loan_balance_yuan",
    "overdue_balance_yuan",
)  # fmt: skip


def test_intervals_meet_and_keep_the_digits_of_their_column() -> None:
    third = Interval(Fraction(1, 3), Fraction(8, 3))
    assert third.in_digits(0) == Interval(Fraction(1), Fraction(2))
    assert third.in_digits(1) == Interval(Fraction(4, 10), Fraction(26, 10))
    assert third & Interval(high=Fraction(1)) == Interval(Fraction(1, 3), Fraction(1))
    assert (third & Interval(low=Fraction(3))).empty
    assert not Interval().empty


def test_a_form_without_columns_leaves_everything_or_nothing() -> None:
    assert where_not_negative(Linear({}, Fraction(0))) == Interval()
    assert where_not_negative(Linear({}, Fraction(-1))) == EMPTY
    assert where_not_negative(Linear({"a": Fraction(-2)}, Fraction(5))) == Interval(high=Fraction(5, 2))


@given(st.fixed_dictionaries({column: st.integers(0, 4) for column in CELLS}), st.sampled_from(CELLS))
def test_what_the_others_leave_are_the_values_that_keep_every_rule(values: dict[str, int], column: str) -> None:
    row = dict.fromkeys(FINANCE.columns, 0) | values
    demands = RULES.of_row(row)
    numbers = RULES.numbers(row)
    left = left_by_others(demands, column, numbers)

    def kept(value: int) -> bool:
        return not any(demand.broken(numbers | {column: Fraction(value)}) for demand in demands)

    found = [value for value in range(10) if kept(value)]
    if left is None:
        return
    inside = [
        value
        for value in range(10)
        if (left & Interval(Fraction(value), Fraction(value))) == Interval(Fraction(value), Fraction(value))
    ]
    # What breaks a rule of other cells is not this one's to mend.
    others = [demand for demand in demands if column not in demand.columns and demand.broken(numbers)]
    assert others or [value for value in inside if kept(value)] == found
