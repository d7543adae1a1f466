"""What an error says of the disk: that it is full, or cannot be written; each library says so in its own way."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from warehouse.messages.errors import DiskError

FULL = ("磁盘已满,请腾出空间", "the disk is full; free some space")
FULL_SIGNS = (
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    ("No space left on device", "disk is full", "Disk quota exceeded", "File too large"),
)
READ_ONLY = ("磁盘只读,不能写入,请恢复可写", "the disk cannot be written; make it writable")
READ_ONLY_SIGNS = ((errno.EROFS,), ("Read-only file system", "readonly database"))
AGAIN_ZH = "已入库和已发布的数据不受影响,处理后重新运行即可"
AGAIN_EN = "what was committed and published is as it was, and the same command, said again, finishes the work"
MIB = 2**20
LEAST = 16 * MIB  # Prefect's database is of 2 MiB, and grows by some 20 KiB a run


def check_disk(folder: Path) -> None:
    """Raises DiskError where the disk that the folder is, or will be, on is read-only or all but full.

    For what could not even say so: Prefect's own server does not start without a place for its database.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    disk = os.statvfs(there)
    free = disk.f_bavail * disk.f_frsize
    if read_only(there):
        raise _disk_error(READ_ONLY, str(there))
    if free < LEAST:
        raise _disk_error(FULL, f"{there}: {free / MIB:.1f} MiB free, {LEAST / MIB:.0f} needed to begin")


def read_only(folder: Path) -> bool:
    """Whether nothing can be written on the folder's disk, whoever asks."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def disk_error(error: BaseException) -> DiskError | None:
    """The error, or what caused it, as a sentence about the disk; None where it is of something else."""
    if isinstance(error, DiskError):
        return error
    for one in _causes(error):
        for codes, texts, what in ((*FULL_SIGNS, FULL), (*READ_ONLY_SIGNS, READ_ONLY)):
            if (isinstance(one, OSError) and one.errno in codes) or any(text in str(one) for text in texts):
                return _disk_error(what, _line(one))
    return None


def _disk_error(what: tuple[str, str], detail: str) -> DiskError:
    return DiskError(f"{what[0]}。{AGAIN_ZH}。 {what[1]}: {AGAIN_EN} ({detail})")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Those of the error and its causes that come of the system or of a database: others may quote what a file says."""
    while error is not None:
        if isinstance(error, OSError) or _of_a_database(error):
            yield error
        error = error.__cause__


def _of_a_database(error: BaseException) -> bool:
    """Told by name: who only asks for help, or reads a submission, need not load SQLAlchemy and DuckDB for it."""
    kind = type(error)
    library = kind.__module__.split(".")[0]
    return library in ("duckdb", "_duckdb") or (library, kind.__name__) == ("sqlalchemy", "OperationalError")


def _line(error: BaseException) -> str:
    """The first line: libraries go on with advice of their own."""
    return str(error).split("\n", maxsplit=1)[0]
