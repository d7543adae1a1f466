"""Revisions: figures that became others after their period had been approved, from the first to the last, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.layout.row_frames import Schema
from warehouse.marts.approved import with_reopening
from warehouse.marts.comparison import AREA
from warehouse.marts.held import held_back, held_lines
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.programme import by_area, county_sums
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources
from warehouse.messages.errors import CodebookError
from warehouse.store import ledger
from warehouse.store.in_force import in_force
from warehouse.store.supersession import in_force_changes

FIGURE = (*AREA, "indicator")
RETURN_ROWS = ("receipt", "county_code", "period")
VALUES: Schema = {
    **dict.fromkeys((*FIGURE, "dataset", "unit", "run"), pl.String), "value": DECIMAL,
}  # fmt: skip


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x dataset x indicator x area x revision, of figures that are another than when their period
    was first approved, or were once: `revision` 0 is as first approved, each further one what the figure became at
    `run`, on `known_on`. A figure that was never revised has no row: the marts have it as it was approved.

    `value` is the sum, or ratio of sums, that the marts of programmes had then, in base units; null where there was
    none, and where a return in it was forgotten since. `change` is against the revision before, `value_first_approved`
    is that of revision 0. `why` is approved of revision 0, else why other returns of the area are in force, joined by
    `;` (`returns_changed` counts them), or hold where a figure that was held was let through, or became so. `reason`
    and `decided_by` are of the approval, and of opening the period again; `approved_on` is the day on which this very
    value was approved, null where it has yet to be, or was revised before.
    """
    frames = [_values(sources, dataset, runs) for dataset, runs in _revised(sources)]
    values = pl.concat([pl.DataFrame(schema=VALUES), *frames]).lazy()
    first = pl.col("value").first().over("dataset", *FIGURE, order_by="run")
    before = pl.col("value").shift(1).over("dataset", *FIGURE, order_by="run")
    number = pl.int_range(pl.len(), dtype=pl.Int64).over("dataset", *FIGURE, order_by="run")
    return (
        values.with_columns(before=before, number=number)
        .filter((pl.col("number") == 0) | pl.col("value").ne_missing(pl.col("before")))
        .with_columns(revision=number, value_first_approved=first, before=before)
        .filter(pl.len().over("dataset", *FIGURE) > 1)
        .with_columns(change=pl.col("value") - pl.col("before"))
        .pipe(_told, sources)
        .sort("period", "dataset", "indicator", "level", "code", "revision")
        .select(c.column for c in sources.columns("mart_revisions"))
    )


def _revised(sources: Sources) -> Iterator[tuple[Dataset, dict[str, list[str]]]]:
    """The datasets of which anything was decided after a period had been approved; by period, the run that approved it
    first and those that decided.
    """
    approved = sources.releases.filter(pl.col("period").is_in(sources.periods), state="approved")
    since = approved.group_by("period").agg(first=pl.col("run").min())
    said = [sources.read(table).select("dataset", "period", "run") for table in (ledger.RETURNS, ledger.HOLDS)]
    later = pl.concat(said).unique().join(since, on="period").filter(pl.col("run") > pl.col("first"))
    for dataset in sources.book.datasets.values():
        own = later.filter(dataset=dataset.dataset).sort("run")
        if own.height and measures_of(dataset):
            runs = own.group_by("period", maintain_order=True).agg(pl.col("first").first(), "run")
            yield dataset, {period: [first, *after] for period, first, after in runs.iter_rows()}


def _values(sources: Sources, dataset: Dataset, runs: dict[str, list[str]]) -> pl.DataFrame:
    """The figures of a dataset after each of these runs, by period: VALUES."""
    if sources.after is None:
        raise CodebookError("a period was approved, and there is no telling what was known then")
    frames = [
        _published(replace(sources.after(run), wanted=(period,)), dataset).select(
            *FIGURE, pl.lit(dataset.dataset).alias("dataset"), "unit", pl.lit(run).alias("run"), "value"
        )
        for period, own in sorted(runs.items())
        for run in own
    ]
    return pl.concat(frames).collect(engine="in-memory")


