"""Expressions and relations taken apart: exact forms, signs at their edge in every type of column, what is refused."""

from __future__ import annotations

import ast
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from expectations.language import expressions
from expectations.language.exact import LIMIT
from expectations.language.expressions import LARGEST, Linear, RelationError, quotient
from expectations.language.relation import EN, LONGEST, MOST_DIGITS, ZH, parse

SIGNS = {"<=": (True, True, False), ">=": (False, True, True), "<": (True, False, False), ">": (False, False, True),
         "==": (False, True, False)}  # fmt: skip


def tree(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


def form(source: str) -> tuple[dict[Any, Fraction], dict[Any, Fraction]]:
    exact = quotient(tree(source))
    return dict(exact.above), dict(exact.below)


ONE = {(): Fraction(1)}


# --- exact forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "above", "below"),
    [
        ("a", {("a",): 1}, ONE),
        ("3", {(): 3}, ONE),
        ("0", {}, ONE),
        ("0.6", {(): Fraction(3, 5)}, ONE),
        ("-a", {("a",): -1}, ONE),
        ("a + a", {("a",): 2}, ONE),
        ("a - a", {}, ONE),
        ("a + b - 2", {("a",): 1, ("b",): 1, (): -2}, ONE),
        ("2 * (a - b)", {("a",): 2, ("b",): -2}, ONE),
        ("b * a", {("a", "b"): 1}, ONE),
        ("a * a", {("a", "a"): 1}, ONE),
        ("(a + 1) * (a - 1)", {("a", "a"): 1, (): -1}, ONE),
        ("a / b", {("a",): 1}, {("b",): 1}),
        ("a / 4", {("a",): 1}, {(): 4}),
        ("a / b + c / b", {("a",): 1, ("c",): 1}, {("b",): 1}),
        ("a / b + c / d", {("a", "d"): 1, ("b", "c"): 1}, {("b", "d"): 1}),
        ("a / b - c", {("a",): 1, ("b", "c"): -1}, {("b",): 1}),
        ("a / (b / c)", {("a", "c"): 1}, {("b",): 1}),
        ("a / b / c", {("a",): 1}, {("b", "c"): 1}),
        ("100 * a / b", {("a",): 100}, {("b",): 1}),
    ],
)
def test_an_expression_is_a_quotient_of_two_polynomials(source: str, above: Any, below: Any) -> None:
    assert form(source) == (above, below)


@pytest.mark.parametrize(
    ("source", "linear"),
    [
        ("2 * a - b / 4 + 1", None),
        ("2 * a - b + 1", Linear({"a": Fraction(2), "b": Fraction(-1)}, Fraction(1))),
        ("a * b", None),
        ("a * a", None),
        ("7", Linear({}, Fraction(7))),
        ("a - a", Linear({}, Fraction(0))),
    ],
)
def test_a_polynomial_is_linear_where_columns_are_not_multiplied(source: str, linear: Linear | None) -> None:
    above, below = form(source)
    assert (Linear.of(above) if below == ONE else None) == linear


@pytest.mark.parametrize(
    ("source", "row", "worth"),
    [
        ("a + b * c", {"a": 1, "b": 2, "c": 3}, 7),
        ("(a + b) * c", {"a": 1, "b": 2, "c": 3}, 9),
        ("a - b - c", {"a": 1, "b": 2, "c": 3}, -4),
        ("a / b / c", {"a": 12, "b": 2, "c": 3}, 2),
        ("-a + b", {"a": 1, "b": 2}, 1),
        ("-(a + b)", {"a": 1, "b": 2}, -3),
        ("0.1 * a", {"a": 3}, Fraction(3, 10)),
    ],
)
def test_what_an_expression_is_worth(source: str, row: dict[str, int], worth: Any) -> None:
    exact = {name: Fraction(number) for name, number in row.items()}
    assert expressions.value(tree(source), exact.__getitem__, Fraction) == worth


def test_columns_come_from_left_to_right_as_often_as_they_are_named() -> None:
    assert expressions.columns(tree("b * (a + b) / c - a")) == ("b", "a", "b", "c", "a")
    assert expressions.columns(tree("1 + 2")) == ()


