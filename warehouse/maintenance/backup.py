"""Backups: archive, journal and rows copied elsewhere, only what is not there yet; and a root made of one again.

A backup has the folders of a root, so that verifying knows it as one. Rows of history and quarantine follow from
archive and journal, but only as long as files are read as they were then: they go along, and nothing hangs on that.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from pydantic import BaseModel, ConfigDict

from warehouse.intake.formats.preflight import Limits
from warehouse.maintenance.forget_originals import remove_forgotten_from_backup
from warehouse.maintenance.rebuild import Rebuild, RebuildResult, rebuild
from warehouse.maintenance.snapshot_faults import PUBLISHED
from warehouse.maintenance.verify import VerifyResult, verify
from warehouse.messages.errors import PermanentError, StoreError
from warehouse.snapshots.manifest import Manifest, manifest_path, read_manifest_at
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file
from warehouse.store.files import Root, remove_temporaries
from warehouse.store.history import remove_superseded
from warehouse.store.integrity import IntegrityFault
from warehouse.store.journal_records import Entry
from warehouse.store.named_files import counting, ever_named
from warehouse.store.rule_lists import rule_lists
from warehouse.store.transfer import copy_durably, originals, transfer_files


class BackupResult(BaseModel):
    """What a backup has now: files copied this time, files that were there, repaired ones; what is forgotten and was
    removed from it; and what is wrong in it.
    """

    model_config = ConfigDict(frozen=True)

    source: str
    destination: str
    copied: int
    present: int
    repaired: tuple[str, ...]
    forgotten: tuple[str, ...]
    bytes: int
    seconds: float
    faults: tuple[IntegrityFault, ...]


class RestoreResult(BaseModel):
    """A root made of a backup: what was rebuilt, and what verifying says of it."""

    model_config = ConfigDict(frozen=True)

    rebuilt: RebuildResult
    verified: VerifyResult

    @property
    def whole(self) -> bool:
        """Whether all is as it was kept. What is read otherwise today, but is there as of then, is; marts that come out
        otherwise are what today's program makes of it.
        """
        return not self.verified.faults


def back_up(root: Root, destination: Path) -> BackupResult:
    """Copies what is committed and not there yet, entries of the journal last, then verifies all of the backup.

    The lock on the root must be held. What has changed in the backup since it was copied is copied again; originals
    that were forgotten are removed and, once all is verified, files of rows that have been merged since. Raises
    PermanentError where there is nothing to copy, or the destination is no place for it.
    """
    start = perf_counter()
    there = Root(destination)
    _check_destination(root, there)
    runs = journal.runs(root)
    if not runs:
        raise PermanentError(f"nothing has been received yet in {root.path}: is XIANBAO_ROOT right?")
    remove_temporaries(there.path)
    rows = [root.path / name for name in counting(ever_named(root))]
    journal_files = [*map(root.path.joinpath, rule_lists(root)), *(journal.entry_path(root, run) for run in runs)]
    wanted = [*originals(root), *filter(Path.exists, rows), *journal_files]
    new = transfer_files(wanted, root, there, copy_durably)
    if manifest_path(root).exists():
        copy_durably(manifest_path(root), there.path / PUBLISHED)
    forgotten = remove_forgotten_from_backup(there)
    repaired = [fault.path for fault in verify(there).faults if (root.path / fault.path).is_file()]
    for name in repaired:
        copy_durably(root.path / name, there.path / name)
    faults = verify(there).faults
    if not faults:
        remove_superseded((there.history, there.quarantine), runs)
    return BackupResult(
        source=str(root.path),
        destination=str(destination),
        copied=len(new),
        present=len(wanted) - len(new),
        repaired=tuple(repaired),
        forgotten=tuple(path.relative_to(there.path).as_posix() for path in forgotten),
        bytes=sum(path.stat().st_size for path in new),
        seconds=round(perf_counter() - start, 3),
        faults=faults,
    )


def _check_destination(root: Root, there: Root) -> None:
    """Refuses a place inside the root or around it, and a backup of another root."""
    own, other = root.path.resolve(), there.path.resolve()
    if own.is_relative_to(other) or other.is_relative_to(own):
        raise PermanentError(f"{there.path} and {root.path} lie within each other; name a place outside, best a disk")
    runs = journal.runs(there)
    if missing := set(runs) - set(journal.runs(root)):
        raise PermanentError(f"{there.path} has run {min(missing)}, {root.path} does not: it is a backup of another")
    said = _decided_then(there, runs[0]) if runs else None
    if said is not None and said != _decided_then(root, runs[0]):
        raise PermanentError(f"{there.path} is a backup of another root: run {runs[0]} is not the same")


def _decided_then(root: Root, run: str) -> Entry | None:
    """What an entry says; None where it is damaged, which verifying says."""
    try:
        return journal.read_entry(root, run)
    except StoreError:
        return None


def restore(source: Path, root: Root, ledger_url: str, limits: Limits, folders: Mapping[str, str]) -> RestoreResult:
    """Makes a root of a backup: archive and journal copied, history, quarantine, ledger and marts rebuilt.

    The lock on the root must be held; interrupted, it can be said again until the marts are there, and then the next
    run finishes. Raises PermanentError where the root has something else already, or the source is no backup.
    """
    backup = Root(source)
    if not journal.runs(backup):
        raise PermanentError(f"{source} is no backup: it has no journal")
    began = root.journal.exists()
    if manifest_path(root).exists() or (began and not _same_journal(backup, root)):
        raise PermanentError(f"{root.path} is in use already; name an empty place by XIANBAO_ROOT")
    if not began and not ledger.read_table(ledger.open_ledger(ledger_url), ledger.RUNS).is_empty():
        raise PermanentError("the ledger of XIANBAO_LEDGER_URL knows runs already; name an empty one")
    remove_temporaries(root.path)
    plan = Rebuild(backup, root, ledger_url, _published(backup), limits, folders, copy_durably)
    return RestoreResult(rebuilt=rebuild(plan), verified=verify(root, ledger_url))


def _same_journal(backup: Root, root: Root) -> bool:
    """Whether the root has the entries of the backup and no others, as an interrupted restore leaves it."""
    runs = journal.runs(backup)
    paths = [(journal.entry_path(backup, run), journal.entry_path(root, run)) for run in runs]
    return runs == journal.runs(root) and all(hash_file(own) == hash_file(other) for own, other in paths)


def _published(backup: Root) -> Manifest | None:
    """The snapshot that was published when the backup was made."""
    return read_manifest_at(backup.path / PUBLISHED)
