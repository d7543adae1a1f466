"""Which return counts: pure selections over the ledger's decisions, as of any time."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.store.records import ACCEPTED

RETURN = ("dataset", "county_code", "period")


def as_of(returns: pl.LazyFrame, moment: datetime | None) -> pl.LazyFrame:
    """The decisions known at a moment (UTC); all of them for None. One row per decided return, columns unchanged."""
    return returns if moment is None else returns.filter(pl.col("known_from") <= moment.replace(tzinfo=None))


def in_force(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period: the accepted return with the highest receipt. Columns unchanged."""
    accepted = returns.filter(pl.col("verdict").is_in(ACCEPTED))
    return accepted.sort("receipt").unique(RETURN, keep="last", maintain_order=True)


def standing(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period that came in: the one in force, else the last that was decided."""
    ranked = returns.sort(pl.col("verdict").is_in(ACCEPTED), pl.col("receipt"))
    return ranked.unique(RETURN, keep="last", maintain_order=True)


def rows_in_force(rows: pl.LazyFrame, returns: pl.LazyFrame, dataset: str) -> pl.LazyFrame:
    """The rows of a dataset's history that belong to a return in force. Columns unchanged."""
    heads = returns.filter(pl.col("dataset") == dataset).pipe(in_force).select("receipt", "county_code", "period")
    return rows.join(heads, on=["receipt", "county_code", "period"], how="semi")
