"""Regular expressions: Rust's, told apart from Python's before they reach the data."""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.metric_request import MetricRequest

# What both take and each for something else: the edges of words in Rust, sets within sets, possessive quantifiers. The
# rest of what is found (other escapes, sets) is there to be passed over.
TOKEN = re.compile(
    r"(?P<edge>\\[<>]|\\b\{)|\\(?:[pPxuU]\{[^}]*\}|.)|\[\^?\]?(?P<set>(?:\\.|[^]\\])*)\]|(?P<possessive>[*+?}]\+)",
    re.DOTALL,
)
SET_WITHIN = re.compile(r"\[|&&|--|~~")
WRITTEN_ALIKE = (pl.String, pl.Enum, *pl.datatypes.group.INTEGER_DTYPES)


def matches(request: MetricRequest, metric: str, pattern: str) -> pl.Expr:
    """Whether the pattern is found in the column's text; null stays null.

    Raises NotSupportedOnPolarsError, naming the pattern, where Rust's engine lacks what it uses (look-around, back
    references, atomic groups) or reads it otherwise than Python, and for types whose text
    differs between Polars and pandas.
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
    for found in TOKEN.finditer(pattern):
        within = SET_WITHIN.search(re.sub(r"\\.", "", found["set"] or ""))
        if within or found["edge"] or found["possessive"]:
            raise NotSupportedOnPolarsError(
                metric, f"the pattern {pattern!r} ({found[0]!r} means one thing to Python and another to Rust)"
            )
