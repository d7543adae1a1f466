"""Quality of sums: how the rules that hold for counties fare on prefectures and the province."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x rule x level, as the last run that judged the period's returns left it;
    of open periods alone.

    Counts are of checks of areas: a rule of four checks counts four for each prefecture. `counties_counted` is the
    most that entered one sum; `failing` says which areas fail and by what, null where none does.
    """
    return (
        sources.roll_ups.lazy()
        .filter(pl.col("period").is_in(sources.opened))
        .filter(pl.col("run") == pl.col("run").max().over("period", "dataset"))
        .select(
            "period",
            "dataset",
            "rule",
            "severity",
            "level",
            counties_counted="counties",
            passed=pl.col("evaluated") - pl.col("failed"),
            failed="failed",
            failing=pl.when(pl.col("failed") > 0).then("failing"),
        )
        .sort("period", "dataset", "rule", "level")
    )
