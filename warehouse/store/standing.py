"""Which return counts: pure selections over the ledger's decisions, those of any moment."""

from __future__ import annotations

import polars as pl

from warehouse.store.records import ACCEPTED

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


def standing(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period that came in: the one in force, else the last that was decided."""
    ranked = returns.pipe(latest).sort(pl.col("verdict").is_in(ACCEPTED), pl.col("receipt"))
    return ranked.unique(RETURN, keep="last", maintain_order=True)


def judged(returns: pl.LazyFrame) -> pl.LazyFrame:
    """The decisions that the rules came to, without those of a person (withdrawals, waivers): what checks found is
    said of them. Columns unchanged.
    """
    return returns.filter(pl.col("reason").is_null())


def last_judged(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return that the rules came to a verdict on: their last one. Columns unchanged."""
    return returns.pipe(judged).pipe(latest)


def waivers(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per receipt x return that a person let in: receipt, dataset, county_code, period, waiver (the reason)."""
    let_in = returns.pipe(accepted).filter(pl.col("reason").is_not_null())
    return let_in.select("receipt", *RETURN, waiver="reason")


def rows_of(rows: pl.LazyFrame, returns: pl.LazyFrame, dataset: str) -> pl.LazyFrame:
    """The rows of a dataset's history that belong to these accepted returns. Columns unchanged.

    By version, for a return that was accepted twice stands in history twice.
    """
    heads = returns.filter(pl.col("dataset") == dataset).select("receipt", "county_code", "period", "version")
    return rows.join(heads, on=["receipt", "county_code", "period", "version"], how="semi")


def rows_in_force(rows: pl.LazyFrame, returns: pl.LazyFrame, dataset: str) -> pl.LazyFrame:
    """The rows of a dataset's history that belong to a return in force. Columns unchanged."""
    return rows_of(rows, returns.filter(pl.col("dataset") == dataset).pipe(in_force), dataset)


def turns(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period and run after which another return of it is in force than before.

    Columns: RETURN, run, known_from, what was in force before and is after (receipt, submission and version, each with
    `_before` and `_after`, null where none was), `why`, and the reason and name (`reason`, `by`) of the person who
    decided, if one did. `why` is new_return (nothing was in force), resubmission, rejudged (a verdict on what had been
    received before), waived or withdrawn.
    """
    keys = [*RETURN, "at"]
    decided = returns.select(
        "run", "receipt", *RETURN, "verdict", "version", "submission", "known_from", "reason", "by"
    )
    moments = decided.select(*RETURN, at="run").unique()
    held = (
        moments.join(decided, on=RETURN)
        .filter(pl.col("run") <= pl.col("at"))
        .sort("run", maintain_order=True)
        .unique([*keys, "receipt"], keep="last", maintain_order=True)
        .filter(pl.col("verdict").is_in(ACCEPTED))
        .sort("receipt")
        .unique(keys, keep="last", maintain_order=True)
        .select(*keys, *(pl.col(name).alias(f"{name}_after") for name in HELD))
    )
    before = [pl.col(f"{name}_after").shift(1).over(RETURN, order_by="at").alias(f"{name}_before") for name in HELD]
    return (
        moments.join(held, on=keys, how="left")
        .sort(keys)
        .with_columns(before)
        .filter(
            pl.col("receipt_before").ne_missing(pl.col("receipt_after"))
            | pl.col("version_before").ne_missing(pl.col("version_after"))
        )
        .join(decided.pipe(_decided_at), on=keys, how="left")
        .with_columns(why=_why())
        .select(*RETURN, "known_from", "why", "reason", "by", *_sides(), run="at")
    )


HELD = ("receipt", "submission", "version")


def _sides() -> list[str]:
    return [f"{name}_{side}" for name in HELD for side in ("before", "after")]


def _decided_at(decided: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period and run (`at`) that decided on it: who did, and whether it judged anew."""
    first = pl.col("run").min().over(*RETURN, "receipt")
    return (
        decided.with_columns(again=pl.col("run") > first)
        .group_by(*RETURN, at="run")
        .agg(
            pl.col("known_from", "reason", "by").drop_nulls().first(),
            again=pl.col("again").any(),
            withdrawn=(pl.col("verdict") == "withdrawn").any(),
        )
    )


def _why() -> pl.Expr:
    person = pl.col("reason").is_not_null()
    return (
        pl.when(person & pl.col("withdrawn"))
        .then(pl.lit("withdrawn"))
        .when(person)
        .then(pl.lit("waived"))
        .when("again")
        .then(pl.lit("rejudged"))
        .when(pl.col("receipt_before").is_null())
        .then(pl.lit("new_return"))
        .otherwise(pl.lit("resubmission"))
    )
