"""The history of a county's returns of a period: all that came, was decided, superseded, held, and why, in order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from warehouse.codebook import Codebook, load
from warehouse.intake.template.selection import TemplateSelection, division_of, owes
from warehouse.lineage.reader import LineageReader
from warehouse.lineage.return_outcomes import return_outcomes
from warehouse.lineage.selection import check_period, dataset_of
from warehouse.lineage.submission_trace import finding_of, proposals_of
from warehouse.messages.errors import PermanentError
from warehouse.messages.finding import Finding
from warehouse.messages.finding_groups import ranked
from warehouse.store.holds import hold_of
from warehouse.store.ledger import (
    FINDINGS,
    FORGOTTEN,
    HOLDS,
    RECEIPTS,
    RELEASES,
    RETURNS,
    RUNS,
    SNAPSHOTS,
    WAITING,
    read_table,
)
from warehouse.store.supersession import in_force_changes

Row = Mapping[str, Any]
Event = Literal[
    "received", "judged_again", "waived", "withdrawn", "waits", "sent_again", "not_read", "forgotten",
    "held", "warned", "lifted", "released", "approved", "reopened",
]  # fmt: skip
Runs = Mapping[str, Mapping[str, Any]]
OF_FIGURES = ("held", "warned", "lifted", "released")


class ReturnEvent(BaseModel):
    """Something that befell a return, in a run: `at` is the run's time (UTC).

    Of a decision `verdict`, `version` and `findings` are those of it, of a person's `reason` and `by`; `before` and
    `counting` are the receipts that counted before and after it. `waits` is a return that came while its period was
    approved; `approved` and `reopened` are of the period. `sent_again` are bytes that had been received, `not_read` is
    a file of the county's name from which nothing could be read. Of a figure above the county that the return moves
    (`held`, `warned`, `lifted`, `released`) `figure` says which. `snapshot` is the first that has it, None where none
    has.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    run: str
    flow: str | None
    event: Event
    dataset: str | None = None
    receipt: int | None = None
    file: str | None = None
    verdict: str | None = None
    version: int | None = None
    reason: str | None = None
    by: str | None = None
    before: int | None = None
    counting: int | None = None
    figure: str | None = None
    snapshot: str | None = None
    findings: tuple[Finding, ...] = ()


class ReturnOutcome(BaseModel):
    """How a return stands: what counts of it, the verdict on what came last, until when it was due.

    `standing` is in_force, quarantined, withdrawn, waits where all that came waits for its approved period, or missing
    where nothing came; `due_on` is None where the county does not owe it. `overdue` says that nothing came and its day
    has passed.
    """

    model_config = ConfigDict(frozen=True)

    dataset: str
    standing: Literal["in_force", "quarantined", "withdrawn", "waits", "missing"]
    due_on: date | None
    overdue: bool
    receipt: int | None = None
    file: str | None = None


class ReturnHistory(BaseModel):
    """A county's returns of a period, by dataset in the codebook's order, and what befell them, oldest first."""

    model_config = ConfigDict(frozen=True)

    county_code: str
    name_zh: str
    period: str
    standings: tuple[ReturnOutcome, ...]
    events: tuple[ReturnEvent, ...]


def explain_return(store: LineageReader, county: str, period: str, dataset: str | None, today: date) -> ReturnHistory:
    """The history of the county's returns of the period, or of one dataset's.

    The county is named by code, also one that is not in force then and has sent something, or by name. Raises
    PermanentError, saying what to do, for what is unknown.
    """
    engine, book, period = store.ledger(), load(), check_period(period)
    code, name, due = _place(engine, book, county, period)
    chosen = dataset_of(book, dataset).dataset if dataset else None
    returns = read_table(engine, RETURNS, RETURNS.c.county_code == code, RETURNS.c.period == period)
    if chosen:
        returns = returns.filter(pl.col("dataset") == chosen)
        due = {chosen: due.get(chosen)}
    runs = _runs(engine)
    waiting = [*_waiting(engine, runs, code, period, chosen)]
    events = [
        *_decided(engine, runs, returns),
        *waiting,
        *_released(engine, runs, period),
        *_sent_again(engine, runs, returns),
        *_not_read(engine, runs, code, name, period),
        *_forgotten(engine, runs, returns),
        *_figures(engine, runs, code, period, chosen),
    ]
    return ReturnHistory(
        county_code=code,
        name_zh=name,
        period=period,
        standings=tuple(_standings(book, returns, waiting, due, today)),
        events=tuple(sorted(events, key=lambda one: (one.run, one.receipt or 0, one.event in OF_FIGURES))),
    )


