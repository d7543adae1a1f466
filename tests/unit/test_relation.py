"""The language of relations: what it says, what it refuses, what it leaves undecided."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.language.relation import EN, ZH, Linear, RelationError, parse
from tests.builders import to_pandas
from warehouse.messages.errors import PermanentError

FUNNEL = "demolished <= completed <= started"


def held(source: str, digits: int | None = None, **row: Any) -> bool:
    """Whether a relation holds in a row, by pandas as the checkpoint asks it."""
    frame = to_pandas(pl.DataFrame({"row_id": [0], **{name: [value] for name, value in row.items()}}))
    return bool(parse(source, digits).holds(frame.__getitem__).item())


def undecided(source: str, **row: Any) -> bool:
    frame = pl.DataFrame({k: [v] for k, v in row.items()})
    return frame.select(parse(source).missing(frame.schema)).item()


def test_columns_stand_once_in_order_of_appearance() -> None:
    assert parse("c - a <= b * 2 <= a / d").columns == ("c", "a", "b", "d")


def test_a_chain_holds_where_all_its_links_do() -> None:
    assert held(FUNNEL, demolished=381, completed=884, started=2487)
    assert held(FUNNEL, demolished=5, completed=5, started=5)
    assert not held(FUNNEL, demolished=381, completed=884, started=883)
    assert not held(FUNNEL, demolished=885, completed=884, started=2487)


@pytest.mark.parametrize(
    ("sign", "below", "same", "above"),
    [("<=", True, True, False), ("<", True, False, False), (">=", False, True, True), (">", False, False, True),
     ("==", False, True, False)],
)  # fmt: skip
def test_signs(sign: str, below: bool, same: bool, above: bool) -> None:  # noqa: FBT001
    assert [held(f"a {sign} 5", a=value) for value in (4, 5, 6)] == [below, same, above]


def test_arithmetic_binds_as_in_school() -> None:
    assert held("a + b * 2 - -c / 4 == 9", a=1, b=3, c=8)
    assert held("(a + b) * 2 == 8", a=1, b=3)


@pytest.mark.parametrize(("shown", "holds"), [(10.7, True), (10.6, False), (10.8, False)])
def test_digits_are_half_a_unit_of_the_last_one(shown: float, holds: bool) -> None:  # noqa: FBT001
    assert held("growth == 100 * (now / before - 1)", 1, growth=shown, now=7330.0, before=6622.0) == holds


@pytest.mark.parametrize(("given", "holds"), [(10.65, True), (10.75, True), (10.6499, False), (10.7501, False)])
def test_digits_include_the_half_itself(given: float, holds: bool) -> None:  # noqa: FBT001
    assert held("a == b", 1, a=10.7, b=given) == holds


def test_digits_zero_is_half_a_unit() -> None:
    assert held("a == b", 0, a=7330, b=7330.5)
    assert not held("a == b", 0, a=7330, b=7330.6)


def test_without_digits_equality_is_exact() -> None:
    assert not held("a == b", a=7330.0, b=7330.0001)


@pytest.mark.parametrize("row", [{"a": None, "b": 1}, {"a": 1, "b": None}, {"a": None, "b": None}])
def test_a_missing_operand_leaves_it_undecided(row: dict[str, int | None]) -> None:
    assert undecided("a <= b", **row)


def test_any_missing_operand_of_a_chain_leaves_it_undecided() -> None:
    assert undecided(FUNNEL, demolished=9, completed=1, started=None)
    assert not undecided(FUNNEL, demolished=9, completed=1, started=0)


@pytest.mark.parametrize("ratio", ["a / b >= 1000", "1000 <= 100 * a / b", "a / (b * 2) >= 1000", "c <= a / b"])
def test_a_zero_denominator_leaves_it_undecided_and_never_fails(ratio: str) -> None:
    assert undecided(ratio, a=5, b=0, c=7)
    assert held(ratio, a=5, b=0, c=7)
    assert held(ratio, a=0, b=0, c=7)
    assert not undecided(ratio, a=5, b=1, c=7)


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os').system('true') <= 1", "abs(a) <= b", "a.b <= c", "a[0] <= b", "eval <= (lambda: 1)()",
        "a ** 2 <= b", "a // 2 <= b", "a % 2 == b", "a <= 'x'", "a <= True", "a <= None", "a <= (b if c else d)",
        "a <= [b]", "a <= b if c else d", "a and b", "a + b", "a", "1", "", "a <=", "a <= b; c", "a = b", "not a <= b",
        "a is b", "a in b", "a not in b", "a <= f'{b}'", "a <= (b := 1)", "a <= b\x00", "+a <= b", "~a <= b", "a <= 1j",
    ],
)  # fmt: skip
def test_anything_else_is_refused(source: str) -> None:
    with pytest.raises(RelationError) as caught:
        parse(source)
    assert isinstance(caught.value, PermanentError)
    message, shown, carets = str(caught.value).splitlines()
    assert message.endswith(":")
    assert shown.strip()[:3] == source.strip()[:3].replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert set(carets.strip()) == {"^"}


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("a <= c + abs(b)", "abs(b)"), ("a <= b.c <= d", "b.c"), ("a + 'x' >= 1", "'x'"), ("a <= b ** 2", "b ** 2"),
        ("a != b", "b"), ("a / 0 <= b", "0"), ("a <= c / (2 * b - b - b)", "2 * b - b - b"), ("  a <= [b]", "[b]"),
        ("贫困 <= max(人)", "max(人)"), ("a <= 1e999", "1e999"), ("1 <= 2", "1 <= 2"), ("a = b", "="), ("a <=", ""),
        (f"a <= {10**400}", f"{10**400}"),
    ],
)  # fmt: skip
def test_a_refusal_points_at_the_part(source: str, part: str) -> None:
    with pytest.raises(RelationError) as caught:
        parse(source)
    _, shown, carets = str(caught.value).splitlines()
    assert shown[carets.index("^") : len(carets)] == part


@pytest.mark.parametrize("source", ["a <= " + "(" * 500 + "b" + ")" * 500, "-" * 1500 + "a <= b", "a <= b + " * 999])
def test_what_is_too_deep_or_too_long_is_refused_and_not_a_crash(source: str) -> None:
    with pytest.raises(RelationError):
        parse(source)


@pytest.mark.parametrize("digits", [-1, 10])
def test_digits_without_sense_are_refused(digits: int) -> None:
    with pytest.raises(RelationError, match="digits"):
        parse("a == b", digits)


def test_fifteen_digits_do_not_overflow() -> None:
    assert held("loan_amount_yuan <= 50000 * loan_households", loan_amount_yuan=1, loan_households=10**15 - 1)


def test_failing_links_are_those_that_fail() -> None:
    relation = parse("a <= b <= c <= d")
    failing = relation.failing({"a": 1, "b": 5, "c": 4, "d": 2})
    assert [link.text() for link in failing] == ["b <= c", "c <= d"]
    assert [link.columns for link in failing] == [("b", "c"), ("c", "d")]


def test_failing_links_are_computed_exactly() -> None:
    relation = parse("a + b == c <= d")
    tenth = Decimal("0.1")
    assert [k.text() for k in relation.failing({"a": tenth, "b": 2 * tenth, "c": 3 * tenth, "d": tenth})] == ["c <= d"]


def test_a_link_is_said_with_the_names_one_gives() -> None:
    (link,) = parse("loan_amount_yuan <= 50000 * loan_households").links
    names = {"loan_amount_yuan": "投放", "loan_households": "户数"}
    assert link.text(names.__getitem__) == "投放 <= 50000 * 户数"


def test_failing_links_take_a_fraction_as_it_is_written() -> None:
    relation = parse("a >= 0.1 * b >= c")
    assert [k.text() for k in relation.failing({"a": Decimal("0.3"), "b": 3, "c": 1})] == ["0.1 * b >= c"]


# --- for people ----------------------------------------------------------------------------------------------------


def test_a_relation_reads_well_in_both_languages() -> None:
    chain = parse("demolished <= completed <= started")
    assert chain.words() == "demolished ≤ completed ≤ started, rows that lack one left out"
    assert chain.words(ZH) == "demolished ≤ completed ≤ started,缺项的行不计"
    growth = parse("growth == 100 * (now / before - 1)", 1)
    assert growth.words(EN) == (
        "growth = 100 × (now / before - 1) (to 1 decimal place), rows that lack one or divide by zero left out"
    )
    assert growth.words(ZH) == "growth = 100 × (now / before - 1)(按 1 位小数),缺项或分母为零的行不计"
    assert parse("a >= 1").words() == "a ≥ 1, rows that lack it left out"
    assert parse("a <= b").words(ZH, {"a": "完成", "b": "启动"}.__getitem__) == "完成 ≤ 启动,缺项的行不计"


@pytest.mark.parametrize("source", ["a <= b <= c", "a - (b - c) == 2 * (a + b) / c", "-a < 0.25", "a / b / c >= 1"])
def test_the_text_of_a_relation_is_that_relation(source: str) -> None:
    relation = parse(source)
    again = parse(relation.text())
    assert again.text() == relation.text()
    assert [k.form for k in again.links] == [k.form for k in relation.links]


# --- exact forms ---------------------------------------------------------------------------------------------------


def linear(constant: Any = 0, **coefficients: Any) -> Linear:
    return Linear({c: Fraction(f) for c, f in coefficients.items()}, Fraction(constant))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a <= 50000 * b", linear(a=1, b=-50000)),
        ("2 * (a - 3) / 4 >= -b + 1", linear("-5/2", a="1/2", b=1)),
        ("a + b == a + 0.1 * c", linear(b=1, c="-1/10")),
        ("a / b >= 1000", None),
        ("a * b <= c", None),
        ("(a * b - b * a) + c <= 1", linear(-1, c=1)),
    ],
)
def test_the_linear_form_is_exact_and_none_where_there_is_none(source: str, expected: Linear | None) -> None:
    (link,) = parse(source).links
    assert link.linear == expected


@pytest.mark.parametrize(
    ("source", "above", "below"),
    [
        ("a / b >= 1000", linear(a=1, b=-1000), linear(b=1)),
        ("a / -b >= 1000", linear(a=-1, b=-1000), linear(b=1)),
        ("g == 100 * (a + c) / b + 1", None, None),
        ("60 <= 100 * a / (b + c)", linear(a=-100, b=60, c=60), linear(b=1, c=1)),
        ("a <= 2 * b", linear(a=1, b=-2), linear(1)),
        ("-a / 2 <= b", linear(a="-1/2", b=-1), linear(1)),
    ],
)
def test_a_ratio_is_multiplied_out(source: str, above: Linear | None, below: Linear | None) -> None:
    (link,) = parse(source).links
    assert link.multiplied_out == ((above, below) if above else None)


@pytest.mark.parametrize(
    ("source", "digits", "additive"),
    [
        ("a <= 50000 * b", None, True), ("a / b >= 1000", None, True), ("a + b == c <= d", None, True),
        ("a / (b + c) >= 60", None, True), ("a >= 0", None, True), ("a >= 1", None, False),
        ("a <= b <= 5", None, False), ("a / b <= c / d", None, False), ("a * b <= c * d", None, False),
        ("(a + 2) / (b + 1) >= 2", None, False), ("a == b", 1, False), ("a <= b", 1, True),
        ("g == 100 * a / b", None, False),
    ],
)  # fmt: skip
def test_additive_is_what_holds_for_sums(source: str, digits: int | None, additive: bool) -> None:  # noqa: FBT001
    assert parse(source, digits).additive == additive


ADDITIVE = ("a <= 3 * b", "a / b >= 2", "a + b == c", "a / (b + c) <= 1 <= 2", "c < a + b")
ROWS = st.lists(st.tuples(*[st.integers(1, 6)] * 3), min_size=1, max_size=4)


@settings(deadline=None)
@given(st.sampled_from(ADDITIVE[:3] + ADDITIVE[4:]), ROWS)
def test_an_additive_relation_that_holds_for_rows_holds_for_their_sum(source: str, rows: list[tuple[int, ...]]) -> None:
    relation = parse(source)
    frame = pl.DataFrame(rows, ["a", "b", "c"], orient="row")
    kept = frame.filter(relation.on(frame.schema))
    assert relation.additive
    assert kept.is_empty() or kept.sum().select(relation.on(frame.schema)).item()
