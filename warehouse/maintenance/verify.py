"""Verifying: every kept file against its hash, every receipt against its original, every entry read. Writes nothing.

No lock is taken: what is looked at is immutable, and only what the journal and the manifest name is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from warehouse.messages.errors import StoreError
from warehouse.snapshots.manifest import Manifest, manifest_path, read_manifest
from warehouse.store import journal
from warehouse.store.archive import archived, hash_file
from warehouse.store.files import Root, found
from warehouse.store.journal_records import ACCEPTED, COMPACT, Entry, PeriodRecord

Kind = Literal["changed", "missing", "unreadable"]
BATCH = 200
KINDS: dict[Kind, tuple[str, str]] = {
    "changed": ("内容已变", "has changed"),
    "missing": ("缺失", "is missing"),
    "unreadable": ("无法读取", "cannot be read"),
}
RESTORE = ("请从备份恢复", "restore it from a backup")
REBUILD = (
    "请运行 xianbao rebuild --in-place,或从备份恢复",
    "say xianbao rebuild --in-place, or restore it from a backup",
)
TO_DO = {
    "history": REBUILD,
    "quarantine": REBUILD,
    "archive": (
        "请从备份恢复;没有备份的,删除该文件并重新提交原件",
        "restore it from a backup; without one, delete it and submit the original again",
    ),
    "marts": (
        "请删除 marts/manifest.json 后运行 xianbao run,重新发布",
        "delete marts/manifest.json and say xianbao run: everything is published anew",
    ),
}


class IntegrityFault(BaseModel):
    """One file that is not as it was kept; `path` is below the root."""

    model_config = ConfigDict(frozen=True)

    path: str
    kind: Kind
    expected: str
    found: str
    message_zh: str
    message_en: str


class VerifyResult(BaseModel):
    """What was looked at: originals, entries of the journal, files of rows, files of the last snapshot, their bytes.

    `without_hash` counts entries and files of rows of before their hashes were kept: they were only read.
    """

    model_config = ConfigDict(frozen=True)

    root: str
    originals: int
    entries: int
    rows: int
    published: int
    without_hash: int
    bytes: int
    seconds: float
    faults: tuple[IntegrityFault, ...]


@dataclass
class _Kept:
    """The files to look at and the SHA-256 that each must have, None where it was never kept; faults found so far."""

    root: Root
    files: dict[Path, str | None] = field(default_factory=dict)
    originals: dict[Path, str] = field(default_factory=dict)
    without_hash: int = 0
    faults: list[IntegrityFault] = field(default_factory=list)

    def fault(self, path: Path, kind: Kind, expected: str, found: str) -> None:
        """Notes a fault, with what to do about it."""
        name = path.relative_to(self.root.path).as_posix()
        what_zh, what_en = KINDS[kind]
        do_zh, do_en = TO_DO.get(name.split("/", maxsplit=1)[0], RESTORE)
        self.faults.append(
            IntegrityFault(
                path=name,
                kind=kind,
                expected=expected,
                found=found,
                message_zh=f"{name} {what_zh}:应为 {expected},实为 {found}。{do_zh}。",
                message_en=f"{name} {what_en}: expected {expected}, found {found}; {do_en}.",
            )
        )


def verify(root: Root) -> VerifyResult:
    """Looks at everything that is kept in the root and at the last snapshot."""
    start = perf_counter()
    kept = _Kept(root)
    # First, for a run may end meanwhile: whatever these name is there already.
    manifest = _manifest(kept)
    runs = journal.runs(root)
    _journal(kept, runs, manifest)
    rows = len(kept.files)
    archive = {path: path.stem for path in found(root.archive, "*/*") if not path.name.startswith(".")}
    for path in kept.originals.keys() - archive.keys():
        kept.fault(path, "missing", kept.originals[path], "none")
    published = _published(root, manifest) if manifest else {}
    size = _hashes(kept, {**archive, **kept.files, **published})
    _merged_meanwhile(kept, runs)
    return VerifyResult(
        root=str(root.path),
        originals=len(archive),
        entries=len(runs),
        rows=rows,
        published=len(published),
        without_hash=kept.without_hash,
        bytes=size,
        seconds=round(perf_counter() - start, 3),
        faults=tuple(sorted(kept.faults, key=lambda fault: fault.path)),
    )


def _published(root: Root, manifest: Manifest) -> dict[Path, str]:
    """The files of a snapshot, marts and documents, with the SHA-256 of each."""
    files = {file.path: file.sha256 for file in manifest.files} | manifest.documents
    return {root.marts / path: sha256 for path, sha256 in files.items()}


def _manifest(kept: _Kept) -> Manifest | None:
    try:
        return read_manifest(kept.root)
    except StoreError as error:
        kept.fault(manifest_path(kept.root), "unreadable", "a manifest", str(error))
        return None


def _journal(kept: _Kept, runs: list[str], manifest: Manifest | None) -> None:
    """Reads every entry, notes what it names, and which entries are missing in between."""
    last = max((int(run) for run in [*runs, *([manifest.run] if manifest else [])]), default=0)
    for run in sorted({journal.run_name(number) for number in range(1, last + 1)} - set(runs)):
        kept.fault(journal.entry_path(kept.root, run), "missing", f"the entry of run {run}", "none")
    for run in runs:
        path = journal.entry_path(kept.root, run)
        _, said, found = journal.unsealed(path.read_bytes())
        if said != found:
            kept.fault(path, "changed", f"SHA-256 {said}", f"SHA-256 {found}")
            continue
        try:
            entry = journal.read_entry(kept.root, run)
        except StoreError as error:
            kept.fault(path, "unreadable", "an entry of the journal", str(error))
            continue
        kept.without_hash += said is None
        _note_named(kept, entry)


def _note_named(kept: _Kept, entry: Entry) -> None:
    """Notes the originals and the files of rows that an entry names; the last word on a file counts."""
    for one in entry.receipts:
        receipt = one.receipt
        if receipt.unread_bytes is not None or receipt.archive is not None:
            continue
        path = archived(kept.root, receipt.submission, receipt.file)
        kept.originals.setdefault(path, f"the original of receipt {receipt.receipt} ({receipt.file})")
    if entry.flow == COMPACT:
        merged = _folders(kept.root, entry)
        # Its files stand for those of their folders so far, which may be gone.
        kept.files = {path: sha256 for path, sha256 in kept.files.items() if path.parent not in merged}
    for period in entry.periods:
        hashed: Mapping[str, str | None] = period.files or unhashed(entry.run, period)
        kept.without_hash += sum(sha256 is None for sha256 in hashed.values())
        kept.files |= {kept.root.path / path: sha256 for path, sha256 in hashed.items()}


def _folders(root: Root, entry: Entry) -> set[Path]:
    """The folders whose files a compaction merged."""
    return {(root.path / name).parent for period in entry.periods for name in period.files}


def _merged_meanwhile(kept: _Kept, runs: list[str]) -> None:
    """Takes back what was missing because it was merged while it was looked for: no lock is taken."""
    new = [journal.read_entry(kept.root, run) for run in journal.runs(kept.root) if run not in runs]
    merged = {folder for entry in new if entry.flow == COMPACT for folder in _folders(kept.root, entry)}
    kept.faults = [f for f in kept.faults if f.kind != "missing" or (kept.root.path / f.path).parent not in merged]


def unhashed(run: str, period: PeriodRecord) -> dict[str, None]:
    """The files of rows that judging wrote before their hashes were kept: those that its decisions speak of."""
    folders = {
        f"{'history' if one.verdict in ACCEPTED else 'quarantine'}/{one.dataset}"
        for one in period.decisions
        if one.rows and one.reason is None
    }
    return {f"{folder}/period={period.period}/{run}.parquet": None for folder in folders}


def _hashes(kept: _Kept, files: Mapping[Path, str | None]) -> int:
    """Compares the files with their hashes on all cores, for hashing leaves the interpreter free; their bytes."""
    size = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for looked in pool.map(_look, _batches(files.items())):
            for path, kind, expected, found, length in looked:
                size += length
                if kind is not None:
                    kept.fault(path, kind, expected, found)
    return size


_Look = tuple[Path, Kind | None, str, str, int]


def _look(files: list[tuple[Path, str | None]]) -> list[_Look]:
    return [_look_at(path, sha256) for path, sha256 in files]


def _look_at(path: Path, sha256: str | None) -> _Look:
    """What is wrong with a file, None if nothing, and how long it is."""
    expected = f"SHA-256 {sha256}" if sha256 else "a Parquet file"
    try:
        size = path.stat().st_size
        if sha256 is None:
            pl.read_parquet(path, hive_partitioning=False, glob=False)
            return path, None, "", "", size
        found = hash_file(path)
    except FileNotFoundError:
        return path, "missing", expected, "none", 0
    except (OSError, pl.exceptions.PolarsError) as error:
        return path, "unreadable", expected, str(error), 0
    return path, None if found == sha256 else "changed", expected, f"SHA-256 {found}", size


def _batches(files: Iterable[tuple[Path, str | None]]) -> Iterator[list[tuple[Path, str | None]]]:
    """The files a few hundred at a time: a job for each one would take as long as hashing it."""
    left = iter(files)
    while batch := list(islice(left, BATCH)):
        yield batch
