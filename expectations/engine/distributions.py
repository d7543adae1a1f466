"""Aggregates that describe a distribution: quantiles, the commonest values, bins."""

from __future__ import annotations

from typing import Any

import polars as pl
from great_expectations.expectations.metrics.column_aggregate_metrics.column_partition import (
    _get_column_partition_using_metrics,
)

from expectations.engine.aggregates import Aggregate
from expectations.engine.asked import Asked
from expectations.engine.conditions import within_bounds
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.relative_conditions import numeric

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
BOX = (0.0, 0.25, 0.75, 1.0)


def _quantiles(asked: Asked) -> pl.Expr:
    column, how = asked.column(), asked.values.get("allow_relative_error") or "nearest"
    if how not in INTERPOLATIONS:
        raise ValueError(f"allow_relative_error must be one of {INTERPOLATIONS}, not {how!r}")
    return pl.concat_list([quantile(column, share, how) for share in asked.values["quantiles"]])


def quantile(column: pl.Expr, share: float, how: Any) -> pl.Expr:
    """A quantile as numpy has it: half-way between two values, `nearest` is the one at the even place."""
    if how != "nearest":
        return column.quantile(share, how)
    place = (column.count().cast(pl.Float64) - 1) * share
    below, above = column.quantile(share, "lower"), column.quantile(share, "higher")
    return pl.when(place.round(mode="half_to_even") == place.floor()).then(below).otherwise(above)


def _most_common(asked: Asked) -> pl.Expr:
    return asked.column().drop_nulls().mode().sort().implode()


def _histogram(asked: Asked) -> pl.Expr:
    """How many values fall into each bin, the last of which includes its upper edge."""
    number, bins = numeric(asked, "column.histogram"), list(asked.values["bins"])
    last = len(bins) - 2
    return pl.concat_list([_between(number, bins[i], bins[i + 1], closed=i == last) for i in range(last + 1)])


def _between(number: pl.Expr, low: float, high: float, *, closed: bool) -> pl.Expr:
    return ((number >= low) & (number <= high if closed else number < high)).sum()


def _partition(asked: Asked) -> pl.Expr:
    """The numbers that the bins are made of: how many values, then quantiles (of which two are the extremes)."""
    number = numeric(asked, "column.partition")
    shares: tuple[float, ...] = BOX
    if asked.values.get("bins") != "auto":
        bins = _bin_count(asked)
        shares = tuple(place / bins for place in range(bins + 1))
    return pl.concat_list([number.count().cast(pl.Float64), *(quantile(number, share, "nearest") for share in shares)])


def _bins(found: list[Any], asked: Asked) -> list[float]:
    count, *quantiles = found
    if count == 0:
        raise NotSupportedOnPolarsError("column.partition", "a column without values")
    given = {
        "column_values.nonnull.count": count,
        "column.quantile_values": quantiles,
        "column.min": quantiles[0],
        "column.max": quantiles[-1],
    }
    return list(_get_column_partition_using_metrics(asked.values.get("bins", "uniform"), _bin_count(asked), given))


def _bin_count(asked: Asked) -> int:
    return asked.values.get("n_bins") or 10


DISTRIBUTIONS: dict[str, Aggregate] = {
    "column.quantile_values": Aggregate(_quantiles),
    "column.most_common_value": Aggregate(_most_common),
    "column.histogram": Aggregate(_histogram),
    "column_values.between.count": Aggregate(lambda asked: within_bounds(asked.column(), asked).sum()),
    "column.partition": Aggregate(_partition, _bins),
}
