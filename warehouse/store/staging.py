"""What a run has judged before it commits: its records in the work folder, its rows beside the committed ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path, PurePosixPath

import polars as pl
from pydantic import TypeAdapter

from warehouse.codebook import load
from warehouse.intake.reading import Reading
from warehouse.store import journal, ledger
from warehouse.store.approvals import approvals
from warehouse.store.archive import hash_file
from warehouse.store.files import Root, found, make_folder, write_durably
from warehouse.store.history import write_rows
from warehouse.store.holds import by_figure, last_holds, to_settle
from warehouse.store.journal_records import (
    Entry,
    HoldRecord,
    PeriodRecord,
    Place,
    ReceiptDecision,
    ReceiptVerdict,
    ReleaseRecord,
)
from warehouse.store.named_files import counting
from warehouse.store.prior_state import RETURNS, PriorState, decided

# Beside what had been decided: the files of rows that count, with the SHA-256 of each.
NAMED = ".named.json"
NAMES = TypeAdapter(dict[str, str | None])
# And what was said of figures, and which periods are approved.
HOLDS = ".holds.json"
SAID = TypeAdapter(list[HoldRecord])
APPROVED = ".approved.json"
PERIODS = TypeAdapter(frozenset[str])


def save_returns(ledger_url: str, path: Path) -> pl.DataFrame:
    """What the ledger has decided before this run, as `Known.returns` has it, kept for judging: read once a run."""
    engine = ledger.open_ledger(ledger_url)
    returns = ledger.read_table(engine, ledger.RETURNS, columns=RETURNS)
    make_folder(path.parent)
    returns.write_ipc(path)
    path.with_suffix(NAMED).write_bytes(NAMES.dump_json(counting(ledger.named_rows(engine))))
    path.with_suffix(HOLDS).write_bytes(SAID.dump_json([*last_holds(engine).values()]))
    path.with_suffix(APPROVED).write_bytes(PERIODS.dump_json(frozenset(approvals(engine))))
    return returns


def approved_periods(returns: Path) -> frozenset[str]:
    """The periods that were approved when `save_returns` looked."""
    return PERIODS.validate_json(returns.with_suffix(APPROVED).read_bytes())


def held_to_settle(returns: Path, judged: Path, *, was_judged: bool) -> list[tuple[str, str]]:
    """The periods and datasets whose figures are to be looked at again (`to_settle`); of approved periods none."""
    locked = approved_periods(returns)
    pairs = to_settle(said_holds(returns, judged), load_staged(judged), judged=was_judged)
    return [pair for pair in pairs if pair[0] not in locked]


def prior_state(root: Root, run: str, returns: Path, judged: Path) -> PriorState:
    """The store as `save_returns` found it, and what the run itself has accepted in the periods judged before."""
    own = [d for period in load_staged(judged) for d in period.decisions]
    return PriorState(
        book=load(),
        history=root.history,
        runs=[*journal.runs(root), run],
        returns=pl.concat([pl.read_ipc(returns.read_bytes()), decided(own, run)]),
        named=NAMES.validate_json(returns.with_suffix(NAMED).read_bytes()),
        holds=said_holds(returns, judged),
    )


def said_holds(returns: Path, judged: Path) -> dict[Place, HoldRecord]:
    """What was said last of each figure that is or was held, before the run and in the periods judged before."""
    before = SAID.validate_json(returns.with_suffix(HOLDS).read_bytes())
    return by_figure([*before, *(hold for period in load_staged(judged) for hold in period.holds)])


def stage_holds(judged: Path, period: str, holds: Iterable[HoldRecord]) -> None:
    """Adds to a period's record, which may have been judged or not, what became otherwise of its figures."""
    record = _staged(judged, period)
    _stage(judged, record.model_copy(update={"holds": (*record.holds, *holds)}))


def stage_release(judged: Path, period: str, release: ReleaseRecord) -> None:
    """Adds to a period's record, which may have been judged or not, that it is approved or opened again."""
    _stage(judged, _staged(judged, period).model_copy(update={"release": release}))


def _staged(judged: Path, period: str) -> PeriodRecord:
    none = PeriodRecord(period=period, decisions=(), rules=(), findings=())
    return next((record for record in load_staged(judged) if record.period == period), none)


def _stage(judged: Path, record: PeriodRecord) -> None:
    """Whole or not there: where writing fails half-way and is tried again, what was judged so far is read first."""
    write_durably(judged / f"{record.period}.json", record.model_dump_json().encode())


def stage_period(  # noqa: PLR0913, PLR0917
    root: Root,
    run: str,
    judged: Path,
    record: PeriodRecord,
    accepted: dict[str, pl.DataFrame],
    quarantined: dict[str, pl.DataFrame],
) -> None:
    """Writes the period's rows to history and quarantine, then its record; nothing counts before the commit."""
    written = [
        write_rows(folder, load().datasets[name], record.period, run, rows)
        for folder, by_dataset in ((root.history, accepted), (root.quarantine, quarantined))
        for name, rows in by_dataset.items()
    ]
    files = {path.relative_to(root.path).as_posix(): hash_file(path) for path in written if path}
    _stage(judged, record.model_copy(update={"files": files}))


def load_staged(judged: Path) -> list[PeriodRecord]:
    """The periods judged so far, ascending."""
    return [PeriodRecord.model_validate_json(path.read_bytes()) for path in found(judged, "*.json")]


def entry_of_decisions(run: str, flow: str, received_at: datetime, judged: list[PeriodRecord]) -> Entry:
    """A run that received and read nothing, as it goes to the journal."""
    return Entry(run=run, flow=flow, received_at=received_at, receipts=(), periods=tuple(judged), findings=())


def entry_of(run: str, flow: str, received_at: datetime, reading: Reading, judged: list[PeriodRecord]) -> Entry:
    """The run as it goes to the journal."""
    # As reading had them: judging adds these.
    added = {"explanation": None, "proposals": (), "score": None}
    kept = {f.model_copy(update=added) for period in judged for f in period.findings}
    received = {r.receipt for r in reading.receipts}
    decided = {(d.receipt, d.dataset) for period in judged for d in period.decisions}
    return Entry(
        run=run,
        flow=flow,
        received_at=received_at,
        receipts=_receipts(reading),
        periods=tuple(judged),
        # What was said of a file when it came is not said again when its returns are judged again; of a table, it is.
        findings=tuple(
            f
            for f in reading.findings
            if f not in kept
            and (f.receipt in received or (f.county_code is None and (f.receipt, f.dataset) in decided))
        ),
    )


def _receipts(reading: Reading) -> tuple[ReceiptDecision, ...]:
    """What became of each receipt. What gave no return itself, but others came out of it, is an archive unpacked."""
    verdicts: dict[int, ReceiptVerdict] = {r.receipt: "duplicate" for r in reading.duplicates}
    archives = {str(folder) for r in reading.receipts for folder in PurePosixPath(r.file).parents}
    verdicts |= {r.receipt: "unpacked" if r.file in archives else "unreadable" for r in reading.unreadable}
    return tuple(ReceiptDecision(receipt=r, verdict=verdicts.get(r.receipt, "read")) for r in reading.receipts)
