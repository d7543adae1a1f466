"""What a metric asks: the record that every compile function is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.engine.literals import bound
from expectations.engine.names import named


@dataclass(frozen=True)
class MetricRequest:
    """What a metric asks: its columns in order, its value arguments, the schema of the batch.

    `within` is for metrics that look at more than one row (aggregates, uniqueness): the rows they may look at, or
    None for all. A condition that judges each row alone has no need of it, nor of `column`.
    """

    columns: tuple[str, ...]
    values: Mapping[str, Any]
    schema: pl.Schema
    within: pl.Expr | None = None

    def column(self, place: int = 0) -> pl.Expr:
        """The column at that place, restricted to `within`, as what `dtype` says."""
        name = self.columns[place]
        column = named(name) if self.schema[name] == self.dtype(place) else named(name).cast(self.dtype(place))
        return column if self.within is None else column.filter(self.within)

    def all_columns(self) -> list[pl.Expr]:
        """Each column, as `column` gives it."""
        return [self.column(place) for place in range(len(self.columns))]

    def comparable(self) -> list[pl.Expr]:
        """Each column, for columns that are compared with each other; raises TypeError where values do not compare.

        Polars would compare: text with bytes and booleans, days with their number, milliseconds cut to others' unit.
        """
        dtypes = [self.dtype(place) for place in range(len(self.columns))]
        kinds = {_kind(dtype) for dtype, name in zip(dtypes, self.columns, strict=True) if self.schema[name] != pl.Null}
        if len(kinds) > 1:
            raise TypeError(f"columns of the types {', '.join(map(str, dtypes))} are not compared with each other")
        zones = len(set(dtypes)) > 1 and all(isinstance(dtype, pl.Datetime) and dtype.time_zone for dtype in dtypes)
        return [column.dt.convert_time_zone("UTC") if zones else column for column in self.all_columns()]

    def bound(self, value: Any) -> Any:
        """The value as a bound for the column; any will do for one that has no values. Raises as `bound` does."""
        return 0.0 if self.schema[self.columns[0]] == pl.Null else bound(value, self.dtype())

    def dtype(self, place: int = 0) -> pl.DataType:
        """The type of the column at that place, as it is asked.

        String for Categorical; Float64 for a column that has no value and so no type: it is asked as any other without
        values; microseconds, as Python has them, for milliseconds.
        """
        dtype = self.schema[self.columns[place]]
        if isinstance(dtype, pl.Datetime) and dtype.time_unit == "ms":
            return pl.Datetime("us", dtype.time_zone)
        return pl.Float64() if dtype == pl.Null else pl.String() if dtype == pl.Categorical else dtype


def _kind(dtype: pl.DataType) -> Any:
    """What types have in common whose values compare."""
    if dtype == pl.Boolean or (dtype.is_numeric() and dtype != pl.UInt128):
        return "number"
    if dtype == pl.Date:
        dtype = pl.Datetime("us")
    return (dtype.time_unit, dtype.time_zone is None) if isinstance(dtype, pl.Datetime) else dtype
