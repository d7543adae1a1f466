"""Which return counts: pure selections over the ledger's decisions, those of any moment."""

from __future__ import annotations

import polars as pl

from warehouse.store.journal_records import ACCEPTED

RETURN = ("dataset", "county_code", "period")


def latest(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return: what was decided of it last, for it may have been judged again. Columns unchanged,
    in the order of runs.
    """
    return returns.sort("run", maintain_order=True).unique(["receipt", *RETURN], keep="last", maintain_order=True)


def accepted(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return whose last decision accepts it, superseded ones too. Columns unchanged."""
    return returns.pipe(latest).filter(pl.col("verdict").is_in(ACCEPTED))


def in_force(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period: the accepted return with the highest receipt. Columns unchanged."""
    return returns.pipe(accepted).sort("receipt").unique(RETURN, keep="last", maintain_order=True)


def latest_or_in_force(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period that came in: the one in force, else the last that was decided."""
    ranked = returns.pipe(latest).sort(pl.col("verdict").is_in(ACCEPTED), pl.col("receipt"))
    return ranked.unique(RETURN, keep="last", maintain_order=True)


def rule_decisions(returns: pl.LazyFrame) -> pl.LazyFrame:
    """The decisions that the rules came to, without those of a person (withdrawals, waivers): what checks found is
    said of them. Columns unchanged.
    """
    return returns.filter(pl.col("reason").is_null())


def last_rule_decisions(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return that the rules came to a verdict on: their last one. Columns unchanged."""
    return returns.pipe(rule_decisions).pipe(latest)


def waivers(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return that a person let in: receipt, dataset, county_code, period, waiver (the reason)."""
    let_in = returns.pipe(accepted).filter(pl.col("reason").is_not_null())
    return let_in.select("receipt", *RETURN, waiver="reason")


def rows_of(rows: pl.LazyFrame, returns: pl.LazyFrame, dataset: str) -> pl.LazyFrame:
    """The rows of a dataset's history that belong to these accepted returns. Columns unchanged.

    By version, for a return that was accepted twice stands in history twice.
    """
    return_headers = returns.filter(pl.col("dataset") == dataset).select("receipt", "county_code", "period", "version")
    return rows.join(return_headers, on=["receipt", "county_code", "period", "version"], how="semi")


def rows_in_force(rows: pl.LazyFrame, returns: pl.LazyFrame, dataset: str) -> pl.LazyFrame:
    """The rows of a dataset's history that belong to a return in force. Columns unchanged."""
    return rows_of(rows, returns.filter(pl.col("dataset") == dataset).pipe(in_force), dataset)
