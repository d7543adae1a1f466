"""Relations as Polars expressions: decided as Python's fractions decide them, and as pandas does."""

from __future__ import annotations

import ast
import operator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.language.relation import RelationError, parse
from tests.builders import to_pandas

EXACT = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq}


def decided(source: str, frame: pl.DataFrame, digits: int | None = None) -> list[bool | None]:
    return frame.lazy().select(held=parse(source, digits).on(frame.schema)).collect()["held"].to_list()


def test_large_products_neither_wrap_nor_round() -> None:
    top = 10**15 - 1
    frame = pl.DataFrame({"a": [50000 * 10**14 + 1, 1, 50000 * 10**14], "b": [10**14, top, 10**14]})
    assert decided("a <= 50000 * b", frame) == [False, True, True]
    assert decided("50000 * a <= 50000 * b + 1", pl.DataFrame({"a": [top], "b": [top - 1]})) == [False]
    sums = pl.DataFrame({"a": [2**62], "b": [2**62], "c": [2**62]})
    assert decided("a + b + c >= 0", sums) == [True]
    assert decided("a * b <= a * b - 1", sums) == [False]


def test_values_too_wide_for_128_bits_are_compared_in_floats() -> None:
    wide = pl.DataFrame({"a": [2**62, 3], "b": [2**62, 5], "c": [2**61, 15]})
    assert decided("a * b * b >= c * c * c + c", wide) == [True, False]
    assert decided(f"a <= {10**40} * b", wide) == [True, True]
    sums = pl.DataFrame({"x": [Decimal("1.000001")], "y": [Decimal("1.000002")]}, {c: pl.Decimal(38, 6) for c in "xy"})
    assert decided("1000000 * x + 1 == 1000000 * y", sums) == [True]
    wide = pl.DataFrame({"x": [Decimal(n) * 10**24 for n in range(1, 9)]}, {"x": pl.Decimal(38, 6)})
    assert decided("x * x >= x", wide) == [True] * 8


@pytest.mark.parametrize(
    ("shown", "holds"), [("10.65", True), ("10.75", True), ("10.649999", False), ("10.750001", False)]
)
def test_half_a_unit_is_met_exactly(shown: str, holds: bool) -> None:  # noqa: FBT001
    frame = pl.DataFrame(
        {"a": [Decimal(shown)], "b": [1070], "c": [100]}, {"a": pl.Decimal(18, 6), "b": None, "c": None}
    )
    assert decided("a == b / c", frame, 1) == [holds]
    assert decided("a == 100 * (b / c / 100 + 0) ", frame, 1) == [holds]


def test_a_half_is_a_half_where_floats_would_miss_it() -> None:
    # 2.3 % of 1e12 is not a float; half a unit beside it is met, a hundredth further is not.
    frame = pl.DataFrame(
        {"s": [Decimal("2.3"), Decimal("2.3")], "a": [2_350_000_000, 2_350_000_001], "b": [10**11] * 2}
    )
    assert decided("s == 100 * a / b", frame.cast({"s": pl.Decimal(18, 1)}), 1) == [True, False]


def test_a_negative_denominator_turns_the_comparison() -> None:
    frame = pl.DataFrame({"a": [10, 10, 10, None], "b": [-2, 2, 0, 1]})
    assert decided("a / b >= 1", frame) == [False, True, None, None]
    assert decided("a / b < 1", frame) == [True, False, None, None]


def test_dates_compare_as_dates_and_are_not_computed_with() -> None:
    frame = pl.DataFrame(
        {"a": [date(2017, 1, 31), date(2017, 2, 1), None], "b": [date(2017, 2, 1)] * 3, "n": [1, 2, 3]}
    )
    assert decided("a < b", frame) == [True, False, None]
    for source in ("a - b <= 30", "a <= n", "a >= 2017", "a <= b + 1"):
        with pytest.raises(RelationError, match="a"):
            parse(source).on(frame.schema)


def test_a_text_or_an_unknown_column_is_refused_by_name() -> None:
    schema = {"a": pl.Int64(), "name": pl.String()}
    with pytest.raises(RelationError, match="name"):
        parse("a <= name").on(schema)
    with pytest.raises(RelationError, match="nmae"):
        parse("a <= nmae").on(schema)


