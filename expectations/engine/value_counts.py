"""How often each value occurs, as the pandas Series that Great Expectations works with."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl

from expectations.engine.aggregates import Aggregate
from expectations.engine.metric_request import MetricRequest


def _value_counts(request: MetricRequest) -> pl.Expr:
    return request.column().drop_nulls().alias("value").value_counts(name="count").implode()


def _as_series(counted: list[dict[str, Any]], _: MetricRequest) -> pd.Series[int]:
    """The counts, indexed by value, in the order of the values."""
    ordered = sorted(counted, key=lambda one: one["value"])
    index = pd.Index([one["value"] for one in ordered], name="value")
    return pd.Series([one["count"] for one in ordered], index=index, name="count", dtype="int64")


VALUE_COUNTS: dict[str, Aggregate] = {"column.value_counts": Aggregate(_value_counts, _as_series)}
