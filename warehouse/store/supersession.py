"""How what is in force turned: every time that another return of a county came to count, and why. Pure."""

from __future__ import annotations

import polars as pl

from warehouse.store.in_force import RETURN
from warehouse.store.journal_records import ACCEPTED

HELD = {"receipt": pl.Int64, "submission": pl.String, "version": pl.Int64, "status": pl.String}


def in_force_changes(returns: pl.LazyFrame) -> pl.LazyFrame:
    """One row per county x dataset x period and run after which another return of it is in force than before.

    Columns: RETURN, run, known_from, what was in force before and is after (receipt, submission, version and status,
    each with `_before` and `_after`, null where none was), `why`, and the reason and name (`reason`, `by`) of the
    person who decided, if one did. `why` is new_return (nothing was in force), resubmission, rejudged (a verdict on
    what had been received before), waived or withdrawn.
    """
    once = pl.len().over(RETURN) == 1
    new = returns.filter(once, pl.col("verdict").is_in(ACCEPTED)).select(
        *RETURN, "known_from", pl.lit("new_return").alias("why"), "reason", "by", *_first_sides(), "run"
    )
    # Nearly every return was decided on once: only the others are worth looking at run by run.
    return pl.concat([new, returns.filter(~once).pipe(_changes_by_run)])


def _changes_by_run(returns: pl.LazyFrame) -> pl.LazyFrame:
    """The same, run by run."""
    keys = [*RETURN, "at"]
    decided = returns.select(
        "run", "receipt", *RETURN, "verdict", "version", "submission", "status", "known_from", "reason", "by"
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


def _first_sides() -> list[pl.Expr]:
    """What is in force after nothing was."""
    pairs = ((pl.lit(None, HELD[name]).alias(f"{name}_before"), pl.col(name).alias(f"{name}_after")) for name in HELD)
    return [expression for pair in pairs for expression in pair]


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
