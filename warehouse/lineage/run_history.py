"""What ran: each operation of the run log and each run of the journal, once, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from warehouse.lineage.reader import LineageReader
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.messages.finding import Finding
from warehouse.reports import run_log
from warehouse.reports.run_log import RunLogEntry, State
from warehouse.reports.run_summary import LAST, Summary, summarise
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.journal_records import COUNTED, Entry, ReceiptVerdict


class RunLine(BaseModel):
    """An operation: when it began (UTC) and how many seconds it took, how it ended, and what it left.

    `runs` are its numbers in the journal, the last one first; none where it committed nothing. `state` is `committed`
    where the journal alone knows of it: then it began at the run's time, and `seconds` and `prefect_run` are None.
    `files` were received, `returns` decided, of these so many `accepted` and `quarantined`; None where that is not
    known. `version` is the snapshot that it published, None where it published none.
    """

    model_config = ConfigDict(frozen=True)

    flow: str
    began_at: datetime
    seconds: float | None
    state: State | Literal["committed"]
    runs: tuple[str, ...]
    version: str | None
    files: int | None = None
    returns: int | None = None
    accepted: int | None = None
    quarantined: int | None = None
    message: str = ""
    prefect_run: str | None = None
    prefect_name: str | None = None


class RunFile(BaseModel):
    """A file of a run, and what became of it as a whole."""

    model_config = ConfigDict(frozen=True)

    receipt: int
    file: str
    verdict: ReceiptVerdict


class RunReport(BaseModel):
    """One run of the journal: its operation, its files, the run in numbers with its findings by rule and the seconds
    of its stages, and its folder of reports, None where that is gone.
    """

    model_config = ConfigDict(frozen=True)

    line: RunLine
    files: tuple[RunFile, ...]
    summary: Summary
    report: Path | None


def list_runs(store: LineageReader, limit: int | None = None) -> list[RunLine]:
    """The operations, the newest first, quiet, failed and interrupted ones too; `limit` of them at the most.

    What the journal has and the run log has not, as of before there was one, stands where its number belongs.
    """
    committed = _committed(store)
    logged = [_line(entry) for entry in run_log.read(store.root)]
    logged = [_joined(line, committed) for line in logged]
    for line in logged:
        for run in line.runs:
            committed.pop(run, None)
    return list(_in_order(logged, committed))[:limit]


def find_run(store: LineageReader, run: str) -> RunReport:
    """One run, by its number, also without leading zeros. Raises PermanentError where there is none of it."""
    done = journal.runs(store.root)
    name = run.zfill(len(done[-1])) if done else run
    if name not in done:
        there = f"there are {done[0]} to {done[-1]}" if done else f"nothing has been received yet in {store.root.path}"
        raise PermanentError(f"{run} is no run of the journal; {there}")
    line = next(one for one in list_runs(store) if name in one.runs)
    entry = _without_forgotten(store.root, journal.read_entry(store.root, name))
    report = store.root.reports / name
    return RunReport(
        line=line,
        files=tuple(
            RunFile(receipt=one.receipt.receipt, file=one.receipt.file, verdict=one.verdict) for one in entry.receipts
        ),
        summary=summarise(entry, line.version).model_copy(update={"seconds": _seconds(store.root, name)}),
        report=report if (report / LAST).exists() else None,
    )


def _in_order(logged: Iterable[RunLine], committed: dict[str, RunLine]) -> Iterator[RunLine]:
    """The newest first: those of the journal alone, by number, before the next older of the run log."""
    left = sorted(committed, reverse=True)
    for line in logged:
        while left and line.runs and left[0] > line.runs[0]:
            yield committed[left.pop(0)]
        yield line
    yield from (committed[run] for run in left)


def _line(entry: RunLogEntry) -> RunLine:
    said = entry.summary
    turns = [turn for turn in (said, said.before if said else None) if turn and turn.run]
    counted = {
        "files": sum(turn.files for turn in turns),
        "returns": sum(turn.accepted + turn.accepted_with_queries + turn.quarantined for turn in turns),
        "accepted": sum(turn.accepted + turn.accepted_with_queries for turn in turns),
        "quarantined": sum(turn.quarantined for turn in turns),
    }
    return RunLine(
        flow=entry.flow,
        began_at=entry.started_at.replace(tzinfo=None),
        seconds=round((entry.ended_at - entry.started_at).total_seconds(), 1),
        state=entry.state,
        runs=tuple(turn.run for turn in turns if turn.run),
        version=said.version if said else None,
        **(counted if said else {}),
        message=entry.message,
        prefect_run=entry.prefect_run,
        prefect_name=entry.prefect_name,
    )


def _joined(line: RunLine, committed: dict[str, RunLine]) -> RunLine:
    """With the run of the journal that an operation committed which did not get so far as to say so: of its flow, and
    of a time when it was at work.
    """
    if line.state == "completed" or line.runs:
        return line
    meant = [
        one for one in committed.values()
        if one.flow == line.flow and 0 <= (one.began_at - line.began_at).total_seconds() <= (line.seconds or 0)
    ]  # fmt: skip
    if not meant:
        return line
    own = meant[-1].model_dump(include={"files", "returns", "accepted", "quarantined", "version"})
    return line.model_copy(update={**own, "runs": tuple(run for one in reversed(meant) for run in one.runs)})


def _committed(store: LineageReader) -> dict[str, RunLine]:
    """What the journal says of each run, by the ledger where that has it: counts, and the snapshot made at it."""
    known, versions = _indexed(store)
    lines = {}
    for run in journal.runs(store.root):
        flow, at, counts = known.get(run) or _entry(store.root, run)
        lines[run] = RunLine(
            flow=flow,
            began_at=at,
            seconds=None,
            state="committed",
            runs=(run,),
            version=versions.get(run),
            files=counts["files"],
            returns=counts["decided"],
            accepted=counts["accepted"],
            quarantined=counts["quarantined"],
        )
    return lines


Indexed = dict[str, tuple[str, datetime, dict[str, int]]]


def _indexed(store: LineageReader) -> tuple[Indexed, dict[str, str]]:
    """Flow, time and counts of the runs that the ledger knows, and the versions of snapshots by run; nothing where it
    is of an earlier version of the program: all of it is in the journal too, but for the versions.
    """
    if not journal.runs(store.root):
        return {}, {}
    try:
        engine = ledger.open_ledger(store.ledger_url)
    except StoreError:
        return {}, {}
    rows = ledger.read_table(engine, ledger.RUNS).iter_rows(named=True)
    made = ledger.read_table(engine, ledger.SNAPSHOTS).sort("version", descending=True).select("run", "version")
    return {r["run"]: (r["flow"], r["received_at"], {n: r[n] for n in COUNTED}) for r in rows}, dict(made.iter_rows())


def _entry(root: Root, run: str) -> tuple[str, datetime, dict[str, int]]:
    entry = journal.read_entry(root, run)
    return entry.flow, entry.received_at.replace(tzinfo=None), entry.counts


def _seconds(root: Root, run: str) -> dict[str, float]:
    """The seconds of each stage of a run; none where the run log does not know it."""
    turns = (turn for entry in run_log.read(root) if (said := entry.summary) for turn in (said, said.before) if turn)
    return next((turn.seconds for turn in turns if turn.run == run), {})


def _without_forgotten(root: Root, entry: Entry) -> Entry:
    """The entry without what was found in receipts that were forgotten since."""
    gone = journal.forgotten(root)

    def kept(findings: Iterable[Finding]) -> tuple[Finding, ...]:
        return tuple(one for one in findings if one.receipt not in gone)

    periods = tuple(one.model_copy(update={"findings": kept(one.findings)}) for one in entry.periods)
    return entry.model_copy(update={"findings": kept(entry.findings), "periods": periods})