def _place(engine: sa.Engine, book: Codebook, county: str, period: str) -> tuple[str, str, dict[str, date | None]]:
    """The county's code and name, and what it owes in the period: its datasets, with the last day of each."""
    try:
        division = division_of(book, county, period)
    except PermanentError:
        own = sa.select(RETURNS.c.run).where(RETURNS.c.county_code == county, RETURNS.c.period == period)
        with engine.connect() as connection:
            if connection.scalar(own.limit(1)) is None:
                raise
        # Nothing is due of a code that is not in force, and yet something came.
        return county, "/".join(sorted(book.names.get(county, ()))), {}
    owed = [d for d in book.datasets.values() if owes(book, d, division, period)]
    asked = TemplateSelection(division, period, tuple(owed))
    return division.county_code, division.name_zh, {d.dataset: asked.due_on(d) for d in owed}


def _standings(
    book: Codebook, returns: pl.DataFrame, waiting: Sequence[ReturnEvent], due: Mapping[str, date | None], today: date
) -> Iterator[ReturnOutcome]:
    last = returns.lazy().pipe(return_outcomes).sort("receipt").unique("dataset", keep="last").collect()
    came = {row["dataset"]: row for row in last.iter_rows(named=True)}
    wait = {one.dataset: one for one in waiting}
    for dataset in book.datasets:
        row, due_on = came.get(dataset), due.get(dataset)
        if row is None and (one := wait.get(dataset)):
            yield ReturnOutcome(
                dataset=dataset, standing="waits", due_on=due_on, overdue=False, receipt=one.receipt, file=one.file
            )
            continue
        if row is None and dataset not in due:
            continue
        counting = row["counting"] if row else None
        yield ReturnOutcome(
            dataset=dataset,
            standing="missing" if row is None else "in_force" if counting else row["verdict"],
            due_on=due_on,
            overdue=row is None and due_on is not None and due_on < today,
            receipt=counting or (row["receipt"] if row else None),
            file=row["counting_file"] or row["file"] if row else None,
        )


def _decided(engine: sa.Engine, runs: Runs, returns: pl.DataFrame) -> Iterator[ReturnEvent]:
    """Each decision, with what was found, and what counted before it and after."""
    turns = {
        (row["run"], row["dataset"]): row for row in returns.lazy().pipe(in_force_changes).collect().rows(named=True)
    }
    told = set[tuple[int, str]]()
    proposals = cache(lambda receipt: proposals_of(engine, receipt))
    for row in returns.sort("run", "receipt", "dataset").iter_rows(named=True):
        first = (row["receipt"], row["dataset"]) not in told
        told.add((row["receipt"], row["dataset"]))
        turn = turns.get((row["run"], row["dataset"]), {})
        found = [] if row["reason"] else _findings(engine, row, first=first)
        yield ReturnEvent(
            **runs[row["run"]],
            event=_event(row, first=first),
            **{name: row[name] for name in ("dataset", "receipt", "file", "verdict", "version", "reason", "by")},
            before=turn.get("receipt_before"),
            counting=turn.get("receipt_after"),
            findings=tuple(ranked(finding_of(one, proposals(row["receipt"])) for one in found)),
        )


def _event(row: Row, *, first: bool) -> Event:
    if row["reason"]:
        return "withdrawn" if row["verdict"] == "withdrawn" else "waived"
    return "received" if first else "judged_again"


def _findings(engine: sa.Engine, row: Row, *, first: bool) -> Sequence[Row]:
    """What a decision of the rules found; the first one also what was found of the file."""
    own = (FINDINGS.c.run == row["run"], FINDINGS.c.receipt == row["receipt"])
    of_return = sa.and_(*(FINDINGS.c[name] == row[name] for name in ("dataset", "county_code", "period")))
    of_file = FINDINGS.c.county_code.is_(None) & (FINDINGS.c.dataset.is_(None) | (FINDINGS.c.dataset == row["dataset"]))
    return read_table(engine, FINDINGS, *own, of_return | of_file if first else of_return).rows(named=True)


