"""Aggregates: one expression each, so that all of a suite go into one pass, and what is made of its value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.literals import members
from expectations.engine.metric_request import MetricRequest
from expectations.engine.regexes import text
from expectations.engine.sums import column_sum, summed

LISTED_AT_MOST = 20


def as_given(value: Any, _: MetricRequest) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True)
class Aggregate:
    """An expression of one row, and what is made of its value. Nulls are left out, as Polars leaves them out."""

    compile: Callable[[MetricRequest], pl.Expr]
    finish: Callable[[Any, MetricRequest], Any] = as_given


class Moment(dt.datetime):
    """A datetime that is before or after a date as it is before or after that day's midnight.

    Great Expectations compares a bound with the value as they are, and a bound that was a date before JSON is one.
    """

    def __lt__(self, other: dt.date) -> bool:
        return super().__lt__(_moment(other))

    def __le__(self, other: dt.date) -> bool:
        return super().__le__(_moment(other))

    def __gt__(self, other: dt.date) -> bool:
        return super().__gt__(_moment(other))

    def __ge__(self, other: dt.date) -> bool:
        return super().__ge__(_moment(other))


def _moment(value: Any) -> Any:
    if not isinstance(value, dt.date):
        return value
    return Moment.combine(value, value.timetz() if isinstance(value, dt.datetime) else dt.time())


def as_moment(value: Any, _: MetricRequest) -> Any:
    """A date as its midnight, as pandas has it, a datetime as one that compares with dates; others as they are."""
    return _moment(value)


def as_number(value: Any, _: MetricRequest) -> Any:
    """A Decimal as a float, as pandas has it; others as `as_moment` has them."""
    return float(value) if isinstance(value, Decimal) else _moment(value)


def _rows(request: MetricRequest) -> pl.Expr:
    return pl.len() if request.within is None else request.within.sum()


def _measured(request: MetricRequest, metric: str) -> pl.Expr:
    """The column; raises NotSupportedOnPolarsError for text and nested types, of which Polars says null."""
    dtype = request.dtype()
    if not (dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean):
        raise NotSupportedOnPolarsError(metric, f"a column of type {dtype}")
    return request.column()


def _distinct_count(request: MetricRequest) -> pl.Expr:
    return request.column().drop_nulls().n_unique()


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole).otherwise(0)


def _outside(request: MetricRequest) -> pl.Expr:
    column = request.column()
    return column.filter(~column.is_in(_values(request)))


def _found(request: MetricRequest) -> pl.Expr:
    column = request.column()
    return column.filter(column.is_in(_values(request))).unique().implode()


def _values(request: MetricRequest) -> pl.Series:
    return members(request.values.get("value_set") or (), request.dtype())


def _missing(found: list[Any], request: MetricRequest) -> list[Any]:
    """The values of the set that are not in the column, as they were written, in the set's order."""
    seen = set(found)
    return [
        value for value in dict.fromkeys(request.values.get("value_set") or ()) if not _is_found(value, seen, request)
    ]


def _is_found(value: Any, seen: set[Any], request: MetricRequest) -> bool:
    made = members([value], request.dtype()).item()
    return len(made) > 0 and made[0] in seen


def _missing_count(found: list[Any], request: MetricRequest) -> int:
    return len(_missing(found, request))


def _missing_listed(found: list[Any], request: MetricRequest) -> list[Any]:
    return _missing(found, request)[: request.values.get("limit") or LISTED_AT_MOST]


AGGREGATES: dict[str, Aggregate] = {
    "table.row_count": Aggregate(_rows),
    "column.sum": Aggregate(column_sum, summed),
    "column.min": Aggregate(lambda request: request.column().min(), as_moment),
    "column.max": Aggregate(lambda request: request.column().max(), as_moment),
    "column.mean": Aggregate(lambda request: _measured(request, "column.mean").mean(), as_number),
    "column.median": Aggregate(lambda request: _measured(request, "column.median").median(), as_number),
    "column.standard_deviation": Aggregate(lambda request: request.column().std(), as_number),
    "column.non_null_count": Aggregate(lambda request: request.column().count()),
    "column.non_null_proportion": Aggregate(lambda request: _share(request.column().count(), _rows(request))),
    "column.unique_proportion": Aggregate(lambda request: _share(_distinct_count(request), request.column().count())),
    "column_values.null.count": Aggregate(lambda request: request.column().null_count()),
    "column_values.nonnull.count": Aggregate(lambda request: request.column().count()),
    "column_values.length.min": Aggregate(
        lambda request: text(request, "column_values.length.min").str.len_chars().min()
    ),
    "column_values.length.max": Aggregate(
        lambda request: text(request, "column_values.length.max").str.len_chars().max()
    ),
    "column.distinct_values": Aggregate(
        lambda request: request.column().unique().implode(), lambda value, _: set(value)
    ),
    "column.distinct_values.count": Aggregate(_distinct_count),
    "column.distinct_values.not_in_set.count": Aggregate(lambda request: _outside(request).n_unique()),
    "column.distinct_values.not_in_set": Aggregate(
        lambda request: _outside(request).unique().sort().head(request.values.get("limit") or LISTED_AT_MOST).implode()
    ),
    "column.distinct_values.missing_from_column.count": Aggregate(_found, _missing_count),
    "column.distinct_values.missing_from_column": Aggregate(_found, _missing_listed),
}
