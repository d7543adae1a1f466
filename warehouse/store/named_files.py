"""The files of rows that the journal names, with the SHA-256 of each; and those that stand in their places now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from warehouse.messages.errors import StoreError
from warehouse.store import journal
from warehouse.store.archive import hash_once
from warehouse.store.files import Root, found
from warehouse.store.journal_records import ACCEPTED, Entry, PeriodRecord
from warehouse.store.row_files import MERGED, OWN, run_of

AS_KEPT = (
    "{path} 与日志不符:应为 {expected},实为 {found}。请运行 xianbao rebuild --in-place,或从备份恢复。 "
    "{path} is not as the journal names it: expected {expected}, found {found}; "
    "say xianbao rebuild --in-place, or restore it from a backup"
)


def named_files(entry: Entry) -> dict[str, str | None]:
    """The files of rows that an entry names, by path below the root; None for one of before hashes were kept."""
    return {path: sha256 for p in entry.periods for path, sha256 in (p.files or _unhashed(entry.run, p)).items()}


def _unhashed(run: str, period: PeriodRecord) -> dict[str, str | None]:
    """The files that judging wrote before their hashes were kept: those that its decisions speak of."""
    folders = {
        f"{'history' if one.verdict in ACCEPTED else 'quarantine'}/{one.dataset}"
        for one in period.decisions
        if one.rows and one.reason is None
    }
    return {f"{folder}/period={period.period}/{run}{OWN}": None for folder in sorted(folders)}


def counting(named: Mapping[str, str | None]) -> dict[str, str | None]:
    """Of the files named by runs, oldest first, those that count: merged ones stand for their folder so far."""
    folders: dict[str, dict[str, str | None]] = defaultdict(dict)
    for path, sha256 in named.items():
        folder = path.rsplit("/", maxsplit=1)[0]
        if path.endswith(MERGED):
            folders[folder].clear()
        folders[folder][path] = sha256
    return {path: sha256 for files in folders.values() for path, sha256 in files.items()}


def unnamed(root: Root, named: Collection[str]) -> list[Path]:
    """The files of history and quarantine that no entry names, of runs that never counted or that a stranger put there.

    `named` are all paths that entries name, merged since or not. Entries of before hashes were kept did not name all.
    """
    runs = set(journal.runs(root))
    there = (path for folder in (root.history, root.quarantine) for path in found(folder, f"*/period=*/*{OWN}"))
    strange = [path for path in there if path.relative_to(root.path).as_posix() not in named]
    return [path for path in strange if run_of(path) not in runs or journal.is_sealed(root, run_of(path))]


def remove_unnamed(root: Root, named: Collection[str]) -> list[Path]:
    """Removes the files that no entry names; returns them. The lock on the root must be held."""
    gone = unnamed(root, named)
    for path in gone:
        path.unlink()
    return gone


def ever_named(root: Root) -> dict[str, str | None]:
    """All files of rows that entries name, merged since or not, oldest run first: reads the whole journal."""
    return {path: of for run in journal.runs(root) for path, of in named_files(journal.read_entry(root, run)).items()}


def check_read(root: Path, named: Mapping[str, str | None], folders: Collection[str]) -> None:
    """Hashes the files of folders (below the root) that are to be read: raises StoreError for the first that is not as
    named. Those of before hashes were kept are taken as they are.
    """
    for path, sha256 in named.items():
        if sha256 is not None and path.rsplit("/", maxsplit=1)[0] in folders:
            is_now = hash_once(root / path)
            if is_now != sha256:
                raise StoreError(AS_KEPT.format(path=path, expected=f"SHA-256 {sha256}", found=is_now or "none"))
