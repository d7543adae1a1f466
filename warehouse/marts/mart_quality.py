"""Quality: how each rule fared, by county and period."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.in_force import RETURN, last_rule_decisions, latest_or_in_force, waivers


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x county x rule of the return that stands (in force, else the last one).

    Counts are of checks of rows: a rule of four checks over a return of one row counts four, each in one column:
    `explained` are those that failed and that the county has answered in its notes, or that would have quarantined a
    return that was waived; `failed` those left open.
    """
    # What the rules said, though a person may have decided since.
    said = sources.decisions(last_rule_decisions).select("run", "receipt", *RETURN, "rows")
    returns = (
        sources.decisions(latest_or_in_force)
        .select("receipt", *RETURN)
        .join(said, on=["receipt", *RETURN])
        .join(sources.decisions(waivers), on=["receipt", *RETURN], how="left")
    )
    rules = (
        sources.rules.lazy().select("run", "dataset", "period", "rule", "severity", "checks", "per_row").sort("rule")
    )
    counts = ("failed", "explained", "not_evaluated")
    results = sources.results.lazy().select("run", "receipt", *RETURN, "rule", *counts)
    waived = pl.col("waiver").is_not_null() & (pl.col("severity") == "critical")
    made = pl.col("checks") * pl.when("per_row").then("rows").otherwise(1)
    return (
        # Returns and rules are sorted before they are multiplied: ten times as many rows take long to sort.
        returns.sort("period", "dataset", "county_code")
        .join(rules, on=["run", "dataset", "period"], maintain_order="left_right")
        .join(results, on=["run", "receipt", *RETURN, "rule"], how="left", maintain_order="left")
        .with_columns(pl.col(counts).fill_null(0))
        .with_columns(
            failed=pl.when(waived).then(0).otherwise("failed"),
            explained=pl.when(waived).then(pl.col("failed") + pl.col("explained")).otherwise("explained"),
        )
        .select(
            "period",
            "dataset",
            "county_code",
            "rule",
            "severity",
            (made - pl.sum_horizontal(counts)).alias("passed"),
            *counts,
        )
    )
