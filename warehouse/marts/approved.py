"""What the province approved: the status of figures of an approved period, and since when it is.

A county says provisional or reported; approved is the province's word, of a period as a whole (`store/approvals.py`).
"""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources

APPROVED = "approved"


def with_approved_status(built: pl.LazyFrame, sources: Sources) -> pl.LazyFrame:
    """The mart with `status` approved where its `period` is, null where it was null. Grain and order unchanged."""
    periods = sources.approved["period"].to_list()
    approved = pl.col("period").is_in(periods) & pl.col("status").is_not_null()
    return built.with_columns(status=pl.when(approved).then(pl.lit(APPROVED)).otherwise("status")) if periods else built


def with_reopening(changes: pl.LazyFrame, releases: pl.DataFrame) -> pl.LazyFrame:
    """The changes, which have `period` and `run`, with the approval that each revises (`approved_on`) and how the
    period was opened again for it (`reopened_on`, `reopened_by`, `reopen_reason`); null of what came before the first
    approval. Grain and order unchanged.
    """
    said = releases.lazy().select("period", "state", "by", "reason", at="run", on=pl.col("known_from").dt.date())
    before = changes.select("period", "run").unique().join(said, on="period").filter(pl.col("at") <= pl.col("run"))
    reopened = pl.col("state") == "reopened"
    last = (
        before.sort("at")
        .group_by("period", "run")
        .agg(
            approved_on=pl.col("on").filter(~reopened).last(),
            reopened_on=pl.col("on").filter(reopened).last(),
            reopened_by=pl.col("by").filter(reopened).last(),
            reopen_reason=pl.col("reason").filter(reopened).last(),
        )
    )
    return changes.join(last, on=["period", "run"], how="left", maintain_order="left")