def test_floats_that_are_not_numbers_are_missing() -> None:
    frame = pl.DataFrame({"a": [float("nan"), 1.0, 1.0], "b": [1.0, float("nan"), 1.0], "c": [1.0] * 3})
    assert decided("a <= b <= c", frame) == [None, None, True]
    assert decided("a <= 0 * b <= c - 2", frame) == [None, None, False]
    assert decided("a <= b", frame) == [None, None, True]


def test_a_column_of_nothing_leaves_every_row_undecided() -> None:
    assert decided("a <= b", pl.DataFrame({"a": [None, None], "b": [1, 2]})) == [None, None]
    assert decided("a <= b", pl.DataFrame(schema={"a": pl.Int64, "b": pl.Int64})) == []


SOURCES = (
    ("a <= b", None), ("a <= b <= c", None), ("a - 2 * b + 3 == c", None), ("a / b >= 2", None), ("a > b", None),
    ("c <= a / b <= 2 * c", None), ("d == a / b", 1), ("d == 100 * (a / b - 1) / 100", 0), ("a < 50000 * d", None),
    ("a / (b - c) >= a / c", None), ("a / b / c >= 1", None), ("d <= 0.5 * a", None), ("a * b <= c * c", None),
    ("d == a", 1), ("a * b / c >= d", None), ("flag <= a", None), ("a / (b / c) <= d", None),
)  # fmt: skip
SMALL = st.none() | st.integers(-4, 4) | st.integers(-(10**15), 10**15)
TENTHS = st.none() | st.integers(-40, 40).map(lambda n: Decimal(n) / 4)
ROW = st.fixed_dictionaries({"a": SMALL, "b": SMALL, "c": SMALL, "d": TENTHS, "flag": st.none() | st.booleans()})
TYPES = {"a": pl.Int64, "b": pl.Int64, "c": pl.Int64, "d": pl.Decimal(18, 2), "flag": pl.Boolean}


def by_hand(source: str, digits: int | None, row: dict[str, Any]) -> bool | None:
    """Whether a relation holds, in Python's own fractions and by Python's own reading of it."""
    relation = parse(source, digits)
    if any(row[c] is None for c in relation.columns):
        return None
    exact = {c: Fraction(v) for c, v in row.items() if v is not None}
    try:
        sides = [(worth(k.left, exact), k.sign, worth(k.right, exact)) for k in relation.links]
    except ZeroDivisionError:
        return None
    if digits is not None:
        return all(abs(left - right) <= Fraction(1, 2 * 10**digits) for left, _, right in sides)
    return all(EXACT[sign](left, right) for left, sign, right in sides)


def worth(node: ast.expr, row: dict[str, Fraction]) -> Fraction:
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "relation", "eval")
    return Fraction(eval(code, {}, row))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SOURCES), st.lists(ROW, min_size=1, max_size=4))
@example(("a / b >= 2", None), [{"a": 4, "b": 0, "c": 1, "d": None, "flag": None}])
@example(("a < 50000 * d", None), [{"a": 500000, "b": 0, "c": 1, "d": Decimal(10), "flag": None}])
def test_polars_decides_as_fractions_do(asked: tuple[str, int | None], rows: list[dict[str, Any]]) -> None:
    source, digits = asked
    frame = pl.DataFrame(rows, TYPES)
    assert decided(source, frame, digits) == [by_hand(source, digits, row) for row in rows]


HALVES = st.none() | st.integers(-40, 40).map(lambda n: Decimal(n) / 2)
PLAIN = st.none() | st.integers(-9, 9)
PLAIN_ROW = st.fixed_dictionaries({"a": PLAIN, "b": PLAIN, "c": PLAIN, "d": HALVES, "flag": st.just(value=True)})


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([s for s in SOURCES if "flag" not in s[0]]), st.lists(PLAIN_ROW, min_size=1, max_size=4))
def test_polars_pandas_and_fractions_agree_where_floats_are_exact_enough(
    asked: tuple[str, int | None], rows: list[dict[str, Any]]
) -> None:
    source, digits = asked
    relation = parse(source, digits)
    frame = pl.DataFrame(rows, TYPES)
    stock = to_pandas(frame.with_row_index("row_id"))
    by_pandas = [
        None if undecided else bool(holds)
        for undecided, holds in zip(
            frame.select(relation.missing(frame.schema)).to_series(), relation.holds(stock.__getitem__), strict=True
        )
    ]
    in_floats = frame.cast(dict.fromkeys(relation.columns, pl.Float64))
    assert by_pandas == decided(source, frame, digits) == decided(source, in_floats, digits)
