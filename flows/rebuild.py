"""Rebuilding what follows from archive and journal: beside the root, or in its place."""

from __future__ import annotations

import shutil
from pathlib import Path

from flows.settings import Settings
from warehouse.maintenance.rebuild import Rebuild, RebuildResult, rebuild
from warehouse.maintenance.replace_store import put_in_place
from warehouse.messages.errors import PermanentError
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.history import remove_superseded, remove_uncommitted


def rebuild_into(settings: Settings, out: Path | None) -> RebuildResult:
    """Rebuilds into a new or empty folder, `rebuild` in the root by default, which is then made anew.

    No lock is taken: what it reads is immutable. Raises PermanentError where nothing was received yet, or the folder
    has something in it.
    """
    if not journal.runs(settings.store):
        raise PermanentError(f"nothing has been received yet in {settings.store.path}: is XIANBAO_ROOT right?")
    folder = (out or settings.store.path / "rebuild").absolute()
    if out is None:
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PermanentError(f"{folder} is not an empty folder; name one that is new or empty")
    return rebuild(Rebuild.into(settings.store, folder, settings.limits, settings.folders))


def rebuild_in_place(settings: Settings) -> tuple[RebuildResult, list[str] | None]:
    """Rebuilds and, where nothing differs that matters, replaces what in the root is not as it must be; these files.

    None in their place where something does: the root is then as it was.
    """
    root = settings.store
    with root.lock(settings.lock_wait_seconds):
        for remove in (remove_uncommitted, remove_superseded):
            remove((root.history, root.quarantine), journal.runs(root))
        done = rebuild_into(settings, None)
        if not done.same:
            return done, None
        return done, put_in_place(Root(Path(done.out)), root, settings.ledger)
