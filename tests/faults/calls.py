"""The calls of the system that a process makes, counted, and one of them made to kill it or to fail."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

# What is done at the call: the process dies before it, amid it (half of the bytes are written) or after it; the disk
# is full from it on (amid: half of the bytes found a place), or can no longer be written at all; this call of this
# file, and the same one later, is refused. Of a power cut: what the disk had of it (tests/faults/power.py).
How = Literal[
    "before",
    "amid",
    "after",
    "full",
    "amid full",
    "read only",
    "refused",
    "names lost",
    "data empty",
    "data garbage",
    "one name alone",
    "one name lost",
]
# What the disk has of names that were not synced, and of bytes.
POWER: tuple[How, ...] = ("names lost", "data empty", "data garbage", "one name alone", "one name lost")
NAMES = {
    "replace": "rename", "rename": "rename", "link": "link", "symlink": "symlink", "unlink": "unlink",
    "remove": "unlink", "mkdir": "mkdir", "rmdir": "rmdir", "chmod": "chmod", "fsync": "fsync",
}  # fmt: skip
# What changes nothing; `look` is opening for reading.
READING = {"stat", "list", "readlink", "look", "read"}
READS = {"stat": "stat", "lstat": "stat", "scandir": "list", "listdir": "list", "readlink": "readlink"}
# What knows its file by a descriptor: an error of it names no path.
BY_DESCRIPTOR = {"write", "fsync", "read"}
TWO = {"rename", "link", "symlink"}
# What needs no place on the disk.
FREES = {"unlink", "rmdir", "rename", "chmod"}
# What the ledger says where the system said that.
OF_SQLITE = {
    errno.ENOSPC: "database or disk is full", errno.EROFS: "attempt to write a readonly database",
}  # fmt: skip
DISK_FAILED = "disk I/O error"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Call:
    """A call: what it does, and the file, below the folder that is watched; what that was called, or is a link to."""

    kind: str
    path: str
    source: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Fault:
    """What happens at the call of this number, the first being 1; nothing at 0. `code` is the error of a refusal."""

    at: int = 0
    how: How = "before"
    code: int = 0


@dataclass
class Calls:
    """The durable calls below a folder since `watch`, with `reads` all of them; `died` has what the process was at when
    it was killed.
    """

    folder: Path
    fault: Fault = field(default_factory=Fault)
    died: Path | None = None
    reads: bool = False
    by: signal.Signals = signal.SIGKILL
    made: list[Call] = field(default_factory=list)

    def watch(self) -> None:
        """Puts itself around the calls, for as long as the process lives: it is a child made for that."""
        for name, kind in (NAMES | (READS if self.reads else {})).items():
            setattr(os, name, self._around(kind, getattr(os, name)))
        os.open = self._os_open(os.open)
        io.open = builtins.open = self._open(io.open)  # type: ignore[assignment]
        # The ledger's.
        DefaultDialect.do_commit = self._around("commit", DefaultDialect.do_commit)  # type: ignore[method-assign]

    def make(self, call: Call, do: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        """Makes a call, unless the fault is at it; `half` makes half of it."""
        self.made.append(call)
        kind, path = call.kind, call.path
        number, how = len(self.made), self.fault.how
        if how == "refused":
            if 0 < self.fault.at <= number and call == self.made[self.fault.at - 1]:
                raise self._refusal(call)
            return do()
        if how in {"full", "amid full", "read only"}:
            self._refuse(kind, number, half)
            return do()
        at = number == self.fault.at
        if at and how != "after":
            if half and how == "amid":
                half()
            self.die(kind, path)
        done = do()
        if at:
            self.die(kind, path)
        return done

    def die(self, kind: str, path: str) -> None:
        """The end, as the system would make it, once it is noted what for."""
        if self.died:
            self.died.write_text(f"{kind} {path}", encoding="utf-8")
        os.kill(os.getpid(), self.by)

    def _refusal(self, call: Call) -> Exception:
        """What the system, or the ledger, says no with."""
        said = os.strerror(self.fault.code)
        if call.kind == "commit":
            return OperationalError("COMMIT", {}, sqlite3.OperationalError(OF_SQLITE.get(self.fault.code, DISK_FAILED)))
        named = () if call.kind in BY_DESCRIPTOR else (str(self.folder / call.path),)
        return OSError(self.fault.code, said, *named)

    def _refuse(self, kind: str, number: int, half: Callable[[], Any] | None) -> None:
        """Raises what the system does where the disk is full, or cannot be written."""
        if not 0 < self.fault.at <= number or (kind in FREES and self.fault.how != "read only"):
            return
        if half and number == self.fault.at and self.fault.how == "amid full":
            half()
        if kind == "commit":
            read_only = self.fault.how == "read only"
            raise sqlite3.OperationalError(
                "attempt to write a readonly database" if read_only else "database or disk is full"
            )
        code = errno.EROFS if self.fault.how == "read only" else errno.ENOSPC
        raise OSError(code, os.strerror(code))

    def _below(self, path: Any, dir_fd: int | None = None) -> str | None:
        """The path below the folder; None elsewhere. A descriptor is of the file that it has open."""
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        given = Path(os.fsdecode(path))
        if dir_fd is not None:
            given = Path(f"/proc/self/fd/{dir_fd}").readlink() / given
        given = Path(os.path.abspath(given))  # noqa: PTH100  (a link is the file that is meant)
        return given.relative_to(self.folder).as_posix() if given.is_relative_to(self.folder) else None

    def _around(self, kind: str, do: Callable[..., Any]) -> Callable[..., Any]:
        """A call of the system, or a commit. What is named second is what comes to be."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            if kind == "commit":
                return self.make(Call(kind, "ledger.db"), lambda: do(*args, **kwargs))
            path = self._below(args[1] if kind in TWO else args[0] if args else ".", kwargs.get("dir_fd"))
            if not path:
                return do(*args, **kwargs)
            source = os.fspath(args[0]) if kind == "symlink" else self._below(args[0]) if kind in TWO else None
            return self.make(Call(kind, path, source), lambda: do(*args, **kwargs))

        return watched

    def _os_open(self, do: Callable[..., int]) -> Callable[..., int]:
        def watched(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
            below = self._below(path, dir_fd) if flags & WRITING or self.reads else None
            if below is None:
                return do(path, flags, mode, dir_fd=dir_fd)
            call = Call("open" if flags & WRITING else "look", below)
            done: int = self.make(call, lambda: do(path, flags, mode, dir_fd=dir_fd))
            return done

        return watched

    def _open(self, do: Callable[..., Any]) -> Callable[..., Any]:
        """`open`, of which a file for writing writes through us, and one for reading reads, with `reads`."""

        def watched(  # noqa: PLR0913, PLR0917  (as `open` has it)
            file: Any,
            mode: str = "r",
            buffering: int = -1,
            encoding: str | None = None,
            errors: str | None = None,
            newline: str | None = None,
            closefd: bool = True,  # noqa: FBT001, FBT002
            opener: Any = None,
        ) -> Any:
            reading = mode in {"r", "rb", "rt"}
            aside = not self.reads if reading else isinstance(file, int)
            path = None if aside else self._below(file)
            if path is None:
                return do(file, mode, buffering, encoding, errors, newline, closefd, opener)
            call = Call("look" if reading else "open", path)
            raw = self.make(call, lambda: Raw(file, mode.replace("b", "").replace("t", ""), closefd))
            raw.calls, raw.path = self, path
            if buffering == 0:
                return raw
            buffer = io.BufferedReader(raw) if reading else io.BufferedWriter(raw)
            return buffer if "b" in mode else io.TextIOWrapper(buffer, encoding, errors, newline)

        return watched


class Raw(io.FileIO):
    """An open file, each write of which is a durable call, each read a call."""

    calls: Calls
    path: str

    def write(self, data: Any) -> int:
        whole = bytes(data)
        write = super().write
        call = Call("write", self.path)
        done: int = self.calls.make(call, lambda: write(whole), lambda: write(whole[: len(whole) // 2]))
        return done

    def readinto(self, data: Any) -> int | None:
        read = super().readinto
        done: int | None = self.calls.make(Call("read", self.path), lambda: read(data))
        return done

    def readall(self) -> bytes:
        read = super().readall
        done: bytes = self.calls.make(Call("read", self.path), read)
        return done
