"""What a benched process measures of itself: its stages, the time since it began, the most memory that it held."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KIB_IN_MIB = 1024
STARTTIME = 19  # its place in /proc/self/stat, counted from behind the name


@contextmanager
def stage(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Adds the time that passes to the stage's."""
    start = time.perf_counter()
    yield
    seconds[name] = round(seconds.get(name, 0) + time.perf_counter() - start, 3)


@contextmanager
def clocks() -> Iterator[dict[str, float]]:
    """Gives, when done, `total` seconds that passed and `cpu` seconds that this process worked (all its threads).

    The second is the steadier on a machine that others use too.
    """
    spent: dict[str, float] = {}
    start, worked = time.perf_counter(), time.process_time()
    yield spent
    spent["total"] = round(time.perf_counter() - start, 3)
    spent["cpu"] = round(time.process_time() - worked, 3)


def since_start() -> float:
    """Seconds since this process began, interpreter and imports included."""
    fields = Path("/proc/self/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    began = int(fields[STARTTIME]) / os.sysconf("SC_CLK_TCK")
    return round(time.clock_gettime(time.CLOCK_BOOTTIME) - began, 3)


def peak_mib() -> int:
    """The most memory that this process held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_IN_MIB


def children_peak_mib() -> int:
    """The sum of the most that each living child held (Prefect's embedded server is one)."""
    pids = [
        pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text(encoding="ascii").split()
    ]
    return sum(_peak(Path("/proc") / pid / "status") for pid in pids) // KIB_IN_MIB


def _peak(status: Path) -> int:
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(lines.get("VmHWM", "0").split()[0])
