"""Asking alike checks once gives what asking each by itself gives, row by row."""

from __future__ import annotations

import random
from datetime import date
from functools import partial
from typing import Any

import polars as pl
import pytest

from expectations.language.rules import Check, Rule, When, all_checks, between, in_set, not_null, relation, unique
from expectations.validation.checkpoint import validate, validate_all
from expectations.validation.stacked_checks import CheckBatch, stack, stacked_checks

SCHEMA = {
    "a": pl.Int64, "b": pl.Int64, "c": pl.Decimal(18, 2), "last_a": pl.Int64, "last_b": pl.Int64, "name": pl.String,
    "day": pl.Date, "other": pl.Date,
}  # fmt: skip
WHEN = When("a", ">", 2)
rule = partial(Rule, source="form: of a test")
RULES = (
    rule("present", "critical", "在", "present", (not_null("a"), not_null("c"), not_null("name"), not_null("day"))),
    rule("present_where", "critical", "在", "present where", (not_null("b", WHEN), not_null("day", WHEN))),
    rule("bounds", "critical", "界", "bounds", tuple(between(x, low=0, high=5) for x in ("a", "b", "c"))),
    rule("below", "info", "低", "low", (between("a", high=3, below=True), between("b", 0, 3, below=True, when=WHEN))),
    rule("rises", "warning", "升", "rises", (relation("a >= last_a"), relation("b >= last_b"))),
    rule("days", "critical", "日", "days", (relation("day <= other"), relation("other <= day"))),
    rule("known", "critical", "知", "known", (in_set("name", ["x", "y"]), in_set("a", [0, 1]))),
    rule("once", "critical", "一", "once", (unique("name", "a"),)),
    rule("once_too", "critical", "一", "once", (unique("name", "b"), unique("name", "a"))),
    rule("ratio", "critical", "比", "ratio", (relation("a / b >= 1"), relation("b / a >= 1"))),
)  # fmt: skip


def batch(seed: int, rows: int = 12) -> pl.DataFrame:
    rng = random.Random(seed)
    draw: dict[Any, Any] = {
        pl.Int64: lambda: rng.randint(-1, 6),
        pl.String: lambda: rng.choice("xyz"),
        pl.Date: lambda: date(2017, 1, rng.randint(1, 9)),
    }
    values = {
        name: [None if rng.random() < 0.25 else draw.get(kind, draw[pl.Int64])() for _ in range(rows)]
        for name, kind in SCHEMA.items()
    }
    return pl.DataFrame({"row_id": range(rows), **values}, {"row_id": pl.Int64, **SCHEMA})


def fails(check: Check) -> pl.Expr:
    """Rows that break a check, in plain Polars; null where it is not evaluated."""
    kind, arguments, column = check.expectation.__name__, check.arguments, pl.col(check.columns[0])
    match kind:
        case "ExpectColumnValuesToNotBeNull":
            return column.is_null()
        case "ExpectColumnValuesToBeInSet":
            return ~column.is_in(arguments["value_set"])
        case "ExpectCompoundColumnsToBeUnique":
            keys = pl.struct(check.columns)
            return keys.is_duplicated() & ~pl.all_horizontal(pl.col(c).is_null() for c in check.columns)
        case "ExpectColumnValuesToBeBetween":
            high = column >= arguments["max_value"] if arguments["strict_max"] else column > arguments["max_value"]
            return high if arguments["min_value"] is None else high | (column < arguments["min_value"])
    left, sign, right = arguments["relation"].partition(" >= " if ">=" in arguments["relation"] else " <= ")
    first, _, second = left.partition(" / ")
    if second:
        return (pl.col(first) / pl.col(second) < float(right)) & (pl.col(second) != 0)
    return pl.col(left) < pl.col(right) if sign == " >= " else pl.col(left) > pl.col(right)


@pytest.mark.parametrize("seed", range(6))
def test_each_row_of_each_check_comes_out_as_in_plain_polars(seed: int) -> None:
    rows = batch(seed)
    found = {(f.rule.rule, f.rule.checks.index(f.check)): f.row_ids for f in validate(all_checks(RULES), rows)}
    for rule, place in all_checks(RULES):
        check = rule.checks[place]
        applies = check.when.expr() if check.when else pl.lit(value=True)
        expected = rows.filter(applies & fails(check).fill_null(value=False))["row_id"].to_list()
        assert list(found.get((rule.rule, place), ())) == expected, (rule.rule, place)


def test_alike_checks_are_one_question_and_others_are_not() -> None:
    asking = stacked_checks([CheckBatch(tuple(all_checks(RULES)), batch(0))])
    asked = [[(s.rule.rule, s.place) for s in question.stretches] for question in asking]
    assert [("present", 0), ("present", 1), ("present", 2), ("present", 3)] in asked
    assert [("bounds", 0), ("bounds", 1), ("bounds", 2)] in asked
    assert [("below", 0)] in asked, "one has a condition, the other none"
    assert [("known", 0)] in asked, "texts and numbers are not stacked"
    assert sum(map(len, asked)) == len(all_checks(RULES))


def test_what_fills_up_a_shorter_question_never_fails() -> None:
    rows = pl.DataFrame({"row_id": [0], "a": [1], "b": [1], "name": ["x"]})
    rules = (
        rule("long", "critical", "长", "long", (between("a", low=0), between("b", low=0))),
        rule("short", "critical", "短", "short", (not_null("name"),)),
        rule("once", "critical", "一", "once", (unique("name", "a"),)),
    )
    asked = [CheckBatch(tuple(all_checks(rules)), rows)]
    assert stack(stacked_checks(asked), asked).height == 2
    assert validate(all_checks(rules), rows) == []


def test_what_is_asked_beside_it_changes_no_answer() -> None:
    """0.10 + 0.20 is 0.30, also where another batch compares whole numbers in the same way."""
    tenths = {"a": ["0.10"], "b": ["0.20"], "c": ["0.30"]}
    exact = pl.DataFrame(tenths).cast(pl.Decimal(18, 2)).with_row_index("row_id")
    whole = pl.DataFrame({"a": [1], "b": [2], "c": [3]}).with_row_index("row_id")
    adds_up = rule("sum", "critical", "和", "sum", (relation("a + b == c"),))
    asked = [CheckBatch(tuple(all_checks([adds_up])), rows) for rows in (exact, whole)]
    assert validate_all(asked) == [[], []]


def test_conditions_on_columns_of_other_types_are_other_questions() -> None:
    rows = pl.DataFrame({"row_id": [0], "a": [None], "name": ["x"], "b": [None], "day": [date(2017, 1, 1)]})
    rules = [
        rule(name, "critical", "在", "present", (not_null(column, When(when, "is_not_null")),))
        for name, column, when in (("one", "a", "name"), ("two", "b", "day"))
    ]
    assert [failure.row_ids for failure in validate(all_checks(rules), rows)] == [(0,), (0,)]
