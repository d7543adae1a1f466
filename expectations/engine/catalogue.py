"""Which metrics the engine answers, and how: conditions, aggregates, and what the batch tells without any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from expectations.engine.aggregates import AGGREGATES, Aggregate
from expectations.engine.batch_data import PolarsBatchData
from expectations.engine.conditions import ALONE, Condition
from expectations.engine.distributions import DISTRIBUTIONS
from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.metric_request import MetricRequest
from expectations.engine.relative_conditions import RELATIVE
from expectations.engine.value_counts import VALUE_COUNTS

COUNTS = ("unexpected_count", "filtered_row_count")
ROWS = ("unexpected_values", "unexpected_index_list", "unexpected_index_query", "unexpected_rows")

Direct = Callable[[MetricRequest, PolarsBatchData], Any]


def _head(request: MetricRequest, batch: PolarsBatchData) -> Any:
    """The first rows as a pandas frame, which is what Great Expectations shows; all but the last for a negative n."""
    count = request.values.get("n_rows", 5)
    if request.values.get("fetch_all"):
        return batch.frame.lazy().collect().to_pandas()
    if count < 0:
        return batch.frame.lazy().collect().head(count).to_pandas()
    return batch.frame.lazy().head(count).collect().to_pandas()


conditions: dict[str, Condition] = ALONE | RELATIVE
aggregates: dict[str, Aggregate] = AGGREGATES | DISTRIBUTIONS | VALUE_COUNTS
direct: dict[str, Direct] = {
    "table.columns": lambda request, _: list(request.schema),
    "table.column_count": lambda request, _: len(request.schema),
    "table.head": _head,
    "column.polars_type": lambda request, _: request.schema[request.columns[0]],
}


@dataclass(frozen=True)
class Part:
    """One of the metrics that belong to a condition: a count, or something about its unexpected rows."""

    base: str
    condition: Condition
    suffix: str


@cache
def find(metric: str) -> Aggregate | Part | Direct:
    """How a metric is answered; raises NotSupportedOnPolarsError for one that is not in the catalogue."""
    if metric in aggregates:
        return aggregates[metric]
    if metric in direct:
        return direct[metric]
    base, _, suffix = metric.rpartition(".")
    if base in conditions and suffix in (*COUNTS, *ROWS):
        return Part(base, conditions[base], suffix)
    raise NotSupportedOnPolarsError(metric, "the engine does not know it")


def metric_names(base: str) -> list[str]:
    """The names of all metrics that belong to a condition."""
    return [f"{base}.{suffix}" for suffix in (*COUNTS, *ROWS)]


def expected(condition: Condition, request: MetricRequest) -> pl.Expr:
    """The condition's expression, as long as the frame even where it names no column."""
    expression = condition.compile(request)
    if expression.meta.root_names():
        return expression
    anything = request.column().is_null()
    return expression & (anything | ~anything)
