"""Between which numbers a cell may lie: against every value of it tried out."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from expectations.language.expressions import Linear
from expectations.linear.implied_bounds import Bounds
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


# --- before any cell is filled -------------------------------------------------------------------------------------


def bounds(*forms: tuple[dict[str, int], int | Fraction]) -> Bounds:
    return Bounds(
        tuple(
            Linear({column: Fraction(factor) for column, factor in columns.items()}, Fraction(constant))
            for columns, constant in forms
        )
    )


NOT_NEGATIVE = tuple(({column: 1}, 0) for column in "abc")


def test_a_sum_bounds_each_of_its_parts() -> None:
    # a + b = c, c <= 3350, b >= 884
    found = bounds(
        *NOT_NEGATIVE,
        ({"a": 1, "b": 1, "c": -1}, 0),
        ({"a": -1, "b": -1, "c": 1}, 0),
        ({"c": -1}, 3350),
        ({"b": 1}, -884),
    )
    assert found.together("a") == Interval(Fraction(0), Fraction(2466))
    assert found.together("b") == Interval(Fraction(884), Fraction(3350))
    assert found.together("c") == Interval(Fraction(884), Fraction(3350))
    assert found.alone("c") == Interval(Fraction(0), Fraction(3350))


def test_bounds_are_exact_also_where_they_are_large_or_have_no_end_of_digits() -> None:
    # 3 a <= b, b = 99_999_999_999.99
    amount = Fraction(9_999_999_999_999, 100)
    found = bounds(*NOT_NEGATIVE, ({"a": -3, "b": 1}, 0), ({"b": 1}, -amount), ({"b": -1}, amount))
    assert found.together("a") == Interval(Fraction(0), amount / 3)
    assert found.together("b") == Interval(amount, amount)


def test_what_no_numbers_meet_allows_none() -> None:
    found = bounds(*NOT_NEGATIVE, ({"a": 1, "b": -1}, 0), ({"b": 1}, -9), ({"a": -1}, 8))
    assert found.together("a").empty
    assert found.together("b").empty


def test_what_does_not_bear_on_a_cell_is_not_solved_with_it() -> None:
    found = bounds(*NOT_NEGATIVE, ({"a": -1, "b": 1}, 5), ({"b": -1}, 3), ({"c": 1}, -7))
    assert found.together("c") == Interval(low=Fraction(7))
    assert found.together("a") == Interval(Fraction(0), Fraction(8))
    assert found.together("d") == Interval()


@given(
    st.lists(
        st.tuples(st.fixed_dictionaries(dict.fromkeys("abc", st.integers(-2, 2))), st.integers(-6, 6)), max_size=5
    ),
    st.tuples(*[st.integers(0, 6)] * 3),
)
def test_numbers_that_meet_every_form_lie_within_the_bounds(
    forms: list[tuple[dict[str, int], int]], numbers: tuple[int, int, int]
) -> None:
    values = dict(zip("abc", numbers, strict=True))
    used = [({c: f for c, f in columns.items() if f}, constant) for columns, constant in forms if any(columns.values())]
    if any(sum(f * values[c] for c, f in columns.items()) + constant < 0 for columns, constant in used):
        return
    found = bounds(*NOT_NEGATIVE, *used)
    for column, value in values.items():
        assert not (found.together(column) & Interval(Fraction(value), Fraction(value))).empty
