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
from expectations.engine.asked import Asked
from expectations.engine.conditions import within_bounds
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.relative_conditions import numeric

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")
BOX = [0.0, 0.25, 0.75, 1.0]


def _quantiles(asked: Asked) -> pl.Expr:
    column, how = asked.column(), cast("Any", asked.values.get("allow_relative_error") or "nearest")
    if how not in INTERPOLATIONS:
        raise ValueError(f"allow_relative_error must be one of {INTERPOLATIONS}, not {how!r}")
    shares = [float(share) for share in asked.values["quantiles"]]
    return _around(column, shares) if how == "nearest" else column.quantile(shares, how)


def _around(column: pl.Expr, shares: list[float]) -> pl.Expr:
    """How many values there are, and the two on either side of each share: all shares at once, for each sorts anew."""
    below, above = column.quantile(shares, "lower"), column.quantile(shares, "higher")
    return pl.struct(column.count().alias("count"), below.alias("below"), above.alias("above"))


def _quantiles_given(found: Any, asked: Asked) -> list[Any]:
    values = _nearest(found, asked.values["quantiles"]) if isinstance(found, dict) else found
    return [as_number(value, asked) for value in values]


def _nearest(found: dict[str, Any], shares: Sequence[float]) -> list[Any]:
    places = [(found["count"] - 1) * share for share in shares]
    triples = zip(places, found["below"], found["above"], strict=True)
    return [below if is_lower_nearest(place) else above for place, below, above in triples]


def is_lower_nearest(place: float) -> bool:
    """Whether a quantile is the value before its place, as numpy has it: half-way, it is the one at the even place."""
    return round(place) == math.floor(place)


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
    """The numbers that the bins are made of: how many values, and quantiles (of which two are the extremes)."""
    return _around(numeric(asked, "column.partition"), _shares(asked))


def _shares(asked: Asked) -> list[float]:
    bins = _bin_count(asked)
    return BOX if asked.values.get("bins") == "auto" else [place / bins for place in range(bins + 1)]


def _bins(found: dict[str, Any], asked: Asked) -> list[float]:
    if found["count"] == 0:
        raise NotSupportedOnPolarsError("column.partition", "a column without values")
    quantiles = _nearest(found, _shares(asked))
    given = {
        "column_values.nonnull.count": found["count"],
        "column.quantile_values": quantiles,
        "column.min": quantiles[0],
        "column.max": quantiles[-1],
    }
    return list(_get_column_partition_using_metrics(asked.values.get("bins", "uniform"), _bin_count(asked), given))


def _bin_count(asked: Asked) -> int:
    return asked.values.get("n_bins") or 10


DISTRIBUTIONS: dict[str, Aggregate] = {
    "column.quantile_values": Aggregate(_quantiles, _quantiles_given),
    "column.most_common_value": Aggregate(_most_common),
    "column.histogram": Aggregate(_histogram),
    "column_values.between.count": Aggregate(lambda asked: within_bounds(asked.column(), asked).sum()),
    "column.partition": Aggregate(_partition, _bins),
}
