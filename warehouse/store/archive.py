"""The archive: every submission byte for byte, under its SHA-256, never changed."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader
from pathlib import Path

from warehouse.intake.formats.file_labels import plain_suffix
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.messages.errors import StillWrittenError, StoreError
from warehouse.messages.log import log
from warehouse.store.files import Root, make_folder, naming, sync, sync_folder

CHUNK = 1 << 20
# Files that need not be hashed again while they are the same: the periods of a run read much the same ones.
HASHED = 100_000
# What to do about an original that is not as it was received.
AGAIN = ("请从备份恢复,或重新提交原件", "restore it from a backup, or submit the original again")


@dataclass(frozen=True)
class Stamp:
    """What shows that a file is still the one that was looked at, with the same bytes."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, state: os.stat_result) -> Stamp:
        """The stamp of a file's state: device, inode, size, time of its last change."""
        return cls(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)


def open_regular(path: Path) -> BufferedReader:
    """The file for reading. Raises OSError for a link or a special file, and never waits for one."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"not a regular file: {path}")
    return os.fdopen(descriptor, "rb")


def hash_file(path: Path) -> str:
    """The SHA-256 of the file's bytes, in hex."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_once(path: Path) -> str | None:
    """The SHA-256 of a file, None where it is gone; of one that has not changed meanwhile, hashed once a process."""
    try:
        return _hash(path, Stamp.of(path.stat()))
    except FileNotFoundError:
        return None


@lru_cache(HASHED)
def _hash(path: Path, _: Stamp) -> str:
    return hash_file(path)


def archived(root: Root, submission: str, name: str) -> Path:
    """Where the original of a submission is kept; its suffix is the one it came with, if it is plain: a place in the
    archive is never up to a sender.
    """
    return root.archive / submission[:2] / f"{submission}{plain_suffix(name)}"


def original_of(root: Root, receipt: Receipt) -> ReceivedFile:
    """The receipt with its original, which may be gone; of a member of an archive, the archive's."""
    if receipt.archive is None:
        return ReceivedFile(receipt, archived(root, receipt.submission, receipt.file))
    return ReceivedFile(receipt, root.archive / receipt.archive[:2] / receipt.archive, receipt.member)


def original(root: Root, receipt: Receipt) -> ReceivedFile:
    """The receipt with its original; raises StoreError where that is gone, or no longer what was received."""
    there = original_of(root, receipt)
    try:
        is_now = hash_once(there.path)
    except OSError as error:
        raise _unlike(there.path, "无法读取", "cannot be read", error.strerror or str(error)) from error
    if is_now is None:
        raise _unlike(there.path, "无法读取", "cannot be read", os.strerror(errno.ENOENT))
    if is_now != receipt.arrival:
        raise _unlike(there.path, "已损坏", "is damaged", f"{receipt.arrival} != {is_now}")
    return there


def _unlike(path: Path, zh: str, en: str, more: str) -> StoreError:
    return StoreError(f"{path} 存档原件{zh}({more})。{AGAIN[0]}。 the archived original {en} ({more}); {AGAIN[1]}")


def keep(root: Root, path: Path, name: str, stamp: Stamp | None = None) -> tuple[str, Path]:
    """Keeps the bytes of `path`; returns their SHA-256 and where they are kept. What is kept already stays.

    The bytes are read once: what is hashed is what is kept. Raises StillWrittenError, and keeps nothing, where the
    file cannot be opened, is no longer as `stamp` says, or changes meanwhile.
    """
    make_folder(root.work)
    temporary = root.work / f"keep.{os.getpid()}"
    try:
        source = open_regular(path)
    except OSError as error:
        raise StillWrittenError(f"{path}: {error.strerror or error}") from error
    try:
        with source:
            submission = _copy_unchanged(source, temporary, stamp)
        return submission, _adopt(root, temporary, submission, name)
    except (OSError, StillWrittenError):
        # Half of a large file would stand in the way of what is to be done about a full disk.
        temporary.unlink(missing_ok=True)
        raise


def _adopt(root: Root, temporary: Path, submission: str, name: str) -> Path:
    """Moves a file of the work folder, whose SHA-256 is known, into the archive; what is kept already stays.

    Where that is not what it was, as after a fault of the disk, the file takes its place.
    """
    kept = archived(root, submission, name)
    if kept.exists():
        if hash_file(kept) == submission:
            temporary.unlink()
            return kept
        log.warning("%s 存档已损坏,已用重新收到的原件替换; was damaged, and is replaced by what came again", kept)
    make_folder(kept.parent)
    with naming(kept), temporary.open("rb") as file:
        sync(file.fileno())
    temporary.chmod(0o440)
    temporary.replace(kept)
    sync_folder(kept.parent)
    return kept


def _copy_unchanged(source: BufferedReader, target: Path, stamp: Stamp | None) -> str:
    """Copies the bytes and returns their SHA-256; raises StillWrittenError where the file is not all the time as
    `stamp` says.
    """
    before = _stamp(source)
    submission = _copy(source, target, before.size)
    if before != _stamp(source) or (stamp or before) != before:
        raise StillWrittenError("it changed while it was read")
    return submission


def _stamp(source: BufferedReader) -> Stamp:
    """As the open file is now; an error is a matter of this file alone."""
    try:
        return Stamp.of(os.fstat(source.fileno()))
    except OSError as error:
        raise StillWrittenError(error.strerror or str(error)) from error


def _copy(source: BufferedReader, target: Path, most: int) -> str:
    """Copies the bytes and returns their SHA-256; of a file that grows meanwhile not much more than it had."""
    digest = hashlib.sha256()
    with naming(target), target.open("wb") as file:
        for chunk in _chunks(source):
            digest.update(chunk)
            file.write(chunk)
            if file.tell() > most:
                break
    return digest.hexdigest()


def _chunks(source: BufferedReader) -> Iterator[bytes]:
    """The bytes; an error of reading, unlike one of writing, is a matter of this file alone."""
    try:
        while chunk := source.read(CHUNK):
            yield chunk
    except OSError as error:
        raise StillWrittenError(error.strerror or str(error)) from error
