"""What the datasets of many rows a county have in common as facts: every row in force, and what leads back to it."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Indicator
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources

LEADS_BACK = ("return_status", "version", "submission", "sheet", "row")


def rows_of(sources: Sources, name: str) -> pl.LazyFrame:
    """One row per row of a return in force, with the form's columns in its order, blanks as null; a nil return has
    none. In the order of period, county and the form's keys.

    The status of the return keeps its name from the history, for a form may have a `status` of its own.
    """
    dataset = sources.book.datasets[name]
    values = (_value(indicator) for indicator in dataset.indicators)
    rows = sources.rows(dataset).select("period", "county_code", *values, *LEADS_BACK)
    return rows.sort("period", "county_code", *dataset.keys, "row")


def _value(indicator: Indicator) -> pl.Expr:
    """The column in a type that marts have: decimals with six digits."""
    decimal = isinstance(indicator.dtype, pl.Decimal)
    return pl.col(indicator.column).cast(DECIMAL) if decimal else pl.col(indicator.column)
