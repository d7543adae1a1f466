"""What a metric asks: the record that every compile function is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from expectations.engine.names import named

TEXT_LIKE = (pl.Categorical, pl.Enum)


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

    def dtype(self, place: int = 0) -> pl.DataType:
        """The type of the column at that place; String for Categorical and Enum, Float64 for a column that has no value
        and so no type: it is asked as any other without values.
        """
        dtype = self.schema[self.columns[place]]
        if dtype == pl.Null:
            return pl.Float64()
        return pl.String() if dtype in TEXT_LIKE else dtype
