"""Reading in child processes, for what a file may do to its reader: each has a limit on memory and on time.

A child that dies or hangs is replaced; the file that it had in hand is unreadable, the others of its part are read
again. `multiprocessing` would import the parent's main module in each child, and a pool of it does not survive one.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock, Timer

from warehouse.errors import TransientError
from warehouse.intake.preflight import Limits
from warehouse.intake.reading import InForce, Reading, load_reading, merged, read_part
from warehouse.intake.records import Received
from warehouse.intake.report import reading_finding
from warehouse.intake.worker import Part, Said

FILES, BYTES = 128, 16_000_000  # in a part, at the most: what a child holds does not grow with the night
START_SECONDS = 120
log = logging.getLogger("xianbao")
TOO_MUCH = "读取时占用过多内存或时间的文件 a file that took too much memory or time to read"
FAILED = "程序无法读取的文件 a file that the program failed to read"
WITHIN_LIMITS = "能在限定的内存和时间内读取的文件 a file that can be read within the limits of memory and time"


@dataclass(frozen=True)
class Failure:
    """How a child failed at a part: the receipt it had in hand (None: it had read all), its error if it said one."""

    receipt: int | None
    error: str | None

    @property
    def of_limits(self) -> bool:
        """Whether the file took too much memory or time; else our own code failed at it."""
        return self.error is None or "MemoryError" in self.error


@dataclass
class Todo:
    """The parts that are left to read, shared by the threads that each have a child of their own."""

    parts: deque[list[Received]]
    limits: Limits
    folders: Mapping[str, str]
    scratch: Path
    lock: Lock = field(default_factory=Lock)
    given: int = 0

    def take(self) -> tuple[list[Received], Path] | None:
        """The next part and a folder of its own; None where nothing is left."""
        with self.lock:
            if not self.parts:
                return None
            self.given += 1
            return self.parts.popleft(), self.scratch / f"part-{self.given}"

    def give_back(self, received: list[Received]) -> None:
        """Puts the rest of a part back; of what failed together, each file is read alone."""
        with self.lock:
            self.parts.extend([one] for one in received)


def read_apart(
    received: Sequence[Received], limits: Limits, in_force: InForce | None, folders: Mapping[str, str], scratch: Path
) -> Reading:
    """What all files hold, read in as many children as there are processors; `in_force` as in `merged`.

    Parts are left in `scratch`. Raises TransientError where a child cannot be started.
    """
    parts = deque(_parts(received))
    todo = Todo(parts, limits, folders, scratch)
    children = max(1, min(_processors(), len(parts)))
    with ThreadPoolExecutor(children) as threads:
        readings = [reading for done in threads.map(_work, [todo] * children) for reading in done]
    return merged(readings, in_force)


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _parts(received: Sequence[Received]) -> Iterator[list[Received]]:
    """The files in order, as many together as may be, and as evenly as there are processors."""
    most = min(FILES, max(1, -(-len(received) // _processors())))
    part: list[Received] = []
    size = 0
    for one in received:
        own = one.path.stat().st_size
        if part and (len(part) == most or size + own > BYTES):
            yield part
            part, size = [], 0
        part.append(one)
        size += own
    if part:
        yield part


def _work(todo: Todo) -> list[Reading]:
    """Reads parts until none is left, in one child as long as it lives."""
    readings = []
    while taken := todo.take():
        with Child.started(todo.limits) as child:
            while taken and child.alive:
                part, folder = taken
                job = Part(received=part, limits=todo.limits, folders=dict(todo.folders), folder=folder)
                failure = child.read(job)
                readings += _failed(todo, part, failure) if failure else [load_reading(folder)]
                taken = todo.take() if child.alive else None
    return readings


def _failed(todo: Todo, part: list[Received], failure: Failure) -> list[Reading]:
    """What is said of the file that a child failed at; the others are read again."""
    at_fault = part if len(part) == 1 else [one for one in part if one.receipt.receipt == failure.receipt]
    todo.give_back([one for one in part if one not in at_fault])
    for one in at_fault:
        log.warning("%s could not be read: %s", one.receipt.file, failure.error or "it took too much memory or time")
    return [_unreadable(one, failure) for one in at_fault]


def _unreadable(one: Received, failure: Failure) -> Reading:
    found = TOO_MUCH if failure.of_limits else FAILED
    finding = reading_finding(one.receipt, "unreadable_file", found, WITHIN_LIMITS)
    return replace(read_part([], Limits(), {}), receipts=[one.receipt], findings=[finding], unreadable=[one.receipt])


@dataclass
class Child:
    """A process that reads parts. It is killed when a file takes longer than the limit says."""

    process: subprocess.Popen[str]
    limits: Limits
    alive: bool = True

    @classmethod
    @contextmanager
    def started(cls, limits: Limits) -> Iterator[Child]:
        """A child that is ready, and ended in the end."""
        process = subprocess.Popen(  # noqa: S603  (this interpreter, our own module)
            [sys.executable, "-m", "warehouse.intake.worker", str(limits.memory_bytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            # The children are the threads: one of Polars' own each would wait for the other's.
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
        )
        child = cls(process, limits)
        try:
            if child._said(START_SECONDS) is None:
                raise TransientError("a process that reads submissions could not be started; see: xianbao status")
            yield child
        finally:
            process.kill()
            process.communicate()

    def read(self, part: Part) -> Failure | None:
        """Reads a part; says how it failed, and then the child is gone."""
        at: int | None = None
        error: str | None = None
        try:
            self._write(part.model_dump_json() + "\n")
            while said := self._said(self.limits.seconds):
                if said.at == "done":
                    return None
                at, error = (at, said.error) if said.at == "failed" else (said.receipt, None)
        except OSError:
            # It was gone before it was told.
            error = None
        self.alive = False
        return Failure(at, error)

    def _write(self, line: str) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(line)
            self.process.stdin.flush()

    def _said(self, seconds: float) -> Said | None:
        """The next line; None where the child ends before it says one, or is ended because it takes too long."""
        watchdog = Timer(seconds, self.process.kill)
        watchdog.start()
        try:
            line = self.process.stdout.readline() if self.process.stdout else ""
        finally:
            watchdog.cancel()
        return Said.model_validate_json(line) if line else None
