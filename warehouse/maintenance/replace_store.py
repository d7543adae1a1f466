"""Putting a rebuilt store in the place of the live one, file by file; safe to be interrupted and done again.

Only what is not as the journal and the manifest say is replaced, each by a rename: no reader meets half a file, and
who reads what was right is not disturbed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from warehouse.codebook import load
from warehouse.marts.as_known import AsKnown
from warehouse.marts.build_digest import build_digest
from warehouse.messages.errors import StoreError
from warehouse.snapshots.manifest import open_share, read_manifest
from warehouse.snapshots.publish import Plan, publish, record_snapshot
from warehouse.snapshots.views import heal
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file
from warehouse.store.files import Root, make_folder, sync_folder
from warehouse.store.transfer import rows_kept


def put_in_place(rebuilt: Root, root: Root, ledger_url: str) -> list[str]:
    """Replaces what of history, quarantine, ledger and marts is not as rebuilt; returns the files, below the root.

    The rebuilt root must have come out without a difference, the lock on the live one must be held.
    """
    replaced = _replaced(rows_kept(rebuilt, journal.runs(root)), rebuilt, root)
    engine = _indexed(root, ledger_url)
    runs, manifest = ledger.deciding(engine, root), read_manifest(root)
    if manifest is not None and manifest.run in runs[-1:] and manifest.program == build_digest():
        published = [*(file.path for file in manifest.files), *manifest.documents]
        replaced += _replaced([rebuilt.marts / path for path in published], rebuilt, root)
        heal(root, load())
    elif runs:
        manifest = publish(
            root, Plan.of(AsKnown.of(load(), root.history, engine, open_share(manifest))), load(), from_nothing=True
        )
    if manifest is not None:
        record_snapshot(engine, manifest)
    shutil.rmtree(rebuilt.path)
    return replaced


def _replaced(paths: Iterable[Path], rebuilt: Root, root: Root) -> list[str]:
    """Moves those files over whose place is empty or holds other bytes."""
    done = []
    for path in paths:
        name = path.relative_to(rebuilt.path).as_posix()
        live = root.path / name
        if not live.exists() or hash_file(live) != hash_file(path):
            make_folder(live.parent)
            path.replace(live)
            sync_folder(live.parent)
            done.append(name)
    return done


def _indexed(root: Root, ledger_url: str) -> sa.Engine:
    """The ledger with what the journal says and nothing else of runs."""
    try:
        engine = ledger.open_ledger(ledger_url, renew=True)
        ledger.index_anew(engine, root)
    except sa.exc.DatabaseError as error:
        raise StoreError(f"the ledger cannot be written ({error.orig}); delete it and say it again") from error
    return engine
