"""Rows that errorlocate's published tests ask about, their answers re-typed as facts, asked of our smallest sets."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from expectations.language.expressions import Linear, Polynomial
from expectations.language.rules import Rule, When, relation
from expectations.linear.linearise import linearise
from expectations.linear.localise import RowCells, localise
from expectations.linear.row_rules import RowDemand

# `changed` is what they change, after it what weighs as little; `fewest` what we do where theirs are more but lighter
# cells: fewer go first with us. A weight of `inf` says that a cell is right.
with (Path(__file__).parents[1] / "slips_peers" / "errorlocate_cases.csv").open(encoding="utf-8", newline="") as lines:
    CASES = list(csv.DictReader(lines))


def given(cells: str) -> dict[str, str]:
    return dict(cell.split("=") for cell in cells.split())


def demands(rules: list[str]) -> Iterator[RowDemand]:
    """`x > 0 -> y > 0` asks the second where the first holds."""
    for written in rules:
        condition, _, asked = written.rpartition(" -> ")
        check = relation(asked)
        rule = Rule(written, "critical", "理由", "a reason", (check,), source="form: of a test")
        piece = linearise(rule, check, dict.fromkeys(check.columns, pl.Int64()))
        for form in piece.demand.forms:
            yield RowDemand(rule, polynomial(form), when(condition), tuple(map(polynomial, piece.positive)))


def when(condition: str) -> When | None:
    if not condition:
        return None
    column, sign, value = condition.split()
    return When(column, "==" if sign == "==" else ">", int(value))


def polynomial(form: Linear) -> Polynomial:
    return {(column,): factor for column, factor in form.coefficients.items()} | {(): form.constant}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['rules']} {case['row']} {case['weights']}")
def test_the_least_sets_are_those_that_errorlocate_publishes(case: dict[str, str]) -> None:
    values, weights = given(case["row"]), given(case["weights"])
    right = [f"{column} == {values[column]}" for column, weight in weights.items() if weight == "inf"]
    numbers = {column: Fraction(value) for column, value in values.items() if value}
    weighed = {column: int(weight) for column, weight in weights.items() if weight != "inf"}
    row = RowCells(numbers, tuple(demands([*case["rules"].split("; "), *right])), dict.fromkeys(values, Fraction(1)))
    weighs = dict.fromkeys(values, 1) | weighed
    found = localise(row, weighs)[1] if row.conflicts() else ()
    # The first weighs least; those after it that weigh as much are as good.
    weight = [sum(weighs[column] for column in cells) for cells in found]
    sets = {frozenset(cells) for cells, weighing in zip(found, weight, strict=True) if weighing == weight[0]}
    published = (case["fewest"] or case["changed"]).replace("none", "").split("|")
    assert sets == {frozenset(cells.split()) for cells in published if cells}