def _waiting(engine: sa.Engine, runs: Runs, code: str, period: str, dataset: str | None) -> Iterator[ReturnEvent]:
    """What came while the period was approved."""
    of_dataset = WAITING.c.dataset == dataset if dataset else sa.true()
    own = (WAITING.c.county_code == code, WAITING.c.period == period, of_dataset)
    for row in read_table(engine, WAITING, *own).iter_rows(named=True):
        yield ReturnEvent(
            **runs[row["run"]], event="waits", **{name: row[name] for name in ("dataset", "receipt", "file")}
        )


def _released(engine: sa.Engine, runs: Runs, period: str) -> Iterator[ReturnEvent]:
    """That the province approved the period, or opened it again."""
    for row in read_table(engine, RELEASES, RELEASES.c.period == period).iter_rows(named=True):
        yield ReturnEvent(**runs[row["run"]], event=row["state"], reason=row["reason"], by=row["by"])


def _sent_again(engine: sa.Engine, runs: Runs, returns: pl.DataFrame) -> Iterator[ReturnEvent]:
    """The same bytes as those of a return, without another decision."""
    same = (RECEIPTS.c.submission.in_(returns["submission"].unique().to_list()), RECEIPTS.c.verdict == "duplicate")
    yield from _files(engine, runs, "sent_again", read_table(engine, RECEIPTS, *same))


def _not_read(engine: sa.Engine, runs: Runs, code: str, name: str, period: str) -> Iterator[ReturnEvent]:
    """Files of which nothing was read, whose names say that they are of the county and the period."""
    of_county = RECEIPTS.c.file.contains(code, autoescape=True) | RECEIPTS.c.file.contains(name, autoescape=True)
    meant = (RECEIPTS.c.verdict == "unreadable", of_county, RECEIPTS.c.file.contains(period, autoescape=True))
    yield from _files(engine, runs, "not_read", read_table(engine, RECEIPTS, *meant))


def _files(engine: sa.Engine, runs: Runs, event: Event, receipts: pl.DataFrame) -> Iterator[ReturnEvent]:
    for row in receipts.iter_rows(named=True):
        own = (FINDINGS.c.run == row["run"], FINDINGS.c.receipt == row["receipt"])
        found = (finding_of(one, {}) for one in read_table(engine, FINDINGS, *own).iter_rows(named=True))
        said = {name: row[name] for name in ("receipt", "file", "verdict")}
        yield ReturnEvent(**runs[row["run"]], event=event, **said, findings=tuple(ranked(found)))


def _forgotten(engine: sa.Engine, runs: Runs, returns: pl.DataFrame) -> Iterator[ReturnEvent]:
    own = FORGOTTEN.c.receipt.in_(returns["receipt"].unique().to_list())
    for row in read_table(engine, FORGOTTEN, own).iter_rows(named=True):
        said = {name: row[name] for name in ("receipt", "reason", "by")}
        yield ReturnEvent(**runs[row["run"]], event="forgotten", **said)


def _figures(engine: sa.Engine, runs: Runs, code: str, period: str, dataset: str | None) -> Iterator[ReturnEvent]:
    """What was said of figures above the county that a return of it moves, or that were let through for it."""
    of_dataset = HOLDS.c.dataset == dataset if dataset else sa.true()
    for row in read_table(engine, HOLDS, HOLDS.c.period == period, of_dataset).iter_rows(named=True):
        hold = hold_of(row)
        movers = [one for one in hold.returns if one.county_code == code]
        if movers or code in hold.let_through:
            yield ReturnEvent(
                **runs[row["run"]],
                event=hold.state,
                dataset=hold.dataset,
                receipt=movers[0].receipt if movers else None,
                figure=f"{hold.indicator} {hold.level} {hold.code}: {hold.before} -> {hold.after}",
                reason=hold.reason,
                by=hold.by,
            )


def _runs(engine: sa.Engine) -> Runs:
    """Of each run what its events say: its name, flow and time, and the first snapshot that has it."""
    versions = read_table(engine, SNAPSHOTS).sort("run").select("run", "version").rows()
    made = [run for run, _ in versions]
    runs = read_table(engine, RUNS, columns=("run", "flow", "received_at")).select("run", "flow", at="received_at")
    return {
        row["run"]: {**row, "snapshot": versions[at][1] if (at := bisect_left(made, row["run"])) < len(made) else None}
        for row in runs.iter_rows(named=True)
    }
