"""The differential check sees what it should: each of these faults, put into the engine, makes it fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Operator
from hypothesis import given

from expectations.engine import catalogue, conditions, distributions, domain, resolution, row_conditions, rows
from expectations.engine.aggregates import Aggregate
from expectations.engine.batch_data import PolarsBatchData
from expectations.engine.conditions import Condition
from expectations.engine.metric_request import MetricRequest
from tests.engine.cases import frames
from tests.engine.oracle import Both
from tests.engine.test_differential import generated, suites

TRIES = 40
COMPLETE = {"result_format": "COMPLETE"}


@dataclass(frozen=True)
class Mutant:
    """A fault: what is put in place of what, and the expectations that must show it."""

    fault: str
    put: Callable[[pytest.MonkeyPatch], None]
    shown_by: tuple[str, ...]


def condition(
    name: str, compile_: Callable[[MetricRequest], pl.Expr], **flags: Any
) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(catalogue.conditions, name, Condition(compile_, **flags))


def aggregate(name: str, compile_: Callable[[MetricRequest], pl.Expr]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(
        catalogue.aggregates, name, Aggregate(compile_, catalogue.aggregates[name].finish)
    )


def attribute(owner: Any, name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(owner, name, value)


def strict(request: MetricRequest) -> pl.Expr:
    return original(
        "column_values.between", MetricRequest(request.columns, {**request.values, "strict_min": True}, request.schema)
    )


def original(name: str, request: MetricRequest) -> pl.Expr:
    return (conditions.ALONE | catalogue.RELATIVE)[name].compile(request)


def failing_nulls(request: MetricRequest) -> pl.Expr:
    return original("column_values.between", request).fill_null(value=False)


def never_strict(request: MetricRequest) -> pl.Expr:
    return original("column_values.increasing", MetricRequest(request.columns, {}, request.schema, request.within))


def from_one(frame: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return frame.select(pl.int_range(1, pl.len() + 1).alias(name), pl.all())


def without_nulls(request: MetricRequest) -> pl.Expr:
    left, right = request.all_columns()
    return left > right


def swapped(patch: pytest.MonkeyPatch) -> None:
    all_missing, any_missing = domain.LEFT_OUT_IF_ALL, domain.LEFT_OUT_IF_ANY
    patch.setattr(domain, "LEFT_OUT_IF_ALL", any_missing)
    patch.setattr(domain, "LEFT_OUT_IF_ANY", all_missing)


def compared(operator: Operator, how: Callable[[pl.Expr, Any], pl.Expr]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setitem(row_conditions.COMPARE, operator, how)


def flipped(_: Any, __: Any) -> pl.Expr:
    return pl.lit(value=True)


BETWEEN = ("ExpectColumnValuesToBeBetween",)
PAIRS = ("ExpectColumnPairValuesAToBeGreaterThanB",)
MANY = ("ExpectMulticolumnSumToEqual", "ExpectMulticolumnValuesToBeEqual")
MUTANTS = [
    Mutant("<= becomes <", condition("column_values.between", strict), BETWEEN),
    Mutant("max becomes min", aggregate("column.max", lambda a: a.column().min()), ("ExpectColumnMaxToBeBetween",)),
    Mutant("sample becomes population", aggregate("column.standard_deviation", lambda a: a.column().std(ddof=0)),
           ("ExpectColumnStdevToBeBetween",)),
    Mutant("sum becomes mean", aggregate("column.sum", lambda a: a.column().mean()), ("ExpectColumnSumToBeBetween",)),
    Mutant("null is no failure in a pair", condition("column_pair_values.a_greater_than_b", without_nulls), PAIRS),
    Mutant("null is a failure in a column",
           condition("column_values.between", failing_nulls, sees_missing=True), BETWEEN),
    Mutant("in becomes not in", condition("column_values.in_set", lambda a: ~original("column_values.in_set", a)),
           ("ExpectColumnValuesToBeInSet",)),
    Mutant("only the second of two equals fails", condition(
        "column_values.unique", lambda a: a.column().is_first_distinct(), alone=False
    ), ("ExpectColumnValuesToBeUnique",)),
    Mutant("duplicates are sought outside the domain", condition(
        "compound_columns.unique", lambda a: original("compound_columns.unique", a)
    ), ("ExpectCompoundColumnsToBeUnique",)),
    Mutant("nulls are duplicates of each other", condition(
        "column_values.unique", lambda a: original("column_values.unique", a), alone=False, sees_missing=True
    ), ("ExpectColumnValuesToBeUnique",)),
    Mutant("a value's duplicates are sought outside the domain", condition(
        "column_values.unique", lambda a: original("column_values.unique", a)
    ), ("ExpectColumnValuesToBeUnique",)),
    Mutant("order is never strict", condition("column_values.increasing", never_strict, alone=False),
           ("ExpectColumnValuesToBeIncreasing",)),
    Mutant("length in bytes", condition(
        "column_values.value_length.equals", lambda a: a.column().str.len_bytes() == a.values["value"]
    ), ("ExpectColumnValueLengthsToEqual",)),
    Mutant("share of rows, not of values", aggregate(
        "column.unique_proportion", lambda a: a.column().drop_nulls().n_unique() / a.column().len()
    ), ("ExpectColumnProportionOfUniqueValuesToBeBetween",)),
    Mutant("one of the commonest only", aggregate(
        "column.most_common_value", lambda a: a.column().drop_nulls().mode().sort().head(1).implode()
    ), ("ExpectColumnMostCommonValueToBeInSet",)),
    Mutant("half-way quantiles go up", attribute(distributions, "is_lower_nearest", lambda place: place % 1 < 0.5),
           ("ExpectColumnQuantileValuesToBeBetween",)),
    Mutant("the domain's mask is dropped", attribute(resolution, "present", lambda *_: None), (*PAIRS, *MANY)),
    Mutant("all and any missing change places", swapped, (*PAIRS, *MANY)),
    Mutant("row conditions are dropped", attribute(resolution, "row_filter", flipped), BETWEEN),
    Mutant("!= drops nulls", compared(Operator.NOT_EQUAL, lambda column, value: column != value), BETWEEN),
    Mutant(">= becomes > in row conditions", compared(Operator.GREATER_THAN_OR_EQUAL, lambda c, v: c > v), BETWEEN),
    Mutant("NaN is a value", attribute(PolarsBatchData, "read", lambda self, _: self.frame.lazy()),
           ("ExpectColumnValuesToNotBeNull", "ExpectColumnMeanToBeBetween")),
    Mutant("rows come in another order", attribute(
        rows.EvaluatedCondition, "unexpected", lambda self, frame: frame.filter(~self.expected).reverse()
    ), ("ExpectColumnValuesToNotBeNull", *BETWEEN)),
    Mutant("rows are numbered from one", attribute(pl.LazyFrame, "with_row_index", from_one),
           ("ExpectColumnValuesToNotBeNull",)),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_a_fault_is_seen(both: Both, mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    @generated(TRIES)
    @given(frame=frames(least=5), asked=suites(mutant.shown_by, 6))
    def check(frame: pl.DataFrame, asked: list[Expectation]) -> None:
        assert both.differences(frame, asked, COMPLETE) == []

    mutant.put(monkeypatch)
    catalogue.find.cache_clear()
    try:
        with pytest.raises(AssertionError):
            check()
    finally:
        monkeypatch.undo()
        catalogue.find.cache_clear()


def test_without_a_fault_none_is_seen(both: Both) -> None:
    """The same check passes on the engine as it is, so it is the fault that it sees."""
    names = sorted({name for mutant in MUTANTS for name in mutant.shown_by})

    @generated(4)
    @given(frame=frames(least=5), asked=suites(names, 12))
    def check(frame: pl.DataFrame, asked: list[Expectation]) -> None:
        assert both.differences(frame, asked, COMPLETE) == []

    check()
