"""Aggregates: one expression each, so that all of a suite go into one pass, and what is made of its value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from expectations.engine.asked import Asked
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.literals import members
from expectations.engine.regexes import text

LISTED_AT_MOST = 20


def as_given(value: Any, _: Asked) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True)
class Aggregate:
    """An expression of one row, and what is made of its value. Nulls are left out, as Polars leaves them out."""

    compile: Callable[[Asked], pl.Expr]
    finish: Callable[[Any, Asked], Any] = as_given


def as_number(value: Any, _: Asked) -> Any:
    """A Decimal as a float, as pandas has it; others as they are."""
    return float(value) if isinstance(value, Decimal) else value


def as_moment(value: Any, _: Asked) -> Any:
    """A date as its midnight, as pandas has it: Great Expectations reads text bounds only against datetimes."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a date has no zone
    return value


def _rows(asked: Asked) -> pl.Expr:
    return pl.len() if asked.within is None else asked.within.sum()


def _sum(asked: Asked) -> pl.Expr:
    column = asked.column()
    return (column.cast(pl.Int128) if asked.dtype().is_integer() else column).sum()


def _measured(asked: Asked, metric: str) -> pl.Expr:
    """The column; raises NotSupportedOnPolarsError for text and nested types, of which Polars says null."""
    dtype = asked.dtype()
    if not (dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean):
        raise NotSupportedOnPolarsError(metric, f"a column of type {dtype}")
    return asked.column()


def _distinct_count(asked: Asked) -> pl.Expr:
    return asked.column().drop_nulls().n_unique()


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole).otherwise(0)


def _outside(asked: Asked) -> pl.Expr:
    column = asked.column()
    return column.filter(~column.is_in(_values(asked)))


def _found(asked: Asked) -> pl.Expr:
    column = asked.column()
    return column.filter(column.is_in(_values(asked))).unique().implode()


def _values(asked: Asked) -> pl.Series:
    return members(asked.values.get("value_set") or (), asked.dtype())


def _missing(found: list[Any], asked: Asked) -> list[Any]:
    """The values of the set that are not in the column, as they were written, in the set's order."""
    seen = set(found)
    return [value for value in dict.fromkeys(asked.values.get("value_set") or ()) if not _is_found(value, seen, asked)]


def _is_found(value: Any, seen: set[Any], asked: Asked) -> bool:
    made = members([value], asked.dtype()).item()
    return len(made) > 0 and made[0] in seen


def _missing_count(found: list[Any], asked: Asked) -> int:
    return len(_missing(found, asked))


def _missing_listed(found: list[Any], asked: Asked) -> list[Any]:
    return _missing(found, asked)[: asked.values.get("limit") or LISTED_AT_MOST]


AGGREGATES: dict[str, Aggregate] = {
    "table.row_count": Aggregate(_rows),
    "column.sum": Aggregate(_sum, as_number),
    "column.min": Aggregate(lambda asked: asked.column().min(), as_moment),
    "column.max": Aggregate(lambda asked: asked.column().max(), as_moment),
    "column.mean": Aggregate(lambda asked: _measured(asked, "column.mean").mean(), as_number),
    "column.median": Aggregate(lambda asked: _measured(asked, "column.median").median(), as_number),
    "column.standard_deviation": Aggregate(lambda asked: asked.column().std(), as_number),
    "column.non_null_count": Aggregate(lambda asked: asked.column().count()),
    "column.non_null_proportion": Aggregate(lambda asked: _share(asked.column().count(), _rows(asked))),
    "column.unique_proportion": Aggregate(lambda asked: _share(_distinct_count(asked), asked.column().count())),
    "column_values.null.count": Aggregate(lambda asked: asked.column().null_count()),
    "column_values.nonnull.count": Aggregate(lambda asked: asked.column().count()),
    "column_values.length.min": Aggregate(lambda asked: text(asked, "column_values.length.min").str.len_chars().min()),
    "column_values.length.max": Aggregate(lambda asked: text(asked, "column_values.length.max").str.len_chars().max()),
    "column.distinct_values": Aggregate(lambda asked: asked.column().unique().implode(), lambda value, _: set(value)),
    "column.distinct_values.count": Aggregate(_distinct_count),
    "column.distinct_values.not_in_set.count": Aggregate(lambda asked: _outside(asked).n_unique()),
    "column.distinct_values.not_in_set": Aggregate(
        lambda asked: _outside(asked).unique().sort().head(asked.values.get("limit") or LISTED_AT_MOST).implode()
    ),
    "column.distinct_values.missing_from_column.count": Aggregate(_found, _missing_count),
    "column.distinct_values.missing_from_column": Aggregate(_found, _missing_listed),
}
