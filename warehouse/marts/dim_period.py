"""Periods: one row for each of which anything was decided."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Frequency
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """The calendar month that ends the span, and which returns are due for it beside the monthly ones."""
    ends_on = pl.col("period").add("-01").str.to_date().dt.month_end()
    return (
        pl.LazyFrame({"period": sources.periods}, {"period": pl.String})
        .with_columns(ends_on=ends_on)
        .select(
            "period",
            year=pl.col("ends_on").dt.year().cast(pl.Int64),
            quarter=pl.col("ends_on").dt.quarter().cast(pl.Int64),
            month=pl.col("ends_on").dt.month().cast(pl.Int64),
            ends_on="ends_on",
            quarterly=pl.col("ends_on").dt.month().is_in(Frequency.QUARTERLY.months),
            half_yearly=pl.col("ends_on").dt.month().is_in(Frequency.HALF_YEARLY.months),
        )
    )
