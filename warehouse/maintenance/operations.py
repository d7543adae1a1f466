"""The operations that look after the store, each whole: it waits for the lock, does its work, returns its record.

Command line and flows call these and nothing below them. Verifying needs no lock: `verify.verify`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import time

from warehouse.maintenance.backup import BackupResult, RestoreResult
from warehouse.maintenance.backup import back_up as back_up_root
from warehouse.maintenance.backup import restore as restore_root
from warehouse.maintenance.installation import Installation
from warehouse.maintenance.journal_faults import journal_faults
from warehouse.maintenance.rebuild import Rebuild, RebuildResult, rebuild
from warehouse.maintenance.recover import Pages, clear, prepare, sound_ledger
from warehouse.maintenance.replace_store import put_in_place
from warehouse.maintenance.retention import RetentionResult
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.as_of import AsOfMarts
from warehouse.snapshots.as_of import write_as_of as write_marts_as_of
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.prune import DAY, prune
from warehouse.store import journal
from warehouse.store.compact import CompactResult, compact
from warehouse.store.files import Root, checked, empty_folder, remove_tree
from warehouse.store.history import remove_superseded
from warehouse.store.integrity import refuse
from warehouse.store.named_files import ever_named, remove_unnamed


def prune_root(
    at: Installation, keep_days: float | None = None, keep_report_days: float | None = None, now: float | None = None
) -> RetentionResult:
    """Removes the snapshots that were superseded longer ago than `keep_days`, the reports and the months of the run log
    that were written longer ago than `keep_report_days`, by default as the installation says, and what is free in the
    ledger. `now` is in seconds since 1970.
    """
    days = at.keep_days if keep_days is None else keep_days
    report_days = at.keep_report_days if keep_report_days is None else keep_report_days
    moment = time() if now is None else now
    with at.root.lock(at.lock_wait_seconds):
        snapshots = prune(at.root, days, moment)
        return RetentionResult.of(snapshots, at.root, at.ledger_url, moment - report_days * DAY)


def compact_rows(at: Installation, at_least: int, moment: datetime, pages: Pages) -> CompactResult:
    """Makes the store whole, then merges the row files of each dataset and period that has `at_least` so many.

    `moment` (UTC) is the run's in the journal; `pages` as in `warehouse.maintenance.recover`.
    """
    with at.root.lock(at.lock_wait_seconds):
        recovered = prepare(at.root, at.ledger_url, pages)
        done = compact(at.root, at.ledger_url, moment, at_least)
        clear(at.root)
    return done.model_copy(update={"recovered": recovered})


def back_up(at: Installation, destination: Path) -> BackupResult:
    """Copies what is committed and not there yet to a folder outside the root, and verifies all of the backup."""
    with at.root.lock(at.lock_wait_seconds):
        return back_up_root(at.root, destination.absolute())


def restore(at: Installation, source: Path) -> RestoreResult:
    """Makes the root, where nothing is yet, of a backup, and verifies it."""
    with at.root.lock(at.lock_wait_seconds):
        return restore_root(source.absolute(), at.root, at.ledger_url, at.limits, at.folders)


def write_as_of(at: Installation, moment: datetime, out: Path) -> AsOfMarts:
    """Writes the marts as they were known at a moment (UTC) to a new or empty folder; nothing is published."""
    with at.root.lock(at.lock_wait_seconds):
        sound_ledger(at.root, at.ledger_url, read_manifest(at.root))
        return write_marts_as_of(at.root, at.ledger_url, moment, checked(out))


def rebuild_into(at: Installation, out: Path | None = None) -> RebuildResult:
    """Rebuilds into a new or empty folder, `rebuild` in the root by default, which is then made anew.

    No lock is taken: what it reads is immutable. Raises PermanentError where nothing was received yet, the folder has
    something in it, or databases cannot be in it.
    """
    if not journal.runs(at.root):
        raise PermanentError(f"nothing has been received yet in {at.root.path}: is XIANBAO_ROOT right?")
    folder = checked(out or at.root.path / "rebuild")
    if out is None:
        remove_tree(folder)
    empty_folder(folder)
    return rebuild(Rebuild.into(at.root, folder, at.limits, at.folders))


def rebuild_in_place(at: Installation) -> RebuildResult:
    """Rebuilds and, where nothing differs that matters, replaces what in the root is not as it must be: `replaced`.

    Where something does, the root is as it was.
    """
    root = at.root
    with root.lock(at.lock_wait_seconds):
        refuse(journal_faults(root, read_manifest(root), {}, journal.runs(root)))  # what is removed, an entry may name
        remove_unnamed(root, ever_named(root))
        remove_superseded((root.history, root.quarantine), journal.runs(root))
        done = rebuild_into(at)
        if not done.same:
            return done
        replaced = put_in_place(Root(Path(done.out)), root, at.ledger_url)
        return done.model_copy(update={"replaced": tuple(replaced)})
