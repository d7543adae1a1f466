"""The disk full: at every call that needs a place, by our own hand, and on a small disk of its own, by the system's."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.calls import BY_DESCRIPTOR, FREES, READING, Call, Fault, How
from tests.faults.kills import Kill, Outcome, fresh, outcome, undisturbed
from tests.faults.scenarios import SCENARIOS

SMALL_DISK = "night, files read by children"
DISK_BYTES = 64 * 2**20


def full_at(name: str, calls: Sequence[Call]) -> list[Kill]:
    """The disk full from each call on that needs a place, and amid each write."""
    hows: dict[bool, tuple[How, ...]] = {True: ("full", "amid full"), False: ("full",)}
    needing = [(number, call) for number, call in enumerate(calls, start=1) if call.kind not in FREES]
    return [Kill(name, Fault(number, how)) for number, call in needing for how in hows[call.kind == "write"]]


def read_only_at(name: str, calls: Sequence[Call]) -> list[Kill]:
    """The disk read-only from each call on, be it in the middle, as after a fault of the device."""
    return [Kill(name, Fault(number, "read only")) for number in range(1, len(calls) + 1)]


# What the system may answer, whatever is asked; where something is read or written; where it takes a place.
ANYWHERE = (errno.EIO, errno.EACCES, errno.ESTALE, errno.ENOMEM)
BY_NAME = (errno.ENAMETOOLONG, errno.EMFILE)
TAKING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def refused_at(name: str, calls: Sequence[Call]) -> list[Kill]:
    """Each call refused with each error that may come of it, from there on whenever it is made for the same file."""
    return [Kill(name, Fault(n, "refused", code)) for n, call in enumerate(calls, start=1) for code in codes(call)]


def codes(call: Call) -> tuple[int, ...]:
    """The errors that the system may answer a call with."""
    if call.kind == "commit":
        return (errno.EIO, errno.ENOSPC, errno.EROFS)
    by_name = () if call.kind in BY_DESCRIPTOR else BY_NAME
    return (*ANYWHERE, *by_name, *(() if call.kind in READING else TAKING))


@contextmanager
def small_disk(folder: Path) -> Iterator[str | None]:
    """A small disk mounted at the folder for a while; why there is none, where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    try:
        made = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        yield str(error)
        return
    if made.returncode:
        yield made.stderr.strip() or "mount refused"
        return
    try:
        yield None
    finally:
        # Lazily: a process that is ending may still have a file open there.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def on_a_small_disk(times: int, base: Path) -> tuple[str | None, list[Outcome]]:
    """A night with less and less space left, from what it needs down to nothing; or why that could not be tried."""
    folder = base / "small disk"
    with small_disk(folder) as refused:
        if refused is not None:
            return refused, []
        needed = _needed(folder)
        kills = [Kill(SMALL_DISK, free=needed * step // times) for step in range(times)]
        return None, [outcome(kill, folder) for kill in kills]


def _needed(folder: Path) -> int:
    """The bytes that the night takes."""
    place = fresh(folder, undisturbed(SMALL_DISK, folder).stage)
    before = _free(folder)
    SCENARIOS[SMALL_DISK].request(place)
    return before - _free(folder)


def _free(folder: Path) -> int:
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize
