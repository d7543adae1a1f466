"""Relocation: villages planned, started, completed, demolished, at every level, from the summary and the register."""

from __future__ import annotations

import polars as pl

from warehouse.marts.coverage import NONE, area_counts, outcomes, partial
from warehouse.marts.held import AREA, earliest, held_back, held_lines
from warehouse.marts.roll_up import percentage, total
from warehouse.marts.sources import Sources, period_end

VILLAGES = ("villages_planned", "villages_started", "villages_completed", "villages_demolished")
STEPS = ("started", "completed", "demolished")
DATES = {"villages_started": "started_on", "villages_completed": "completed_on", "villages_demolished": "demolished_on"}


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x level x code x source (`summary`, `register`); rates in percent of the planned villages.

    A level is county, prefecture, province or a group. Counties are counted by their returns, nil ones too, that have
    no villages; those that owe the return and have none in force are `counties_missing` or `counties_quarantined`, and
    have null values of their own; nothing is carried forward. `complete` says that there are none of these, and no
    blanks; `partial` of a roll-up that fewer returns than the stated coverage are in it.
    """
    return held_back(_as_known, sources, _held(sources))


def _held(sources: Sources) -> pl.DataFrame:
    """One row per area of which a column is held: the mart's keys, and `since` which run; of the register's what it
    adds up itself, its rows are counted otherwise.
    """
    summary = held_lines(sources, sources.book.datasets["relocation"]).filter(pl.col("indicator").is_in(VILLAGES))
    return earliest(summary.with_columns(source=pl.lit("summary")), [*AREA, "source"])


def _as_known(sources: Sources) -> pl.LazyFrame:
    """The mart of what is known, but for `held`."""
    counts = outcomes(pl.col("in_force"), nil=NONE, exempt=NONE)
    return (
        pl.concat([_by_level(sources, "summary"), _by_level(sources, "register")])
        .with_columns(
            percentage(pl.col(f"villages_{step}"), pl.col("villages_planned")).alias(f"{step}_rate")
            for step in STEPS
        )
        .select(
            "period", "level", "code", "name_zh", *VILLAGES, "started_rate", "completed_rate", "demolished_rate",
            counties_due=counts["due"], counties_counted=counts["counted"], source="source",
            counties_missing=counts["missing"], counties_quarantined=counts["quarantined"],
            complete=(pl.col("in_force") == pl.col("owing")) & (pl.col("blank") == 0),
            partial=(pl.col("level") != "county") & partial(counts, sources.book.partial_below),
        )
        .sort("period", "level", "code", "source")
    )  # fmt: skip


def _by_level(sources: Sources, source: str) -> pl.LazyFrame:
    summary = sources.book.datasets["relocation"]
    counties = _summary(sources) if source == "summary" else _register(sources)
    return (
        counties.join(sources.levels, on=["period", "county_code"])
        .group_by("period", "level", "code", "name_zh")
        .agg(
            *(total(summary[column]).alias(column) for column in VILLAGES),
            **area_counts(),
            blank=(pl.col("counted") & pl.any_horizontal(pl.col(VILLAGES).is_null())).sum(),
            source=pl.lit(source),
        )
    )


def _summary(sources: Sources) -> pl.LazyFrame:
    """One row per period x county that owes the summary."""
    summary = sources.book.datasets["relocation"]
    rows = sources.rows(summary).select("period", "county_code", *VILLAGES)
    return sources.coverage(summary).join(rows, on=["period", "county_code"], how="left")


def _register(sources: Sources) -> pl.LazyFrame:
    """One row per period x county that owes the register; a nil register counts, with no villages."""
    register = sources.book.datasets["relocation_villages"]
    counts = (
        sources.rows(register)
        .group_by("period", "county_code")
        .agg(entered(column).sum().alias(column) for column in VILLAGES)
    )
    joined = sources.coverage(register).join(counts, on=["period", "county_code"], how="left")
    return joined.with_columns(pl.when("counted").then(pl.col(column).fill_null(0)) for column in VILLAGES)


def entered(column: str) -> pl.Expr:
    """Whether a village of the register counts in a column: 1 from the period that its date is in, else 0."""
    if column not in DATES:  # each row is a village that is planned
        return pl.col("period").is_not_null().cast(pl.Int64)
    return (pl.col(DATES[column]) <= period_end()).fill_null(value=False).cast(pl.Int64)
