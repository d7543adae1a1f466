"""Whom to chase: the counties of which something is missing or quarantined, with what it is."""

from __future__ import annotations

import polars as pl

from warehouse.marts import mart_completeness
from warehouse.marts.sources import Sources


def build(sources: Sources) -> pl.LazyFrame:
    """One row per county and period with a return that is past its day and did not come, or that is quarantined.

    The datasets are joined by `;`, null where there are none; `oldest_due_on` is the earliest last day of them. A
    return that was not due, of a code not in force perhaps, is there too where it is quarantined.
    """
    names = {d.county_code: (d.name_zh, d.prefecture_zh) for d in sources.book.divisions}
    quarantined = pl.col("verdict") == "quarantined"
    return (
        mart_completeness.build(sources)
        .with_columns(quarantined=quarantined.fill_null(value=False))
        .filter(pl.col("missing") | pl.col("quarantined"))
        .group_by("period", "county_code")
        .agg(
            missing=pl.col("missing").sum().cast(pl.Int64),
            quarantined=pl.col("quarantined").sum().cast(pl.Int64),
            missing_datasets=_joined("missing"),
            quarantined_datasets=_joined("quarantined"),
            oldest_due_on=pl.col("due_on").min(),
        )
        .select(
            "period",
            "county_code",
            _names({code: name for code, (name, _) in names.items()}).alias("name_zh"),
            _names({code: prefecture for code, (_, prefecture) in names.items()}).alias("prefecture_zh"),
            "missing",
            "quarantined",
            "missing_datasets",
            "quarantined_datasets",
            "oldest_due_on",
        )
        .sort("period", "county_code")
    )


def _joined(flag: str) -> pl.Expr:
    datasets = pl.col("dataset").filter(pl.col(flag))
    return pl.when(pl.col(flag).any()).then(datasets.sort().str.join(";"))


def _names(names: dict[str, str]) -> pl.Expr:
    return pl.col("county_code").replace_strict(names, default=None, return_dtype=pl.String)
