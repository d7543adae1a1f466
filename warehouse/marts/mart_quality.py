"""Quality: how each rule fared, by county and period."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.standing import RETURN, standing


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x county x rule of the return that stands (in force, else the last one).

    Counts are of checks of rows: a rule of four checks over a return of one row counts four. `explained` counts
    queries that the county has answered.
    """
    returns = sources.returns.lazy().pipe(standing).select("run", "receipt", *RETURN, "rows")
    rules = sources.rules.lazy().select("run", "dataset", "period", "rule", "severity", "checks", "per_row")
    results = sources.results.lazy().select("receipt", *RETURN, "rule", "failed", "not_evaluated")
    made = pl.col("checks") * pl.when("per_row").then("rows").otherwise(1)
    return (
        returns.join(rules, on=["run", "dataset", "period"])
        .join(results, on=["receipt", *RETURN, "rule"], how="left")
        .with_columns(pl.col("failed", "not_evaluated").fill_null(0))
        .select(
            "period",
            "dataset",
            "county_code",
            "rule",
            "severity",
            passed=made - pl.col("failed") - pl.col("not_evaluated"),
            failed="failed",
            explained=pl.lit(0, pl.Int64),
            not_evaluated="not_evaluated",
        )
        .sort("period", "dataset", "county_code", "rule")
    )