def _published(then: Sources, dataset: Dataset) -> pl.LazyFrame:
    """One row per figure of a dataset as marts of programmes had it, by period, area and indicator, with its unit."""
    held = held_lines(then, dataset).filter(pl.col("period").is_in(then.periods))
    return held_back(lambda known: _as_known(known, dataset), then, held)


def _as_known(known: Sources, dataset: Dataset) -> pl.LazyFrame:
    lines = measures_of(dataset)
    lost = _lost(known, dataset).join(known.levels, on=["period", "county_code"]).select(AREA).unique()
    areas = (
        county_sums(known, dataset, lines)
        .join(known.levels, on=["period", "county_code"])
        .pipe(by_area, lines)
        .join(lost.with_columns(lost=True), on=AREA, how="left")
        .collect(engine="in-memory")
        .lazy()
    )
    return pl.concat([_line(areas, line) for line in lines])


def _line(areas: pl.LazyFrame, line: Measure) -> pl.LazyFrame:
    own = areas if line.rises else areas.filter(level="county")
    there = pl.when(pl.col("lost").is_null())
    return own.select(
        *AREA,
        indicator=pl.lit(line.name),
        unit=pl.lit(line.unit),
        value=there.then(pl.col(f"{line.name}:value")).cast(DECIMAL),
    )


def _lost(known: Sources, dataset: Dataset) -> pl.LazyFrame:
    """One row per period and county whose return in force had rows and has none any more, for it was forgotten since:
    what it was in cannot be added up.
    """
    there = known.rows(dataset).select(RETURN_ROWS).unique()
    told = known.decisions(in_force).filter(pl.col("rows") > 0, dataset=dataset.dataset)
    return told.join(there, on=RETURN_ROWS, how="anti").select("period", "county_code")


def _told(revisions: pl.LazyFrame, sources: Sources) -> pl.LazyFrame:
    """The revisions with when and why."""
    days = sources.run_list.lazy().select("run", known_on=pl.col("received_at").dt.date())
    approvals = sources.releases.lazy().filter(state="approved").select("period", "run", note="reason", by="by")
    first = pl.col("revision") == 0
    return (
        revisions.join(days, on="run")
        .join(_turned(sources), on=["dataset", *AREA, "run"], how="left")
        .pipe(with_reopening, sources.releases)
        .drop("approved_on")
        .join(approvals, on=["period", "run"], how="left")
        .join(_approved_again(revisions, sources), on=["dataset", *FIGURE, "revision"], how="left")
        .with_columns(
            why=pl.when(first).then(pl.lit("approved")).otherwise(pl.col("why").fill_null("hold")),
            returns_changed=pl.when(~first).then(pl.col("returns_changed").fill_null(0)),
            reason=pl.when(first).then("note").otherwise("reopen_reason"),
            decided_by=pl.when(first).then("by").otherwise("reopened_by"),
        )
    )


def _turned(sources: Sources) -> pl.LazyFrame:
    """One row per dataset, area and run: why other returns of its counties came into force, and how many."""
    changes = sources.returns.lazy().pipe(in_force_changes).join(sources.levels, on=["period", "county_code"])
    why = pl.col("why").unique().sort().str.join(";")
    return changes.group_by("dataset", *AREA, "run").agg(why, returns_changed=pl.len().cast(pl.Int64))


def _approved_again(revisions: pl.LazyFrame, sources: Sources) -> pl.LazyFrame:
    """One row per revision whose value was approved, with the first day on which it was."""
    approved = sources.releases.lazy().filter(state="approved")
    days = approved.select("period", at="run", approved_on=pl.col("known_from").dt.date())
    until = pl.col("run").shift(-1).over("dataset", *FIGURE, order_by="run")
    keys = ["dataset", *FIGURE, "revision"]
    return (
        revisions.select(*keys, "run", until=until)
        .join(days, on="period")
        .filter(pl.col("at") >= pl.col("run"), pl.col("until").is_null() | (pl.col("at") < pl.col("until")))
        .group_by(keys)
        .agg(pl.col("approved_on").min())
    )
