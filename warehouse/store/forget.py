"""Forgetting: what must not be kept goes for good, and the journal says when, why and by whom.

It is a run of its own. Its entry names the receipts, withdraws what they had in quarantine, and names files of rows
without theirs, as a compaction names merged ones. Once it is committed, the original goes
(`warehouse.maintenance.forget_originals`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path, PurePosixPath

import polars as pl
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, field_validator

from warehouse.intake.model.records import UNREAD, Receipt
from warehouse.messages.errors import PermanentError
from warehouse.store import journal, ledger
from warehouse.store.approvals import approvals
from warehouse.store.archive import archived
from warehouse.store.compact import by_period, merge_into
from warehouse.store.decision_requests import Row, check_characters
from warehouse.store.files import Root, remove_tree
from warehouse.store.find_receipt import find_receipts
from warehouse.store.history import remove_superseded
from warehouse.store.in_force import latest
from warehouse.store.journal_records import ACCEPTED, FORGET, Entry, ForgetRecord, PeriodRecord, ReturnDecision
from warehouse.store.manual_decisions import OF_THE_RETURN
from warehouse.store.named_files import check_read, counting
from warehouse.store.rejudging import newer_than_last
from warehouse.store.row_files import row_files

SHOWN = 10
MEMBER = (
    "收件 {receipt}({file})在压缩包 {archive} 之内,压缩包整体保存,不能单独删除其中一个文件。要连同全部成员一并删除,"
    "请运行 xianbao forget {number} --reason ... --by ... "
    "receipt {receipt} ({file}) lies in the archive {archive}, which is kept whole: no single member can be forgotten. "
    "To forget the archive with all its members, say: xianbao forget {number} --reason ... --by ..."
)
COUNTS = (
    "其中有报表仍有效,或可能重新生效。请先撤回: "
    "returns of it are in force, or would be again once others are withdrawn; withdraw them first, say:\n{commands}"
)
# Of an approved period, whose figures are then revised where everybody sees it.
REOPEN_FIRST = "  xianbao reopen {period} --reason ... --by ...    # 该期已审定 {period} is approved"
ALREADY = (
    "{file} 已由 {by} 于 {known_from:%Y-%m-%d %H:%M} 永久删除(批次 {run}):{reason}。 "
    "{file} was forgotten already at {known_from:%Y-%m-%d %H:%M} UTC by {by} (run {run}): {reason}"
)
UNKEPT = "收件 {receipt}({file})过大,从未保存原件。 receipt {receipt} ({file}) was too large: nothing of it was kept"


class ForgetRequest(BaseModel):
    """What a person wants forgotten, named as `find_receipts` takes it, why, and who says so. Raises PermanentError for
    an empty reason or name.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    reason: str
    by: str

    _characters = field_validator("reason", "by")(check_characters)

    @field_validator("reason", "by")
    @classmethod
    def _stated(cls, text: str) -> str:
        if not text.strip():
            raise PermanentError(
                "请说明理由和姓名,二者记入日志; say why and by whom it is forgotten: both stand in the journal"
            )
        return text.strip()


class ForgetOutcome(BaseModel):
    """What was forgotten: the SHA-256 it arrived as, its receipts and their files, members among them.

    `elsewhere` are receipts that are kept and have the same bytes as a member: each is to be forgotten by itself.
    """

    model_config = ConfigDict(frozen=True)

    run: str
    submission: str
    receipts: tuple[int, ...]
    files: tuple[str, ...]
    elsewhere: tuple[int, ...]


def forget(root: Root, engine: sa.Engine, run: str, request: ForgetRequest, moment: datetime) -> ForgetOutcome:
    """Commits the run that forgets a submission: all receipts of its bytes and, of an archive, of its members.

    The store must be prepared (`warehouse.maintenance.recover`) and the lock on the root held. Done again, it finds its
    entry. Raises PermanentError where there is nothing to forget, it is a member, or a return of it may count.
    """
    if run not in journal.runs(root):
        newer_than_last(engine, moment)
        _commit(root, engine, run, request, moment)
    ledger.catch_up(engine, root)
    remove_superseded((root.history, root.quarantine), journal.runs(root))
    return _outcome(engine, journal.read_entry(root, run))


