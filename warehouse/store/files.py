"""The root's folders, the one lock on it, and writing that a crash cannot halve."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from warehouse.messages.errors import PermanentError, RootBusyError
from warehouse.messages.log import log

# A file before it is renamed to its own name: a dot, the name, the process.
TEMPORARY = re.compile(r"\..+\.[0-9]+")


@dataclass(frozen=True)
class Root:
    """Where everything of one province is kept (docs/explanation/architecture.md, "The root")."""

    path: Path

    @property
    def archive(self) -> Path:
        """The originals, by their hash."""
        return self.path / "archive"

    @property
    def journal(self) -> Path:
        """The entries of runs."""
        return self.path / "journal"

    @property
    def history(self) -> Path:
        """Rows of accepted returns."""
        return self.path / "history"

    @property
    def quarantine(self) -> Path:
        """Rows of quarantined returns."""
        return self.path / "quarantine"

    @property
    def marts(self) -> Path:
        """The published snapshots."""
        return self.path / "marts"

    @property
    def reports(self) -> Path:
        """Findings and Data Docs, a folder a run."""
        return self.path / "reports"

    @property
    def run_log(self) -> Path:
        """What operations came to, a file a month."""
        return self.path / "run_log"

    @property
    def work(self) -> Path:
        """Scratch of the run at hand; whatever a crash leaves here is worthless."""
        return self.path / "work"

    @contextmanager
    def lock(self, wait_seconds: float) -> Iterator[None]:
        """Keeps other writers out, however they were started; the system frees it when the process ends.

        Raises RootBusyError when another one holds it for longer than `wait_seconds`.
        """
        make_folder(self.path)
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.warning("another run is at work in %s; waiting up to %g s for it", self.path, wait_seconds)
            _wait(lock, wait_seconds)
        try:
            yield
        finally:
            lock.release()


def _wait(lock: FileLock, seconds: float) -> None:
    try:
        lock.acquire(timeout=seconds)
    except Timeout as error:
        raise RootBusyError(f"another run still holds {lock.lock_file} after {seconds:g} s; try again later") from error


def found(folder: Path, pattern: str) -> Iterator[Path]:
    """What of a folder is called so, sorted; none where there is no such folder. A `/` goes one folder down.

    Raises OSError where a folder cannot be read: `Path.glob` would find nothing there, as if nothing had been kept.
    """
    name, _, below = pattern.partition("/")
    for one in found_names(folder, name):
        yield from found(folder / one, below) if below else (folder / one,)


def found_names(folder: Path, pattern: str) -> list[str]:
    """The same by name, without a `/`: paths cost more than all else where there are thousands."""
    try:
        return sorted(fnmatch.filter(os.listdir(folder), pattern))  # noqa: PTH208  (the names alone)
    except (FileNotFoundError, NotADirectoryError):
        return []


def checked(folder: Path) -> Path:
    """The whole path of a folder that databases are to be in. Raises PermanentError where they would open another."""
    whole = folder.absolute()
    if "?" in str(whole):
        raise PermanentError(
            f"{whole}: 路径中不能有 ?(数据库以之为参数的开始),请改名或另选位置; no ? may be in the path, for databases"
            " take it for the beginning of options: rename the folder, or choose another place"
        )
    return whole


def empty_folder(folder: Path) -> Path:
    """The same folder, which is new or empty. Raises PermanentError where it has something in it, or is none."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PermanentError(f"{folder} is not an empty folder; name one that is new or empty")
    return folder


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Puts the path to an error of the system that names none, as those of writing and syncing do."""
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def make_folder(folder: Path) -> None:
    """Makes a folder, and those above it that are missing, for good: the name of each is synced in the one above it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def remove_tree(folder: Path) -> None:
    """Removes a folder with all below it, where there is one. Raises OSError where that cannot be done: what is left
    would be taken for what comes next.
    """
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def write_durably(path: Path, data: bytes) -> None:
    """Puts a file in place whole: a temporary one, synced, renamed, its folder synced."""
    make_folder(path.parent)
    temporary = temporary_of(path)
    with naming(path), temporary.open("wb") as file:
        file.write(data)
        file.flush()  # what Python holds back, the system cannot sync
        sync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def temporary_of(path: Path) -> Path:
    """Where a file is written before it is renamed to its own name; no other process has the same."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def remove_temporaries(folder: Path) -> None:
    """Removes what interrupted writing left in the folder and in all below it; nobody may be writing there."""
    for parent, _, names in os.walk(folder, onerror=_raise_unless_gone):
        for name in filter(TEMPORARY.fullmatch, names):
            Path(parent, name).unlink()


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def sync(descriptor: int) -> None:
    """Waits until the disk has what was written."""
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes names created or renamed in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with naming(folder):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
