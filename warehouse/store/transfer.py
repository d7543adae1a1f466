"""Carrying kept files from one root to another: each appears whole, what is there already stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from warehouse.store import journal, row_files
from warehouse.store.files import Root, found, make_folder, naming, remove_tree, sync, sync_folder, temporary_of
from warehouse.store.rule_lists import rule_lists

# Where a journal is put together before it is put in place.
ASIDE = ".journal"
Transfer = Callable[[Path, Path], None]


def copy_durably(source: Path, target: Path) -> None:
    """Copies a file: a temporary one, synced, renamed, its folder synced; its mode comes along."""
    make_folder(target.parent)
    temporary = temporary_of(target)
    temporary.unlink(missing_ok=True)
    shutil.copyfile(source, temporary)
    shutil.copymode(source, temporary)
    with naming(target), temporary.open("rb") as file:
        sync(file.fileno())
    temporary.replace(target)
    sync_folder(target.parent)


def link_or_copy(source: Path, target: Path) -> None:
    """The same file under a second name, which is left to be synced; a copy where that cannot be."""
    make_folder(target.parent)
    try:
        os.link(source, target)
    except OSError:
        copy_durably(source, target)


def originals(root: Root) -> list[Path]:
    """The files of the archive; not what is still being written."""
    return [path for path in found(root.archive, "*/*") if not path.name.startswith(".")]


def rows_kept(root: Root, runs: Iterable[str]) -> list[Path]:
    """The files of history and quarantine that count when these runs are committed."""
    files = row_files.row_files((root.history, root.quarantine), runs)
    return sorted(path for one in files for path in one.counting)


def transfer_files(paths: Iterable[Path], source: Root, target: Root, how: Transfer) -> list[Path]:
    """Carries files to the same place below the target where nothing is yet, for good; returns where they are now."""
    done = []
    for path in paths:
        there = target.path / path.relative_to(source.path)
        if not there.exists():
            how(path, there)
            done.append(there)
    for folder in {path.parent for path in done}:
        sync_folder(folder)
    return done


def transfer_journal(runs: Iterable[str], source: Root, target: Root, how: Transfer) -> None:
    """Carries entries and lists of rules: all of them appear at once, for a run is what stands in the journal; not
    where some are.
    """
    if target.journal.exists():
        return
    aside = Root(target.path / ASIDE)
    remove_tree(aside.path)
    aside.path.mkdir(parents=True)
    paths = [*map(source.path.joinpath, rule_lists(source)), *(journal.entry_path(source, run) for run in runs)]
    there = [aside.path / path.relative_to(source.journal) for path in paths]
    for path, carried in zip(paths, there, strict=True):
        how(path, carried)
    for folder in {aside.path, *(carried.parent for carried in there)}:
        sync_folder(folder)
    aside.path.replace(target.journal)
    sync_folder(target.path)
