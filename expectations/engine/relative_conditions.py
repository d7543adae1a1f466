"""Conditions that judge a row by the other rows of its domain: uniqueness, order, distance from the middle."""

from __future__ import annotations

import polars as pl

from expectations.engine.conditions import Condition
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.metric_request import MetricRequest


def _unique(request: MetricRequest) -> pl.Expr:
    """Text in a struct: Polars compares it as whole rows then, in half the time."""
    column = request.column()
    return ~(pl.struct(column) if request.dtype() == pl.String else column).is_duplicated()


def _unique_together(request: MetricRequest) -> pl.Expr:
    return ~pl.struct(request.all_columns()).is_duplicated()


def _increasing(request: MetricRequest) -> pl.Expr:
    column = request.column()
    before = column.shift(1)
    held = column > before if request.values.get("strictly") else column >= before
    return held.fill_null(value=True)


def _decreasing(request: MetricRequest) -> pl.Expr:
    column = request.column()
    before = column.shift(1)
    held = column < before if request.values.get("strictly") else column <= before
    return held.fill_null(value=True)


def _under_threshold(request: MetricRequest) -> pl.Expr:
    """Whether the z-score is under the threshold; true for all where there is no spread to measure by."""
    number = numeric(request, "column_values.z_score.under_threshold")
    threshold = request.values["threshold"]
    score = (number - number.mean()) / spread(number)
    held: pl.Expr = score.abs() < abs(threshold) if request.values.get("double_sided") else score < threshold
    return held.fill_null(value=True)


def _not_outlier(request: MetricRequest) -> pl.Expr:
    """Within the quartiles, or the mean, stretched by `multiplier` times the spread; true where there is none."""
    metric = "column_values.not_outliers"
    number, multiplier = numeric(request, metric), request.values.get("multiplier", 1.5)
    if request.values["method"] == "iqr":
        first, third = number.quantile(0.25, "linear"), number.quantile(0.75, "linear")
        reach = multiplier * (third - first)
        held = (number >= first - reach) & (number <= third + reach)
    elif request.values["method"] == "std":
        reach, distance = multiplier * number.std(), (number - number.mean()).abs()
        held = pl.when(reach <= 0).then(distance == 0).otherwise(distance < reach)
    else:
        raise NotSupportedOnPolarsError(metric, f"the method {request.values['method']!r}")
    return pl.when(reach.is_finite()).then(held).otherwise(statement=True)


def numeric(request: MetricRequest, metric: str) -> pl.Expr:
    """The column as Float64; raises NotSupportedOnPolarsError where it is not numeric."""
    if not request.dtype().is_numeric():
        raise NotSupportedOnPolarsError(metric, f"a column of type {request.dtype()}")
    return request.column().cast(pl.Float64)


def spread(number: pl.Expr) -> pl.Expr:
    """The standard deviation; null where it is zero, infinite or not defined."""
    deviation = number.std()
    return pl.when(deviation.is_finite() & (deviation > 0)).then(deviation)


RELATIVE: dict[str, Condition] = {
    "column_values.unique": Condition(_unique, alone=False, blind_to_left_out=True),
    "compound_columns.unique": Condition(_unique_together, alone=False, blind_to_left_out=True),
    "column_values.increasing": Condition(_increasing, alone=False),
    "column_values.decreasing": Condition(_decreasing, alone=False),
    "column_values.z_score.under_threshold": Condition(_under_threshold, alone=False),
    "column_values.not_outliers": Condition(_not_outlier, alone=False),
}
