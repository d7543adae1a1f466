"""What an error says of the disk, of leave or of the system, as a sentence: each library says so in its own way."""

from __future__ import annotations

import errno
import os
import pwd
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.messages.errors import DiskError


@dataclass(frozen=True)
class Refusal:
    """One thing that the system says no for: its error numbers, words of libraries, what is said and to be done."""

    codes: tuple[int, ...]
    zh: str
    en: str
    words: tuple[str, ...] = ()

    def is_meant_by(self, error: BaseException) -> bool:
        """Whether it is what an error of the system or of a database is about; a number goes before words."""
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno in self.codes
        text = str(error)
        said = OF_RUST.search(text)
        return int(said[1]) in self.codes if said else any(word in text for word in self.words)


# How Polars quotes the system.
OF_RUST = re.compile(r"\(os error (\d+)\)")
FULL = Refusal(
    (errno.ENOSPC, errno.EFBIG), "磁盘已满,请腾出空间", "the disk is full; free some space",
    ("No space left on device", "disk is full", "File too large"),
)  # fmt: skip
QUOTA = Refusal(
    (errno.EDQUOT,), "磁盘配额已用尽,请腾出空间或提高配额",
    "the quota of this user on the disk is used up; free some space or have it raised", ("Disk quota exceeded",),
)  # fmt: skip
READ_ONLY = Refusal(
    (errno.EROFS,), "磁盘只读,不能写入,请恢复可写", "the disk cannot be written; make it writable",
    ("Read-only file system", "readonly database"),
)  # fmt: skip
# The disk takes no more, whatever is written.
OF_THE_DISK = (FULL, QUOTA, READ_ONLY)
NO_LEAVE = Refusal(
    (errno.EACCES, errno.EPERM), "没有权限,请由属主或管理员授予本用户读写权限",
    "there is no leave to do that; let the owner or an administrator grant it to this user",
    ("Permission denied", "Operation not permitted"),
)  # fmt: skip
REFUSALS = (
    *OF_THE_DISK,
    NO_LEAVE,
    Refusal(
        (errno.EIO,), "磁盘读写出错,可能已损坏,请检查磁盘和系统日志",
        "the disk failed to read or write; look at the system's log and check the disk",
        ("Input/output error", "disk I/O error"),
    ),
    Refusal(
        (errno.ENAMETOOLONG,), "路径过长,请改用较短的路径",
        "the path is too long for the system; use a shorter one", ("File name too long",),
    ),
    Refusal(
        (errno.ESTALE,), "网络盘上的文件已失效,请重新挂载网络盘",
        "the network disk no longer knows the file; mount it again", ("Stale file handle",),
    ),
    Refusal(
        (errno.EMFILE, errno.ENFILE), "打开的文件过多,请提高上限(ulimit -n)",
        "too many files are open; raise the limit (ulimit -n)", ("Too many open files",),
    ),
    Refusal(
        (errno.ENOMEM,), "内存不足,请释放或增加内存",
        "the system has no memory left; free or add some", ("Cannot allocate memory",),
    ),
)  # fmt: skip
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


def disk_error(error: BaseException, refusals: Collection[Refusal] = OF_THE_DISK) -> DiskError | None:
    """The error, or what caused it, as a sentence about the disk; None where it is of something else."""
    if isinstance(error, DiskError):
        return error
    for one in _causes(error):
        for refusal in refusals:
            if refusal.is_meant_by(one):
                return _disk_error(refusal, _line(one) + (_whose(one) if refusal is NO_LEAVE else ""))
    return None


def system_error(error: BaseException) -> DiskError | None:
    """As `disk_error`, also for what the system refuses otherwise: leave, a path that is too long, open files."""
    return disk_error(error, REFUSALS)


def _disk_error(what: Refusal, detail: str) -> DiskError:
    return DiskError(f"{what.zh}。{AGAIN_ZH}。 {what.en}: {AGAIN_EN} ({detail})")


def _whose(error: BaseException) -> str:
    """Whom the file, or the nearest folder above it that can be looked at, belongs to, and who asks."""
    name = error.filename if isinstance(error, OSError) else None
    if not isinstance(name, str | bytes):
        return ""
    path = Path(os.fsdecode(name)).absolute()
    for place in (path, *path.parents):
        try:
            state = place.stat(follow_symlinks=False)
        except OSError:
            continue
        mode = stat.filemode(state.st_mode)
        return f"; {place} belongs to {_user(state.st_uid)} ({mode}), this runs as {_user(os.geteuid())}"
    return ""


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


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