@pytest.mark.parametrize(
    ("source", "divided_by"),
    [("a", []), ("a / b", ["b"]), ("a / (b / c)", ["b / c", "c"]), ("1 / 2 + a / (b - 1)", ["2", "b - 1"])],
)
def test_what_is_divided_by(source: str, divided_by: list[str]) -> None:
    assert sorted(map(ast.unparse, expressions.divisors(tree(source)))) == sorted(divided_by)


def test_a_text_has_other_names_where_one_gives_them() -> None:
    names = {"a": "甲", "b": "乙"}
    assert expressions.text(tree("a-b*a"), names.__getitem__) == "甲 - 乙 * 甲"
    assert expressions.text(tree("a-b")) == "a - b"


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("a <= 'x'", "only names, numbers and"),
        ("a <= True", "only names, numbers and"),
        ("a <= None", "only names, numbers and"),
        ("a <= f(b)", "only names, numbers and"),
        ("a <= b ** 2", "only names, numbers and"),
        ("a <= b // 2", "only names, numbers and"),
        ("a <= b % 2", "only names, numbers and"),
        ("a <= +b", "only names, numbers and"),
        ("a <= ~b", "only names, numbers and"),
        ("a <= not b", "not a relation"),
        ("a <= b[0]", "only names, numbers and"),
        ("a <= b.c", "only names, numbers and"),
        ("a <= 1j", "only names, numbers and"),
        ("a != b", r"only <= >= < > == compare"),
        ("a in b", r"only <= >= < > == compare"),
        ("a is b", r"only <= >= < > == compare"),
        ("a", "not a comparison"),
        ("a and b", "not a comparison"),
        ("a <= b and b <= c", "not a comparison"),
        ("1 <= 2", "at least one column"),
        ("", "not a relation"),
        ("a <=", "not a relation"),
        ("a <= b; c", "not a relation"),
        ("a / 0 <= b", "divides by zero"),
        ("a / (b - b) <= 1", "divides by zero"),
        ("a <= b / (2 - 2)", "divides by zero"),
        (f"a <= {LARGEST}", "too large"),
        ("a <= 1e999", "too large"),
    ],
)
def test_what_is_no_relation(source: str, reason: str) -> None:
    with pytest.raises(RelationError, match=reason):
        parse(source)


@pytest.mark.parametrize("source", ["a <= 1e99", "a <= 0", "a / (b - 1) <= 1", "0 <= a", "a < b < c", "a == a"])
def test_what_is_one(source: str) -> None:
    assert parse(source).columns


def test_a_relation_may_be_exactly_so_long() -> None:
    name = "a" * (LONGEST - len(" <= 1"))
    assert parse(f"{name} <= 1").columns == (name,)
    assert parse(f"  {name} <= 1  ").columns == (name,), "blanks around it do not count"
    with pytest.raises(RelationError, match=f"at most {LONGEST} characters, this one {LONGEST + 1}"):
        parse(f"{name}a <= 1")


@pytest.mark.parametrize(("digits", "allowed"), [(0, True), (MOST_DIGITS, True), (-1, False), (MOST_DIGITS + 1, False)])
def test_digits_are_few(digits: int, allowed: bool) -> None:  # noqa: FBT001
    if allowed:
        assert parse("a == b", digits).digits == digits
    else:
        with pytest.raises(RelationError, match=f"digits are 0 to {MOST_DIGITS}, not {digits}"):
            parse("a == b", digits)


# --- comparing, in every type of column ----------------------------------------------------------------------------


def held(source: str, digits: int | None = None, **columns: Any) -> list[bool | None]:
    frame = pl.DataFrame(columns)
    found = frame.lazy().select(held=parse(source, digits).on(frame.schema)).collect()
    assert found.schema == {"held": pl.Boolean}
    return found["held"].to_list()


def series(kind: Any, *values: Any) -> pl.Series:
    return pl.Series(values, dtype=kind)


