"""Compacting: the many small row files of one dataset and period become one, so that reading stays fast.

A compaction is a run of its own, which decides nothing: its entry in the journal names the merged files with their
hashes, and commits them. The files that they stand for are removed after it; until then nobody reads them any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict

from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file
from warehouse.store.files import Root, found, write_durably
from warehouse.store.history import KEPT, remove_superseded, to_parquet
from warehouse.store.journal_records import COMPACT, Entry, PeriodRecord
from warehouse.store.leftovers import Leftover
from warehouse.store.named_files import check_read, counting
from warehouse.store.row_files import AT_LEAST, MERGED, RowFiles, is_merged, row_files, run_of

# What every row of a merged file has.
TRACED = {**KEPT, "run": pl.String}
ORDER = ("receipt", "sheet", "row", "county_code", "version", "known_from", "run")


class CompactResult(BaseModel):
    """What a compaction came to: its run (None where nothing was to be done), how many files became how many, with
    their bytes; and what had been left by a run before it.
    """

    model_config = ConfigDict(frozen=True)

    run: str | None
    files_before: int
    files_after: int
    bytes_before: int
    bytes_after: int
    recovered: tuple[Leftover, ...] = ()


def compact(root: Root, ledger_url: str, moment: datetime, at_least: int = AT_LEAST) -> CompactResult:
    """Merges the files of each dataset and period that has `at_least` so many, and at least two.

    The store must be prepared (`warehouse.maintenance.recover`) and the lock on the root held. Broken off anywhere,
    all rows are there once, and it can be said again. Raises StoreError, and merges nothing, where a file is missing
    or has changed.
    """
    runs, run = journal.runs(root), journal.next_run(root)
    folders = (root.history, root.quarantine)
    crowded = [files.counting for files in row_files(folders, runs) if len(files.counting) >= max(at_least, 2)]
    if not crowded:
        return CompactResult(run=None, files_before=0, files_after=0, bytes_before=0, bytes_after=0)
    engine = ledger.open_ledger(ledger_url)
    folders_read = {files[0].parent.relative_to(root.path).as_posix() for files in crowded}
    check_read(root.path, counting(ledger.named_rows(engine)), folders_read)
    size = sum(path.stat().st_size for files in crowded for path in files)
    merged = [merge(files, run) for files in crowded]
    journal.commit(root, _entry(root, run, moment, merged))
    ledger.catch_up(engine, root)
    remove_superseded(folders, journal.runs(root))
    return CompactResult(
        run=run,
        files_before=sum(map(len, crowded)),
        files_after=len(merged),
        bytes_before=size,
        bytes_after=sum(path.stat().st_size for path in merged),
    )


def merge(files: Iterable[Path], run: str) -> Path:
    """Writes the rows of files of one folder as the run's merged one: in the order of receipt, sheet and row, each with
    the run that wrote it; the same files give the same bytes.

    A column that only some files have is kept, blank in the rows of the others: forms change, files do not.
    """
    read = [*files]
    return merge_into(read[0].parent, read, run)


def merge_into(folder: Path, files: Iterable[Path], run: str, without: Collection[int] = ()) -> Path:
    """The same, without the rows of some receipts; where none are left, a file without rows stands for the folder.

    A file that had nothing else gives no column either, as if it had never been.
    """
    read = (_rows(path).filter(~pl.col("receipt").is_in(without)) for path in sorted(files, key=run_of))
    rows = pl.concat([pl.DataFrame(schema=TRACED), *(one for one in read if one.height)], how="diagonal")
    own = [column for column in rows.columns if column not in TRACED]
    ordered = rows.select(*TRACED, *own).sort(ORDER, nulls_last=True, maintain_order=True)
    path = folder / f"{run}{MERGED}"
    write_durably(path, to_parquet(ordered))
    return path


def repeat_merge(root: Root, entry: Entry, before: Iterable[str]) -> tuple[dict[str, str], list[Path]]:
    """Does a compaction of the journal once more, in a root that has the files of the runs before it; or what a run
    merged that forgot something.

    Returns the merged files with the SHA-256 of each, by their path below the root, and the files that they stand for,
    which are removed. A compaction's file of which nothing is left to be merged is not made.
    """
    runs, without = frozenset(before), entry.forgotten.receipts if entry.forgotten else ()
    made: dict[str, str] = {}
    gone: list[Path] = []
    for name in _files(entry):
        folder = (root.path / name).parent
        files = RowFiles.of(found(folder, "*.parquet"), runs).counting
        if files or without:
            made[name] = hash_file(merge_into(folder, files, entry.run, without))
            gone += files
    for path in gone:
        path.unlink()
    return made, gone


def _files(entry: Entry) -> dict[str, str]:
    return {name: sha256 for period in entry.periods for name, sha256 in period.files.items()}


def _rows(path: Path) -> pl.DataFrame:
    rows = pl.read_parquet(path, hive_partitioning=False, glob=False)
    return rows if is_merged(path) else rows.with_columns(run=pl.lit(run_of(path)))


def by_period(root: Root, merged: Iterable[Path]) -> dict[str, dict[str, str]]:
    """The merged files of each period, by their path below the root, with the SHA-256 of each."""
    periods: dict[str, dict[str, str]] = defaultdict(dict)
    for path in merged:
        periods[path.parent.name.removeprefix("period=")][path.relative_to(root.path).as_posix()] = hash_file(path)
    return periods


def _entry(root: Root, run: str, moment: datetime, merged: Iterable[Path]) -> Entry:
    """The run as it goes to the journal: no decisions, only files."""
    periods = tuple(
        PeriodRecord(period=period, decisions=(), rules=(), findings=(), files=files)
        for period, files in sorted(by_period(root, merged).items())
    )
    return Entry(run=run, flow=COMPACT, received_at=moment, receipts=(), periods=periods, findings=())
