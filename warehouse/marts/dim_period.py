"""Periods: one row for each of which anything was decided, with how complete it is."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Frequency
from warehouse.marts import mart_completeness
from warehouse.marts.sources import Sources, period_end
from warehouse.store.approvals import last_releases
from warehouse.store.journal_records import ACCEPTED

COUNTS = ("due", "received", "accepted", "quarantined", "missing")


def build(sources: Sources) -> pl.LazyFrame:
    """The calendar month that ends the span, which returns are due for it beside the monthly ones, and how many were.

    Of the returns due, `received`, `accepted` and `quarantined` count those that came and stand so, `missing` those
    whose day has passed; `complete` says that all due are accepted. `mart_completeness` has them one by
    one. `period_open` says that enough counties have sent something for figures above the county (`opening.py`).
    `period_status` is provisional, approved by the province (`approved_on`, `approved_by`), or opened again since.
    """
    return (
        pl.LazyFrame({"period": sources.periods}, {"period": pl.String})
        .join(_counts(sources), on="period", how="left")
        .join(_releases(sources), on="period", how="left")
        .with_columns(pl.col(COUNTS).fill_null(0), ends_on=period_end())
        .select(
            "period",
            year=pl.col("ends_on").dt.year().cast(pl.Int64),
            quarter=pl.col("ends_on").dt.quarter().cast(pl.Int64),
            month=pl.col("ends_on").dt.month().cast(pl.Int64),
            ends_on="ends_on",
            quarterly=pl.col("ends_on").dt.month().is_in(Frequency.QUARTERLY.months),
            half_yearly=pl.col("ends_on").dt.month().is_in(Frequency.HALF_YEARLY.months),
            **{count: pl.col(count) for count in COUNTS},
            complete=pl.col("accepted") == pl.col("due"),
            period_open=pl.col("period").is_in(sources.opened),
            label_zh=pl.col("ends_on").dt.strftime("%Y年%-m月"),
            label_en=pl.col("ends_on").dt.strftime("%b %Y"),
            period_status=pl.col("state").fill_null("provisional"),
            approved_on="approved_on",
            approved_by="approved_by",
        )
        .sort("period")
    )


def _releases(sources: Sources) -> pl.LazyFrame:
    """One row per period that was ever approved: how it stands."""
    approved = pl.when(state="approved")
    return (
        sources.releases.pipe(last_releases)
        .lazy()
        .select(
            "period",
            "state",
            approved_on=approved.then(pl.col("known_from").dt.date()),
            approved_by=approved.then("by"),
        )
    )


def _counts(sources: Sources) -> pl.LazyFrame:
    """One row per period: its returns due, by what became of them."""
    said = {
        "received": pl.col("received"),
        "accepted": pl.col("verdict").is_in(ACCEPTED),
        "quarantined": pl.col("verdict") == "quarantined",
        "missing": pl.col("missing"),
    }
    due = mart_completeness.build(sources).filter("due")
    counts = (which.fill_null(value=False).sum().cast(pl.Int64).alias(name) for name, which in said.items())
    owed = sources.calendar.group_by("period").agg(due=pl.len().cast(pl.Int64))
    return owed.join(due.group_by("period").agg(counts), on="period", how="left")