def _commit(root: Root, engine: sa.Engine, run: str, request: ForgetRequest, moment: datetime) -> None:
    meant = to_forget(engine, request.name)
    numbers = tuple(meant["receipt"])
    remove_tree(root.path / "rebuild")  # it has the original by a second name
    merged = by_period(root, _merge_without(root, engine, numbers, run))
    decisions = _withdrawn(engine, numbers, request)
    periods = tuple(
        PeriodRecord(
            period=period,
            decisions=tuple(one for one in decisions if one.period == period),
            rules=(),
            findings=(),
            files=merged.get(period, {}),
        )
        for period in sorted({*merged, *(one.period for one in decisions)})
    )
    gone = ForgetRecord(
        submission=meant["submission"][0],
        receipts=numbers,
        said=_said(engine, numbers),
        reason=request.reason,
        by=request.by,
    )
    entry = Entry(run=run, flow=FORGET, received_at=moment, receipts=(), periods=periods, findings=(), forgotten=gone)
    journal.commit(root, entry)


def to_forget(engine: sa.Engine, name: str) -> pl.DataFrame:
    """The receipts to be forgotten, rows of the ledger's: first those of the submission, then its members'.

    Raises PermanentError, saying what to do, where there is nothing to forget, it is a member, or a return may count.
    """
    receipts = ledger.read_table(engine, ledger.RECEIPTS).sort("receipt")
    meant = find_receipts(engine, name).row(-1, named=True)
    if meant["submission"].startswith(UNREAD):
        raise PermanentError(UNKEPT.format(**meant))
    there = receipts.join(ledger.read_table(engine, ledger.FORGOTTEN), on="receipt", how="anti")
    own = there.filter(submission=meant["submission"])
    if own.is_empty():
        raise PermanentError(ALREADY.format(**{**meant, **(forgotten_of(engine, meant["receipt"]) or {})}))
    for row in own.iter_rows(named=True):
        if (archive := _archive_of(there, row)) is not None:
            member = {"receipt": row["receipt"], "file": row["file"]}
            raise PermanentError(MEMBER.format(**member, archive=archive["file"], number=archive["receipt"]))
    inside = [
        there.filter(pl.col("file").str.starts_with(f"{file}/"), run=run)
        for run, file in own.select("run", "file").iter_rows()
    ]
    found = pl.concat([own, *inside]).unique("receipt", keep="first", maintain_order=True)
    _refuse_counting(engine, tuple(found["receipt"]))
    return found


def _archive_of(receipts: pl.DataFrame, row: Row) -> Row | None:
    """The receipt of the archive that another lies in: it came in the same run, and its name begins the other's."""
    above = [str(folder) for folder in PurePosixPath(row["file"]).parents]
    return next(receipts.filter(pl.col("file").is_in(above), run=row["run"]).iter_rows(named=True), None)


def _refuse_counting(engine: sa.Engine, numbers: Collection[int]) -> None:
    """Raises PermanentError where a return is accepted: it is in force, or is again when later ones are withdrawn."""
    counting_ones = _last(engine, numbers).filter(pl.col("verdict").is_in(ACCEPTED))
    locked = sorted({*counting_ones["period"]} & approvals(engine).keys())
    commands = [REOPEN_FIRST.format(period=period) for period in locked]
    commands += [
        f"  xianbao withdraw --county {row['county_code']} --period {row['period']} --dataset {row['dataset']} "
        f"--receipt {row['receipt']} --reason ... --by ..."
        for row in counting_ones.sort("receipt", "period", "dataset").iter_rows(named=True)
    ]
    if (more := len(commands) - SHOWN) > 0:
        commands[SHOWN:] = [f"  ... 另有 and {more} more"]
    if commands:
        raise PermanentError(COUNTS.format(commands="\n".join(commands)))


