"""Regular expressions: Rust's, told apart from Python's before they reach the data."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.metric_request import MetricRequest

WRITTEN_ALIKE = (pl.String, *pl.datatypes.group.INTEGER_DTYPES)


def matches(request: MetricRequest, metric: str, pattern: str) -> pl.Expr:
    """Whether the pattern is found in the column's text; null stays null.

    Raises NotSupportedOnPolarsError, naming the pattern, where Rust's engine lacks what it uses (look-around, back
    references, atomic groups), and for types whose text differs between Polars and pandas.
    """
    _check(metric, pattern)
    return text(request, metric).str.contains(pattern)


def text(request: MetricRequest, metric: str) -> pl.Expr:
    """The column's text; raises NotSupportedOnPolarsError for types that Polars and pandas write differently."""
    if request.dtype() not in WRITTEN_ALIKE and request.schema[request.columns[0]] != pl.Null:
        raise NotSupportedOnPolarsError(
            metric, f"text of a column of type {request.dtype()}; cast it to String yourself"
        )
    return request.column().cast(pl.String)


@lru_cache(maxsize=1024)
def _check(metric: str, pattern: str) -> None:
    try:
        pl.select(pl.lit("").str.contains(pattern))
    except pl.exceptions.ComputeError as error:
        told = [line.removeprefix("error: ") for line in str(error).splitlines() if line.startswith("error: ")]
        raise NotSupportedOnPolarsError(metric, f"the pattern {pattern!r} ({'; '.join(told)})") from error
