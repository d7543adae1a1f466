"""Rules: one row per dataset x rule as last applied, and one per check of reading (its dataset is null)."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources

OF_READING = 'page: docs/explanation/rules.md, "Checks of reading"'


def build(sources: Sources) -> pl.LazyFrame:
    """Severity, reasons in zh and en, source; sorted by dataset and rule."""
    schema = {c.column: c.polars for c in sources.book.marts["dim_rule"]}
    checks = [
        {
            "dataset": None,
            "rule": c.rule,
            "severity": c.severity,
            "reason_zh": c.reason_zh,
            "reason_en": c.reason_en,
            "source": OF_READING,
        }
        for c in sources.book.checks.values()
    ]
    applied = (
        sources.rules.lazy()
        .sort("run", "period")
        .unique(["dataset", "rule"], keep="last", maintain_order=True)
        .select(*schema)
    )
    return pl.concat([applied, pl.LazyFrame(checks, schema)]).sort("dataset", "rule", nulls_last=True)
