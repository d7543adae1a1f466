"""What tests share: a folder that the first process of a session to need it fills, and copies of a store made so."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from warehouse.codebook import load
from warehouse.snapshots.views import heal
from warehouse.store.files import Root

# Fills a root by way of an inbox.
Fill = Callable[[Root, Path], object]


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name, made once in a session however many workers it has; nobody may change what is in it."""
    base = factory.getbasetemp()
    # Each worker of xdist has a folder of its own in the session's.
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made"
    made.mkdir(exist_ok=True)
    folder, done = made / name, made / f"{name}.done"
    with FileLock(made / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # who began it failed
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def store_of(factory: pytest.TempPathFactory, fill: Fill, kind: str) -> Path:
    """A folder with the `root` and the `inbox` that a function of a module fills, once in a session of each kind."""

    def make(folder: Path) -> None:
        (folder / "inbox").mkdir()
        root = Root(folder / "root")
        fill(root, folder / "inbox")
        gc.collect()  # connections that nobody has any more: what SQLite keeps beside the ledger would go amid a copy
        assert not [*root.path.glob("ledger.db-*")], "somebody keeps the ledger of a shared store open"

    return made_once(factory, f"{fill.__module__}.{fill.__name__}, {kind}", make)


def copy_store(folder: Path, root: Root, inbox: Path) -> Root:
    """Copies such a folder, hard links as hard links; `marts.duckdb` is over the files of the copy."""
    first: dict[int, str] = {}

    def copy(source: str, target: str) -> str:
        inode = os.stat(source).st_ino  # noqa: PTH116 - shutil's own way: there are thousands
        if inode in first:
            os.link(first[inode], target)
            return target
        first[inode] = target
        return shutil.copy2(source, target)

    shutil.copytree(folder / "root", root.path, symlinks=True, copy_function=copy)
    heal(root, load())
    shutil.copytree(folder / "inbox", inbox, dirs_exist_ok=True)
    return root