KINDS: dict[str, tuple[Any, list[Any]]] = {
    "Int64": (pl.Int64, [1, 2, 3]),
    "Int32": (pl.Int32, [1, 2, 3]),
    "UInt8": (pl.UInt8, [1, 2, 3]),
    "Float64": (pl.Float64, [1.0, 2.0, 3.0]),
    "Decimal": (pl.Decimal(18, 2), [Decimal("1.99"), Decimal("2.00"), Decimal("2.01")]),
    "Date": (pl.Date, [date(2017, 12, 30), date(2017, 12, 31), date(2018, 1, 1)]),
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", KINDS)
def test_two_columns_of_a_type_are_compared_at_their_edge(name: str, sign: str) -> None:
    kind, (below, same, above) = KINDS[name]
    left, right = series(kind, below, same, above, None, same), series(kind, same, same, same, same, None)
    assert held(f"a {sign} b", a=left, b=right) == [*SIGNS[sign], None, None]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("other", ["Int64", "Float64", "Decimal"])
def test_columns_of_two_types_are_compared_by_what_they_are_worth(other: str, sign: str) -> None:
    kind, _ = KINDS[other]
    left, right = series(pl.Int64, 1, 2, 3, None), series(kind, 2, 2, 2, 2)
    assert held(f"a {sign} b", a=left, b=right) == [*SIGNS[sign], None]
    assert held(f"2 * a {sign} 2 * b", a=left, b=right) == [*SIGNS[sign], None]


@pytest.mark.parametrize("sign", SIGNS)
def test_a_quotient_is_compared_whatever_the_sign_of_what_it_is_divided_by(sign: str) -> None:
    positive = held(f"a / b {sign} 2", a=[2, 4, 6], b=[2, 2, 2])
    negative = held(f"a / b {sign} 2", a=[-2, -4, -6], b=[-2, -2, -2])
    assert positive == negative == list(SIGNS[sign])
    assert held(f"a / b {sign} 2", a=[4, 0], b=[0, 0]) == [None, None]
    assert held(f"a / -2 {sign} 2", a=[-2, -4, -6]) == list(SIGNS[sign])


@pytest.mark.parametrize(
    ("digits", "shown", "holds"),
    [
        (0, "10.5", True),
        (0, "9.5", True),
        (0, "10.51", False),
        (0, "9.49", False),
        (1, "10.05", True),
        (1, "10.06", False),
        (1, "9.95", True),
        (1, "9.94", False),
    ],
)
def test_equal_to_a_digit_is_within_half_a_unit_of_it_on_either_side(digits: int, shown: str, holds: bool) -> None:  # noqa: FBT001
    column = series(pl.Decimal(18, 2), Decimal(shown))
    assert held("a == b / c", digits, a=column, b=[20], c=[2]) == [holds]
    assert held("a == b / c", digits, a=[float(shown)], b=[20.0], c=[2.0]) == [holds]
    row = {"a": Decimal(shown), "b": 20, "c": 2}
    # Of two links of which one fails that one is named; of two that hold, both.
    failing = [link.text() for link in parse("a == b / c >= 0", digits).failing(row)]
    assert failing == (["a == b / c", "b / c >= 0"] if holds else ["a == b / c"])


def test_without_digits_equal_is_equal() -> None:
    assert held("a == b / c", a=[10, 10], b=[20, 21], c=[2, 2]) == [True, False]
    assert held("a == b", 1, a=series(pl.Decimal(18, 2), Decimal("1.04")), b=[1]) == [True]
    assert held("a <= b", 1, a=series(pl.Decimal(18, 2), Decimal("1.04")), b=[1]) == [False], "only == is rounded"


@pytest.mark.parametrize("source", ["a <= b <= c", "a < b < c", "a == b == c"])
def test_a_chain_holds_where_all_links_do_and_is_undecided_where_any_operand_is_missing(source: str) -> None:
    sign = source.split()[1]
    first, second = SIGNS[sign][0], SIGNS[sign][1]
    assert held(source, a=[1, 2, 3], b=[2, 2, 2], c=[3, 2, 1]) == [first, second, False]
    for name in "abc":
        columns: dict[str, Any] = {"a": [1], "b": [2], "c": [0]} | {name: series(pl.Int64, None)}
        assert held(source, **columns) == [None]


def test_values_that_do_not_fit_are_compared_in_floats_and_those_that_do_exactly() -> None:
    big = 10**18
    assert held("a * a * b >= c", a=[big, 3], b=[big, 2], c=[1, 19]) == [True, False]
    assert float(big) ** 3 > LIMIT
    assert held("a * b <= a * b - 1", a=[10**18], b=[10**18]) == [False]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"a": ["x"], "b": [1]}, "a is String: a relation compares numbers or dates"),
        ({"a": [date(2017, 1, 1)], "b": [1]}, "a date is compared with a date"),
        ({"a": [1]}, "no such column: b"),
    ],
)
def test_columns_that_cannot_be_compared_are_named(columns: dict[str, Any], reason: str) -> None:
    with pytest.raises(RelationError, match=reason):
        held("a <= b", **columns)


