"""Processes that a killed one left behind."""

from __future__ import annotations

import time
from pathlib import Path


def orphans(group: int, folder: Path, seconds: float) -> int:
    """How many processes of the killed one's are left after so many seconds, of its group or at work in its folder."""
    until = time.monotonic() + seconds
    own = [*Path("/proc").glob("[0-9]*")]
    while (left := sum(_alive(one / "stat", group) or _within(one / "cwd", folder) for one in own)) and (
        time.monotonic() < until
    ):
        time.sleep(0.05)
    return left


def _alive(stat: Path, group: int) -> bool:
    """Whether a process is of the group and more than an entry in a table."""
    try:
        state, _, its_group = stat.read_text(encoding="utf-8", errors="replace").rpartition(") ")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(its_group) == group and state not in {"Z", "X"}


def _within(cwd: Path, folder: Path) -> bool:
    """Whether a process works in a folder, as those that read do."""
    try:
        return cwd.readlink().is_relative_to(folder)
    except OSError:  # it has ended, or is another user's
        return False
