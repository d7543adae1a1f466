"""Verifying: every kept file against its hash, every receipt against its original, every entry read. Writes nothing.

No lock is taken: what is looked at is immutable, and only what the journal and the manifests name is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from pydantic import BaseModel, ConfigDict

from warehouse.intake.model.records import Receipt
from warehouse.maintenance.journal_faults import journal_faults
from warehouse.maintenance.ledger_faults import ledger_faults
from warehouse.maintenance.snapshot_faults import head_faults, read_snapshots, view_faults
from warehouse.messages.errors import StoreError
from warehouse.reports.report_digests import SUMS, named_in_report, unnamed_in_report
from warehouse.store import journal
from warehouse.store.archive import archived
from warehouse.store.files import Root, found
from warehouse.store.forget import forgotten_originals
from warehouse.store.integrity import IntegrityFault, Kind, file_faults
from warehouse.store.journal_records import Entry
from warehouse.store.named_files import counting, named_files, unnamed
from warehouse.store.row_files import run_of
from warehouse.store.rule_lists import rule_list_path, rule_lists
from warehouse.store.seal import unsealed

# Times that is looked, where others are at work.
AT_MOST = 3


class VerifyResult(BaseModel):
    """What was looked at: originals, entries of the journal and the lists of rules that they name, files of rows, files
    of the last snapshot; the bytes of these, but for the journal's, and of all older snapshots.

    `without_hash` counts entries, files of rows and reports of before their hashes were kept: they were only read.
    """

    model_config = ConfigDict(frozen=True)

    root: str
    originals: int
    entries: int
    rule_lists: int
    rows: int
    published: int
    without_hash: int
    bytes: int
    seconds: float
    faults: tuple[IntegrityFault, ...]


@dataclass
class _Kept:
    """What is named so far: receipts, those forgotten, files of rows in the order of runs, lists of rules; faults
    found.
    """

    root: Root
    receipts: list[Receipt] = field(default_factory=list)
    forgotten: set[int] = field(default_factory=set)
    rows: dict[str, str | None] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    without_hash: int = 0
    faults: list[IntegrityFault] = field(default_factory=list)

    def fault(self, path: str, kind: Kind, expected: str, found: str) -> None:
        """Notes a fault."""
        self.faults.append(IntegrityFault.of(path, kind, expected, found))


def verify(root: Root, ledger_url: str | None = None) -> VerifyResult:
    """Looks at everything that is kept in the root, or in a backup; the ledger is by default the one in the root.

    What is found while something else is committed, merged or pruned is looked at again: it may be of then and now.
    """
    for _ in range(AT_MOST):
        before = _committed(root)
        result = _verify(root, ledger_url)
        if not result.faults or _committed(root) == before:
            break
    return result


def _committed(root: Root) -> tuple[object, ...]:
    """What another process may change meanwhile: entries, snapshots, and what leads to the last of them."""
    leading = (root.marts / name for name in ("manifest.json", "marts.duckdb", "current"))
    written = [path.lstat().st_ctime_ns for path in leading if path.is_symlink() or path.exists()]
    return journal.runs(root), [path.name for path in found(root.marts, "v=*")], written


def _verify(root: Root, ledger_url: str | None) -> VerifyResult:
    start, kept = perf_counter(), _Kept(root)
    # First, for a run may end meanwhile: whatever these name is there already.
    snapshots = read_snapshots(root, kept.fault)
    manifest = snapshots[-1] if snapshots else None
    faults, indexed = ledger_faults(root, ledger_url, snapshots)
    runs = journal.runs(root)
    _entries(kept, runs)
    broken = {fault.path for fault in kept.faults}
    kept.faults += faults
    kept.faults += [one for one in journal_faults(root, manifest, indexed, runs) if one.path not in broken]
    kept.faults += head_faults(root, snapshots[:-1], {fault.path for fault in kept.faults})
    archive = {_name(root, path): path.stem for path in found(root.archive, "*/*") if not path.name.startswith(".")}
    wanted = _originals(kept)
    for name in wanted.keys() - archive.keys():
        kept.fault(name, "missing", wanted[name], "none")
    # While a run is at work, it may be what has come again; or the next one removes it.
    for path in [] if root.work.exists() else forgotten_originals(root, kept.receipts, kept.forgotten):
        kept.fault(_name(root, path), "forgotten", "none", "the original")
    rows = counting(kept.rows)
    published = {f"marts/{name}": sha256 for one in snapshots for name, sha256 in one.named.items()}
    files = {**archive, **kept.rules, **rule_lists(root), **rows, **published, **_reports(kept, runs)}
    kept.faults += file_faults(root, files)
    _strange(kept, runs)
    kept.faults += view_faults(root, manifest)
    return VerifyResult(
        root=str(root.path),
        originals=len(archive),
        entries=len(runs),
        rule_lists=len(kept.rules),
        rows=len(rows),
        published=len(manifest.named) if manifest else 0,
        without_hash=kept.without_hash,
        bytes=_bytes(root, [*archive, *rows, *published]),
        seconds=round(perf_counter() - start, 3),
        faults=tuple(sorted(kept.faults, key=lambda fault: fault.path)),
    )


def _name(root: Root, path: Path) -> str:
    return path.relative_to(root.path).as_posix()


def _bytes(root: Root, names: list[str]) -> int:
    """The bytes of the files that are there, each once however many names it has."""
    states = [(root.path / name).stat() for name in names if (root.path / name).exists()]
    return sum({(one.st_dev, one.st_ino): one.st_size for one in states}.values())


def _entries(kept: _Kept, runs: list[str]) -> None:
    """Reads every entry, and notes what it names."""
    for run in runs:
        path = journal.entry_path(kept.root, run)
        _, said, is_now = unsealed(path.read_bytes())
        if said != is_now:
            kept.fault(_name(kept.root, path), "changed", f"SHA-256 {said}", f"SHA-256 {is_now}")
            continue
        try:
            entry = journal.read_entry(kept.root, run)
        except StoreError as error:
            kept.fault(_name(kept.root, path), "unreadable", "an entry of the journal", str(error))
            continue
        kept.without_hash += said is None
        _note_named(kept, entry)


def _note_named(kept: _Kept, entry: Entry) -> None:
    """Notes the receipts, the files of rows and the lists of rules that an entry names, and what it forgot."""
    kept.receipts += [one.receipt for one in entry.receipts if one.receipt.archive is None]
    kept.forgotten |= {*(entry.forgotten.receipts if entry.forgotten else ())}
    named = named_files(entry)
    kept.without_hash += sum(sha256 is None for sha256 in named.values())
    kept.rows |= named
    lists = (sha256 for period in entry.periods for sha256 in period.rule_lists)
    kept.rules |= {_name(kept.root, rule_list_path(kept.root, sha256)): sha256 for sha256 in lists}


def _originals(kept: _Kept) -> dict[str, str]:
    """The originals that must be there, by path, with the first receipt of each."""
    originals: dict[str, str] = {}
    for one in kept.receipts:
        if one.unread_bytes is None and one.receipt not in kept.forgotten:
            name = _name(kept.root, archived(kept.root, one.submission, one.file))
            originals.setdefault(name, f"the original of receipt {one.receipt} ({one.file})")
    return originals


def _reports(kept: _Kept, runs: list[str]) -> dict[str, str | None]:
    """The files of reports, with the SHA-256 that each report has of them. A report may be deleted whole."""
    files: dict[str, str | None] = {}
    for run in runs:
        folder = kept.root.reports / run
        if not folder.is_dir() or not any(folder.iterdir()):
            continue
        named, name = named_in_report(folder), _name(kept.root, folder)
        files |= {f"{name}/{path}": sha256 for path, sha256 in (named or {}).items()}
        if (kept.root.work / run).exists():
            continue  # it is being written, or the next run ends it
        if named is not None:
            for path in unnamed_in_report(folder, named):
                kept.fault(f"{name}/{path}", "unnamed", f"what {SUMS} names", "a file")
        elif journal.names_predecessor(kept.root, run):
            kept.fault(f"{name}/{SUMS}", "missing", "the hashes of the report", "none")
        else:
            kept.without_hash += 1
    return files


def _strange(kept: _Kept, runs: list[str]) -> None:
    """Files of rows that no entry names, but of runs that are to come: one may be at work."""
    if any(fault.path.startswith("journal/") for fault in kept.faults):
        return  # what that entry names is not known
    for path in unnamed(kept.root, kept.rows):
        if run_of(path) <= max(runs, default=""):
            kept.fault(_name(kept.root, path), "unnamed", "none", "a file of rows")
