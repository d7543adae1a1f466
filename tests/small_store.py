"""A store of a few returns, made by hand in milliseconds: originals, rows and entries are there, nothing was judged."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from tests.builders import BOOK, RECEIVED, YANGGAO, finance, url
from warehouse.intake.model.records import Receipt
from warehouse.messages.finding import Finding
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file, keep
from warehouse.store.files import Root
from warehouse.store.history import schema, with_decisions
from warehouse.store.journal_records import ACCEPTED, Entry, PeriodRecord, ReceiptDecision, ReturnDecision
from warehouse.store.staging import load_staged, stage_period

PERIOD = "2017-12"


@dataclass(frozen=True)
class Sent:
    """A return of one row of microcredit, and what became of it."""

    receipt: int
    lent: int = 1000
    verdict: Any = "accepted"
    version: int | None = 1
    county: str = YANGGAO
    period: str = PERIOD
    reason: str | None = None
    by: str | None = None
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.receipt}.csv"

    @property
    def data(self) -> bytes:
        return f"{self.county},{self.period},{self.lent}\n".encode()


def decision(sent: Sent, submission: str = "ab" * 32) -> ReturnDecision:
    """The journal's decision on it."""
    return ReturnDecision(
        receipt=sent.receipt,
        submission=submission,
        file=sent.file,
        dataset="finance",
        county_code=sent.county,
        period=sent.period,
        status="reported",
        nil=False,
        rows=1,
        verdict=sent.verdict,
        version=sent.version if sent.verdict in ACCEPTED else None,
        failed=sent.failed,
        not_evaluated={},
        reason=sent.reason,
        by=sent.by,
    )


def rows(*sent: Sent) -> pl.DataFrame:
    """Their rows as they were read, with the columns of history."""
    form = BOOK.datasets["finance"]
    made = [
        {"receipt": one.receipt, "sheet": None, "row": 2, "county_code": one.county, "period": one.period}
        | finance(one.lent)
        for one in sent
    ]
    return pl.DataFrame(made, schema(form))


def run(  # noqa: PLR0913
    root: Root,
    number: int,
    *sent: Sent,
    flow: str = "nightly",
    received: bool = True,
    findings: Iterable[Finding] = (),
    moment: datetime | None = None,
) -> Entry:
    """Commits a run that decided on these, a day after the one before; `received` says whether they came with it."""
    name = journal.run_name(number)
    at = moment or RECEIVED + timedelta(days=number)
    submissions = {one.receipt: _kept(root, one) for one in sent}
    for period in sorted({one.period for one in sent}):
        own = [one for one in sent if one.period == period]
        decisions = [decision(one, submissions[one.receipt]) for one in own]
        columns = schema(BOOK.datasets["finance"])
        submission = pl.col("receipt").replace_strict(submissions, return_dtype=pl.String)
        of_returns = rows(*own).drop("return_status", "version", "known_from").with_columns(submission=submission)
        whole = with_decisions(of_returns, decisions, at).select(*columns)
        accepted, not_accepted = whole.filter(~pl.col("version").is_null()), whole.filter(pl.col("version").is_null())
        record = PeriodRecord(
            period=period,
            decisions=tuple(decisions),
            rules=(),
            findings=tuple(one for one in findings if one.period == period),
        )
        stage_period(root, name, root.work / name, record, {"finance": accepted}, {"finance": not_accepted})
    files = {one.receipt: one.file for one in sent if received}
    receipts = [
        Receipt(receipt=receipt, submission=submissions[receipt], file=file, received_at=at)
        for receipt, file in files.items()
    ]
    entry = Entry(
        run=name,
        flow=flow,
        received_at=at,
        receipts=tuple(ReceiptDecision(receipt=one, verdict="read") for one in receipts),
        periods=tuple(load_staged(root.work / name)),
        findings=(),
    )
    journal.commit(root, entry)
    return entry


def _kept(root: Root, sent: Sent) -> str:
    root.work.mkdir(parents=True, exist_ok=True)
    source = root.work / sent.file
    source.write_bytes(sent.data)
    submission, _ = keep(root, source, sent.file)
    return submission


def named_anew(root: Root, run: str, path: Path) -> None:
    """As if the run had written the file as it is now: its entry names it so, and no snapshot knows it otherwise."""
    entry, name = journal.read_entry(root, run), path.relative_to(root.path).as_posix()
    periods = [
        one.model_copy(update={"files": one.files | ({name: hash_file(path)} if name in one.files else {})})
        for one in entry.periods
    ]
    journal.entry_path(root, run).unlink()
    journal.commit(root, entry.model_copy(update={"periods": tuple(periods)}))
    ledger.index_anew(ledger.open_ledger(url(root)), root)
    shutil.rmtree(root.marts)


def indexed(root: Root) -> sa.Engine:
    """The ledger with all runs."""
    root.path.mkdir(exist_ok=True)
    engine = ledger.open_ledger(url(root))
    ledger.catch_up(engine, root)
    return engine
