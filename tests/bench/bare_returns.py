"""The bare marts of what came of returns: whether they came in time, how the rules fared, which are in force."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from tests.bench.bare_year import Year


def completeness(year: Year) -> pl.LazyFrame:
    keys = ["period", "dataset", "county_code"]
    came = year.returns.lazy().filter(pl.col("period").is_in(year.periods))
    first = came.group_by(keys).agg(received_on=pl.col("known_from").min().dt.date())
    verdicts = year.return_headers.lazy().select(*keys, "verdict")
    owed = pl.concat(
        year.owed(d).select(
            "period", pl.lit(name).alias("dataset"), "county_code", pl.lit(d.frequency.value).alias("frequency"),
            (pl.col("period").add("-01").str.to_date().dt.month_end() + timedelta(days=d.due_days)).alias("due_on"),
        )
        for name, d in year.book.datasets.items()
    )  # fmt: skip
    days = (pl.col("received_on") - pl.col("due_on")).dt.total_days()
    received = pl.col("received_on").is_not_null()
    return (
        owed.join(first, on=keys, how="left")
        .join(verdicts, on=keys, how="left")
        .select(
            *keys, pl.lit(value=True).alias("due"), received.alias("received"), "verdict", (days > 0).alias("late"),
            "frequency", "due_on", "received_on", days.clip(lower_bound=0).alias("days_late"),
            (~received & (pl.col("due_on") < year.heard)).alias("missing"), pl.lit(value=True).alias("period_open"),
        )
        .sort(keys)
    )  # fmt: skip


def quality(year: Year, rules: pl.DataFrame, results: pl.DataFrame) -> pl.LazyFrame:
    keys = ["period", "dataset", "county_code"]
    counts = ["failed", "explained", "not_evaluated"]
    returns = (
        year.return_headers.lazy().filter(pl.col("period").is_in(year.periods)).select("run", "receipt", *keys, "rows")
    )
    made = pl.col("checks") * pl.when("per_row").then("rows").otherwise(1)
    return (
        returns.join(rules.lazy(), on=["run", "dataset", "period"])
        .join(results.lazy(), on=["run", "receipt", *keys, "rule"], how="left")
        .with_columns(pl.col(counts).fill_null(0))
        .select(*keys, "rule", "severity", (made - pl.sum_horizontal(counts)).alias("passed"), *counts)
        .sort(*keys, "rule")
    )


def versions(year: Year, name: str) -> pl.LazyFrame:
    """Every return is the first of its county there: nothing is replaced."""
    given = {
        "known_on": pl.col("known_from").dt.date(), "why": pl.lit("new_return"), "version_after": pl.col("version"),
        "submission_after": pl.col("submission"), "status_after": pl.col("status"),
    }  # fmt: skip
    columns = [c for c in year.book.marts[name] if c.column != "period_end"]
    rest = {c.column: pl.lit(None, c.polars) for c in columns if c.null and c.column not in given}
    return_headers = (
        year.return_headers.lazy().filter(pl.col("period").is_in(year.periods)).with_columns(**given, **rest)
    )
    return return_headers.select(c.column for c in columns).sort("period", "dataset", "county_code")
