"""Row conditions as Polars expressions.

Two-valued, like pandas: a missing value satisfies no comparison but `!=` and NOT IN, which it does. So no row leaves
the domain of a rule only because it is not known whether it belongs there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
from great_expectations.expectations.row_conditions import (
    AndCondition,
    ComparisonCondition,
    Condition,
    NullityCondition,
    Operator,
    OrCondition,
    PassThroughCondition,
    deserialize_row_condition,
)

from expectations.engine.errors import NoSuchColumnError, NotSupportedOnPolarsError
from expectations.engine.literals import members
from expectations.engine.metric_request import MetricRequest
from expectations.engine.names import named

COMPARE: dict[Operator, Callable[[pl.Expr, Any], pl.Expr]] = {
    Operator.EQUAL: lambda column, value: column == value,
    Operator.NOT_EQUAL: lambda column, value: column.ne_missing(value),
    Operator.LESS_THAN: lambda column, value: column < value,
    Operator.LESS_THAN_OR_EQUAL: lambda column, value: column <= value,
    Operator.GREATER_THAN: lambda column, value: column > value,
    Operator.GREATER_THAN_OR_EQUAL: lambda column, value: column >= value,
}


def condition_of(raw: Any) -> Condition | None:
    """The condition that a domain carries, serialised or not; None where it carries none.

    Raises NotSupportedOnPolarsError for text: what pandas, Spark or SQL would make of it, Polars would not.
    """
    condition = deserialize_row_condition(raw) if raw else None
    if isinstance(condition, PassThroughCondition):
        condition = condition.pass_through_filter
    if isinstance(condition, str):
        raise NotSupportedOnPolarsError("row_condition", f"the text {condition!r}; write it with Column(...) instead")
    return condition


def columns_of(condition: Condition) -> set[str]:
    """The columns that a condition reads."""
    if isinstance(condition, AndCondition | OrCondition):
        return set().union(*(columns_of(part) for part in condition.conditions))
    if isinstance(condition, ComparisonCondition | NullityCondition):
        return {condition.column.name}
    raise NotSupportedOnPolarsError("row_condition", f"a {type(condition).__name__}")


def row_filter(condition: Condition, schema: pl.Schema) -> pl.Expr:
    """True for the rows that satisfy the condition, never null; raises NoSuchColumnError."""
    if missing := sorted(columns_of(condition) - set(schema)):
        raise NoSuchColumnError(missing)
    return _expression(condition, schema).fill_null(value=False)


def _expression(condition: Condition, schema: pl.Schema) -> pl.Expr:
    if isinstance(condition, AndCondition):
        return pl.all_horizontal([_expression(part, schema).fill_null(value=False) for part in condition.conditions])
    if isinstance(condition, OrCondition):
        return pl.any_horizontal([_expression(part, schema).fill_null(value=False) for part in condition.conditions])
    if isinstance(condition, NullityCondition):
        column = named(condition.column.name)
        return column.is_null() if condition.is_null else column.is_not_null()
    if isinstance(condition, ComparisonCondition):
        return _comparison(condition, schema)
    raise NotSupportedOnPolarsError("row_condition", f"a {type(condition).__name__}")


def _comparison(condition: ComparisonCondition, schema: pl.Schema) -> pl.Expr:
    request = MetricRequest((condition.column.name,), {}, schema)
    column, operator = request.column(), Operator(condition.operator)
    if operator in COMPARE:
        return COMPARE[operator](column, request.bound(condition.parameter))
    held = column.is_in(members(condition.parameter, request.dtype()))
    return held if operator == Operator.IN else ~held.fill_null(value=False)
