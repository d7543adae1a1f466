"""The language of relations: what it says, what it refuses, what it leaves undecided."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.checkpoint import to_pandas
from expectations.relation import RelationError, parse
from warehouse.errors import PermanentError

FUNNEL = "demolished <= completed <= started"


def held(source: str, digits: int | None = None, **row: Any) -> bool:
    """Whether a relation holds in a row, by pandas as the checkpoint asks it."""
    frame = to_pandas(pl.DataFrame({"row_id": [0], **{name: [value] for name, value in row.items()}}))
    return bool(parse(source, digits).holds(frame.__getitem__).item())


def undecided(source: str, **row: Any) -> bool:
    return pl.DataFrame({k: [v] for k, v in row.items()}).select(parse(source).missing()).item()


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
    assert not source or repr(source)[1:-1].split("\\")[0][:3] in str(caught.value)


def test_a_refusal_points_at_the_part() -> None:
    with pytest.raises(RelationError, match=r"abs\(b\)"):
        parse("a <= c + abs(b)")


def test_a_fixed_zero_denominator_is_refused() -> None:
    with pytest.raises(RelationError):
        parse("a / 0 <= b")


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