def _last(engine: sa.Engine, numbers: Collection[int]) -> pl.DataFrame:
    """The last decision on each return of these receipts."""
    return (
        ledger.read_table(engine, ledger.RETURNS, ledger.RETURNS.c.receipt.in_(numbers)).lazy().pipe(latest).collect()
    )


def _withdrawn(engine: sa.Engine, numbers: Collection[int], request: ForgetRequest) -> list[ReturnDecision]:
    """The decisions that nothing of what is quarantined may be let in any more."""
    quarantined = _last(engine, numbers).filter(verdict="quarantined").sort("dataset", "receipt", "county_code")
    return [
        ReturnDecision(
            **{name: row[name] for name in OF_THE_RETURN},
            verdict="withdrawn",
            version=None,
            failed={},
            not_evaluated={},
            reason=request.reason,
            by=request.by,
        )
        for row in quarantined.iter_rows(named=True)
    ]


def _said(engine: sa.Engine, numbers: Collection[int]) -> tuple[tuple[str | None, str | None], ...]:
    """The datasets and periods of which something was said by these receipts."""
    tables = (ledger.RETURNS, ledger.WAITING, ledger.FINDINGS, ledger.NOTES)
    said = [ledger.read_table(engine, one, one.c.receipt.in_(numbers), columns=("dataset", "period")) for one in tables]
    return tuple(pl.concat(said).unique().sort("dataset", "period").iter_rows())


def _merge_without(root: Root, engine: sa.Engine, numbers: Collection[int], run: str) -> list[Path]:
    """Writes the files of each folder that has rows of these receipts as one without them."""
    all_files = [files.counting for files in row_files((root.history, root.quarantine), journal.runs(root))]
    having = [files for files in all_files if files and _has_rows(files, numbers)]
    folders = {files[0].parent.relative_to(root.path).as_posix() for files in having}
    check_read(root.path, counting(ledger.named_rows(engine)), folders)
    return [merge_into(files[0].parent, files, run, numbers) for files in having]


def _has_rows(files: Iterable[Path], numbers: Collection[int]) -> bool:
    rows = pl.scan_parquet(
        [*files], schema={"receipt": pl.Int64}, extra_columns="ignore", hive_partitioning=False, glob=False
    )
    return not rows.filter(pl.col("receipt").is_in(numbers)).head(1).collect().is_empty()


def _outcome(engine: sa.Engine, entry: Entry) -> ForgetOutcome:
    """What an entry forgot, with what is kept of the same bytes elsewhere."""
    if (gone := entry.forgotten) is None:
        raise PermanentError(f"run {entry.run} forgot nothing")
    receipts = ledger.read_table(engine, ledger.RECEIPTS).sort("receipt")
    own = receipts.filter(pl.col("receipt").is_in(gone.receipts))
    kept = receipts.join(ledger.read_table(engine, ledger.FORGOTTEN), on="receipt", how="anti")
    return ForgetOutcome(
        run=entry.run,
        submission=gone.submission,
        receipts=gone.receipts,
        files=tuple(own["file"]),
        elsewhere=tuple(kept.filter(pl.col("submission").is_in(own["submission"].to_list()))["receipt"]),
    )


def forgotten_of(engine: sa.Engine, receipt: int) -> Row | None:
    """When (`known_from`), in which run, why and by whom a receipt was forgotten; None for one that is kept."""
    said = ledger.read_table(engine, ledger.FORGOTTEN, ledger.FORGOTTEN.c.receipt == receipt)
    runs = ledger.read_table(engine, ledger.RUNS).select("run", known_from="received_at")
    return next(said.join(runs, on="run").iter_rows(named=True), None)


def forgotten_originals(root: Root, receipts: Iterable[Receipt], gone: Collection[int]) -> list[Path]:
    """The originals of forgotten receipts that are still there, but for those that another receipt came with since."""
    own = [one for one in receipts if one.archive is None and one.unread_bytes is None]
    needed = {archived(root, one.submission, one.file) for one in own if one.receipt not in gone}
    places = {archived(root, one.submission, one.file) for one in own if one.receipt in gone}
    return sorted(path for path in places - needed if path.exists())