def test_a_day_is_not_computed_with() -> None:
    days = {"a": [date(2017, 1, 1)], "b": [date(2017, 1, 2)]}
    assert held("a <= b", **days) == [True]
    with pytest.raises(RelationError, match="not computed with"):
        held("a <= b + 1", **days)


def test_yes_and_no_are_one_and_zero() -> None:
    assert held("a <= b", a=[True, False, None], b=[0, 0, 0]) == [False, True, None]


# --- which links fail, and how they are said -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "failing"),
    [
        ({"a": 1, "b": 2, "c": 3}, ["a <= b", "b <= c"]),
        ({"a": 3, "b": 2, "c": 3}, ["a <= b"]),
        ({"a": 1, "b": 2, "c": 1}, ["b <= c"]),
        ({"a": 3, "b": 2, "c": 1}, ["a <= b", "b <= c"]),
        ({"a": 2, "b": 2, "c": 2}, ["a <= b", "b <= c"]),
    ],
)
def test_the_links_that_fail_or_all_where_none_stands_out(row: dict[str, int], failing: list[str]) -> None:
    assert [link.text() for link in parse("a <= b <= c").failing(row)] == failing


@pytest.mark.parametrize(
    ("source", "digits", "zh", "en"),
    [
        ("a <= b", None, "a ≤ b", "a ≤ b"),
        ("a >= 2 * b", None, "a ≥ 2 × b", "a ≥ 2 × b"),
        ("a == b", 1, "a = b(按 1 位小数)", "a = b (to 1 decimal place)"),
        ("a == b / c", 2, "a = b / c(按 2 位小数)", "a = b / c (to 2 decimal places)"),
        ("a < b > c", None, "a < b > c", "a < b > c"),
    ],
)
def test_a_relation_is_printed_for_a_person(source: str, digits: int | None, zh: str, en: str) -> None:
    assert parse(source, digits).printed(ZH) == zh
    assert parse(source, digits).printed(EN) == en


@pytest.mark.parametrize(
    ("source", "zh", "en"),
    [
        ("a <= 1", "a ≤ 1,缺项的行不计", "a ≤ 1, rows that lack it left out"),
        ("a <= b", "a ≤ b,缺项的行不计", "a ≤ b, rows that lack one left out"),
        ("a <= b / c", "a ≤ b / c,缺项或分母为零的行不计", "a ≤ b / c, rows that lack one or divide by zero left out"),
        ("a <= b / 2", "a ≤ b / 2,缺项的行不计", "a ≤ b / 2, rows that lack one left out"),
    ],
)
def test_what_a_relation_leaves_out_is_said(source: str, zh: str, en: str) -> None:
    assert parse(source).words(ZH) == zh
    assert parse(source).words(EN) == en


@pytest.mark.parametrize(
    ("source", "digits", "additive"),
    [
        ("a <= b", None, True),
        ("a <= 50000 * b", None, True),
        ("a / b >= 1000", None, True),
        ("a == b + c", None, True),
        ("a == b + c", 1, False),
        ("a <= b", 1, True),
        ("a >= 1", None, False),
        ("a >= 0", None, True),
        ("a / b <= c / d", None, False),
        ("a * b <= c", None, False),
        ("a / (b + 1) <= 2", None, False),
        ("a / 2 <= b", None, True),
        ("a <= b <= c + 1", None, False),
    ],
)
def test_what_holds_of_rows_holds_of_their_sums_where_it_is_additive(
    source: str,
    digits: int | None,
    additive: bool,  # noqa: FBT001
) -> None:
    assert parse(source, digits).additive == additive


def test_rows_that_lack_something_or_divide_by_zero_are_not_evaluated() -> None:
    frame = pl.DataFrame({"a": [1, None, 1, 1], "b": [1, 1, 0, None]})
    assert frame.select(parse("a / b <= 1").missing(frame.schema)).to_series().to_list() == [False, True, True, True]
    assert frame.select(parse("a <= b").missing(frame.schema)).to_series().to_list() == [False, True, False, True]
