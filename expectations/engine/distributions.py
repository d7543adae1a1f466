"""Aggregates that describe a distribution: quantiles, the commonest values, bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import polars as pl
from great_expectations.expectations.metrics.column_aggregate_metrics.column_partition import (
    _get_column_partition_using_metrics,
)

from expectations.engine.aggregates import Aggregate, as_number
from expectations.engine.conditions import within_bounds
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.metric_request import MetricRequest
from expectations.engine.relative_conditions import numeric

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
BOX = [0.0, 0.25, 0.75, 1.0]


def _quantiles(request: MetricRequest) -> pl.Expr:
    column, how = request.column(), cast("Any", request.values.get("allow_relative_error") or "nearest")
    if how not in INTERPOLATIONS:
        raise ValueError(f"allow_relative_error must be one of {INTERPOLATIONS}, not {how!r}")
    shares = [float(share) for share in request.values["quantiles"]]
    return _around(column, shares) if how == "nearest" else column.quantile(shares, how)


def _around(column: pl.Expr, shares: list[float]) -> pl.Expr:
    """How many values there are, and the two on either side of each share: all shares at once, for each sorts anew."""
    below, above = column.quantile(shares, "lower"), column.quantile(shares, "higher")
    return pl.struct(column.count().alias("count"), below.alias("below"), above.alias("above"))


def _quantiles_given(found: Any, request: MetricRequest) -> list[Any]:
    values = _nearest(found, request.values["quantiles"]) if isinstance(found, dict) else found
    return [as_number(value, request) for value in values]


def _nearest(found: dict[str, Any], shares: Sequence[float]) -> list[Any]:
    places = [(found["count"] - 1) * share for share in shares]
    triples = zip(places, found["below"], found["above"], strict=True)
    return [below if is_lower_nearest(place) else above for place, below, above in triples]


def is_lower_nearest(place: float) -> bool:
    """Whether a quantile is the value before its place, as numpy has it: half-way, it is the one at the even place."""
    return round(place) == math.floor(place)


def _most_common(request: MetricRequest) -> pl.Expr:
    return request.column().drop_nulls().mode().sort().implode()


def _histogram(request: MetricRequest) -> pl.Expr:
    """How many values fall into each bin, the last of which includes its upper edge."""
    number, bins = numeric(request, "column.histogram"), list(request.values["bins"])
    last = len(bins) - 2
    return pl.concat_list([_between(number, bins[i], bins[i + 1], closed=i == last) for i in range(last + 1)])


def _between(number: pl.Expr, low: float, high: float, *, closed: bool) -> pl.Expr:
    return ((number >= low) & (number <= high if closed else number < high)).sum()


def _partition(request: MetricRequest) -> pl.Expr:
    """The numbers that the bins are made of: how many values, and quantiles (of which two are the extremes)."""
    return _around(numeric(request, "column.partition"), _shares(request))


def _shares(request: MetricRequest) -> list[float]:
    bins = _bin_count(request)
    return BOX if request.values.get("bins") == "auto" else [place / bins for place in range(bins + 1)]


def _bins(found: dict[str, Any], request: MetricRequest) -> list[float]:
    if found["count"] == 0:
        raise NotSupportedOnPolarsError("column.partition", "a column without values")
    quantiles = _nearest(found, _shares(request))
    given = {
        "column_values.nonnull.count": found["count"],
        "column.quantile_values": quantiles,
        "column.min": quantiles[0],
        "column.max": quantiles[-1],
    }
    return list(_get_column_partition_using_metrics(request.values.get("bins", "uniform"), _bin_count(request), given))


def _bin_count(request: MetricRequest) -> int:
    return request.values.get("n_bins") or 10


DISTRIBUTIONS: dict[str, Aggregate] = {
    "column.quantile_values": Aggregate(_quantiles, _quantiles_given),
    "column.most_common_value": Aggregate(_most_common),
    "column.histogram": Aggregate(_histogram),
    "column_values.between.count": Aggregate(lambda request: within_bounds(request.column(), request).sum()),
    "column.partition": Aggregate(_partition, _bins),
}
