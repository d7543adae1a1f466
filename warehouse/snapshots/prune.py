"""Pruning: snapshots that nobody can still be reading are removed; what newer ones share with them stays."""

from __future__ import annotations

import shutil
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root, found, sync_folder

DAY = 86_400
GOING = ".gone-"


class PruneResult(BaseModel):
    """The versions that were removed and those that stay, ascending; the bytes that came free."""

    model_config = ConfigDict(frozen=True)

    removed: tuple[str, ...]
    kept: tuple[str, ...]
    bytes: int


def prune(root: Root, keep_days: float, now: float) -> PruneResult:
    """Removes the snapshots that were superseded more than `keep_days` before `now` (seconds since 1970).

    When one was superseded is when the folder of the next was written last. Never the current one, the one before it,
    or a later folder, which is of an attempt that may still be under way. The lock on the root must be held.
    """
    finish(root)
    manifest = read_manifest(root)
    if manifest is None:
        return PruneResult(removed=(), kept=(), bytes=0)
    there = [path for path in found(root.marts, "v=*") if path.name <= f"v={manifest.version}"]
    old = [path for path, after in pairwise(there[:-1]) if after.stat().st_mtime < now - keep_days * DAY]
    size = sum(remove_whole(path) for path in old)
    kept = tuple(_version(path) for path in there if path not in old)
    return PruneResult(removed=tuple(map(_version, old)), kept=kept, bytes=size)


def _version(folder: Path) -> str:
    return folder.name.replace("v=", "", 1)


def finish(root: Root) -> list[str]:
    """Removes what an interrupted removal left; the versions of these snapshots, the runs of these reports."""
    going = [path for folder in (root.marts, root.reports) for path in found(folder, f"{GOING}*")]
    for path in going:
        shutil.rmtree(path)
    return [_version(path).removeprefix(GOING) for path in going]


def remove_whole(folder: Path) -> int:
    """Takes a folder away whole, by a rename, then its files; the bytes of the Parquet files that no other has too."""
    states = [path.stat() for path in folder.rglob("*.parquet")]
    going = folder.with_name(f"{GOING}{folder.name}")
    folder.replace(going)
    sync_folder(going.parent)
    shutil.rmtree(going)
    return sum(state.st_size for state in states if state.st_nlink == 1)
