"""Reading in child processes, for what a file may do to its reader: each has a limit on memory and on time.

A child that dies or hangs is replaced; the file that it had in hand is unreadable, the others of its part are read
again. `multiprocessing` would import the parent's main module in each child, and a pool of it does not survive one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil
from pathlib import Path
from select import select
from threading import Lock
from time import perf_counter
from typing import Self

from warehouse.intake.formats.preflight import Limits
from warehouse.intake.formats.zip_archive import unpacked_size
from warehouse.intake.model.records import ReceivedFile
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.reading import InForce, Reading, load_reading, merged, read_part
from warehouse.intake.sandbox import worker
from warehouse.intake.sandbox.confinement import Sandbox, end
from warehouse.intake.sandbox.worker import DONE, FAILED, NO_DISK, ReaderJob
from warehouse.messages.errors import DiskError
from warehouse.messages.log import log

FILES, BYTES = 1_000, 8_000_000  # in a part, at the most: what a child holds does not grow with the night
START_SECONDS, CHUNK = 120, 1 << 16
TOO_MUCH = "读取时占用过多内存或时间的文件 a file that took too much memory or time to read"
NOT_READ = "程序无法读取的文件 a file that the program failed to read"
OVER_BUDGET = (
    "同一文件夹或压缩包(或本批次)的读取用时已超出预算,未读的文件 a file that was not read, for its folder or archive, "
    "or the run, has used up its time"
)
WITHIN_BUDGET = "预算之内:请拆分后分次报送 files that take less time: send them in several parts"
WITHIN_LIMITS = "能在限定的内存和时间内读取的文件 a file that can be read within the limits of memory and time"


@dataclass(frozen=True)
class Failure:
    """How a child failed at a part: the receipt it had in hand (None: it had read all), its error if it said one, and
    whether it died by itself or by somebody else; otherwise it was too slow.
    """

    receipt: int | None
    error: str | None
    died: bool = False

    @property
    def of_limits(self) -> bool:
        """Whether the file took too much memory or time; else our own code failed at it."""
        return self.error is None or "MemoryError" in self.error


@dataclass
class ReaderQueue:
    """The parts that are left to read, shared by the threads that each have a child of their own."""

    parts: deque[list[ReceivedFile]]
    limits: Limits
    folders: Mapping[str, str]
    lock: Lock = field(default_factory=Lock)
    given: int = 0
    tried: set[int] = field(default_factory=set)
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def spend(self, part: list[ReceivedFile], seconds: float, at_fault: int | None = None) -> None:
        """Notes what reading a part took: with whose file was at fault, else in equal shares."""
        blamed = [one for one in part if one.receipt.receipt == at_fault] or part
        with self.lock:
            for one in blamed:
                self.spent[sender_of(one)] += seconds / len(blamed)

    def within_budget(self, part: list[ReceivedFile]) -> tuple[list[ReceivedFile], list[ReceivedFile]]:
        """The files of a part that may still be read, and those whose sender, or the run, has no time left."""
        with self.lock:
            over = {name for name, seconds in self.spent.items() if seconds > self.limits.sender_seconds}
            if sum(self.spent.values()) > self.limits.night_seconds:
                return [], part
        if not over:
            return part, []
        return [one for one in part if sender_of(one) not in over], [one for one in part if sender_of(one) in over]

    def take(self) -> tuple[list[ReceivedFile], str] | None:
        """The next part and a name of its own; None where nothing is left."""
        with self.lock:
            if not self.parts:
                return None
            self.given += 1
            return self.parts.popleft(), f"part-{self.given}"

    def give_back(self, *parts: list[ReceivedFile]) -> None:
        """Puts what is left of a part back, as parts of their own."""
        with self.lock:
            self.parts.extend(part for part in parts if part)

    def try_again(self, one: ReceivedFile) -> bool:
        """Whether a file is to be read once more, alone: a child may have been killed from outside."""
        with self.lock:
            first = one.receipt.receipt not in self.tried
            self.tried.add(one.receipt.receipt)
            return first


class Readers:
    """Child processes that read submissions, as many as there are processors; they start while others work.

    They can read `originals`, a file or all in a folder, and write to folders of their own in `scratch`. To be used as
    a context: in the end they are ended.
    """

    def __init__(self, limits: Limits, originals: Path, scratch: Path) -> None:
        self.limits, self.originals, self.scratch = limits, originals, scratch
        self.numbers = count(1)
        self.children = [self._spawned() for _ in range(_processors())]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children:
            child.end()

    def wait(self) -> None:
        """Returns when all are ready."""
        for child in self.children:
            child.get_ready()

    def _spawned(self) -> Child:
        """A child that is starting, with a folder that no other has: not one of a process that was killed, whose child
        may still be writing its last part.
        """
        own = self.scratch / f"reader-{os.getpid()}-{next(self.numbers)}"
        return Child.spawned(Sandbox(self.originals, own, self.limits.memory_bytes), self.limits)

    def read(self, received: Sequence[ReceivedFile], in_force: InForce | None, folders: Mapping[str, str]) -> Reading:
        """What all files hold; `in_force` as in `merged`.

        Raises TransientError where a child cannot be started, DiskError where there is no place for what they read.
        """
        todo = ReaderQueue(deque(_parts(received)), self.limits, folders)
        with ThreadPoolExecutor(len(self.children)) as threads:
            done = threads.map(lambda place: self._work(todo, place), range(len(self.children)))
            readings = [reading for readings in done for reading in readings]
        return merged(readings, in_force)

    def _work(self, todo: ReaderQueue, place: int) -> list[Reading]:
        """Reads parts until none is left, with a new child in the place of one that died."""
        readings: list[Reading] = []
        while taken := todo.take():
            given, name = taken
            part, over = todo.within_budget(given)
            readings += [_refused(one, OVER_BUDGET, WITHIN_BUDGET) for one in over]
            if not part:
                continue
            folder, start = self.children[place].kept.own / name, perf_counter()
            job = ReaderJob(received=part, limits=todo.limits, folders=dict(todo.folders), folder=folder)
            failure = self.children[place].read(job)
            todo.spend(part, perf_counter() - start, failure.receipt if failure else None)
            if failure:
                readings += _failed(todo, part, failure)
                self.children[place].end()
                self.children[place] = self._spawned()
            else:
                readings.append(load_reading(folder))
                shutil.rmtree(folder)
        return readings


def read_isolated(
    received: Sequence[ReceivedFile],
    limits: Limits,
    in_force: InForce | None,
    folders: Mapping[str, str],
    scratch: Path,
) -> Reading:
    """What all files hold, read by children that live as long as this takes, and can read no more than these files, or
    the folder that holds them all (`Readers.read`).
    """
    if not received:
        return merged([], in_force)
    originals = Path(os.path.commonpath([one.path.absolute() for one in received]))
    with Readers(limits, originals, scratch) as readers:
        return readers.read(received, in_force, folders)


def sender_of(one: ReceivedFile) -> str:
    """The folder or archive of the inbox that a file came in; the file itself where it lies there alone."""
    return one.receipt.file.partition("/")[0]


def _processors() -> int:
    return len(os.sched_getaffinity(0))


def _parts(received: Sequence[ReceivedFile]) -> Iterator[list[ReceivedFile]]:
    """The files in order, in as few parts as may be, as many for each processor as for the next."""
    rounds = ceil(len(received) / FILES / _processors())
    most = max(1, ceil(len(received) / max(1, rounds * _processors())))
    part: list[ReceivedFile] = []
    size = 0
    for one in received:
        own = _size(one)
        if part and (len(part) == most or size + own > BYTES):
            yield part
            part, size = [], 0
        part.append(one)
        size += own
    if part:
        yield part


def _size(one: ReceivedFile) -> int:
    """How many bytes are read of it."""
    if one.member is not None:
        return unpacked_size(one.path, one.member)
    return 0 if one.receipt.unread_bytes is not None else one.path.stat().st_size


def _failed(todo: ReaderQueue, part: list[ReceivedFile], failure: Failure) -> list[Reading]:
    """What is said of the file that a child failed at; what was before and behind it is read again.

    Where it failed at all of them together, halves are, until one is left alone.
    """
    at = next((i for i, one in enumerate(part) if one.receipt.receipt == failure.receipt), None)
    if at is None and len(part) > 1:
        middle = len(part) // 2
        todo.give_back(part[:middle], part[middle:])
        return []
    at = at or 0
    todo.give_back(part[:at], part[at + 1 :])
    one = part[at]
    if failure.died and todo.try_again(one):
        todo.give_back([one])
        return []
    log.warning("%s could not be read: %s", one.receipt.file, failure.error or "it took too much memory or time")
    return [_unreadable(one, failure)]


def _unreadable(one: ReceivedFile, failure: Failure) -> Reading:
    return _refused(one, TOO_MUCH if failure.of_limits else NOT_READ, WITHIN_LIMITS)


def _refused(one: ReceivedFile, found: str, expected: str) -> Reading:
    finding = reading_finding(one.receipt, "unreadable_file", found, expected)
    return replace(read_part([], Limits(), {}), receipts=[one.receipt], findings=[finding], unreadable=[one.receipt])


@dataclass
class Child:
    """A process that reads parts. It is killed when a file takes longer than the limit says."""

    process: subprocess.Popen[bytes]
    kept: Sandbox
    limits: Limits
    ready: bool = False
    killed: bool = False
    said: bytes = b""

    @classmethod
    def spawned(cls, kept: Sandbox, limits: Limits) -> Child:
        """A child that is starting."""
        return cls(kept.start(worker.__name__), kept, limits)

    def get_ready(self) -> None:
        """Returns when it has started; raises TransientError where it does not."""
        if not self.ready and self._next_line(START_SECONDS) is None:
            raise self.kept.not_started()
        self.ready = True

    def end(self) -> None:
        """Ends it, whatever it does."""
        end(self.process)

    def read(self, part: ReaderJob) -> Failure | None:
        """Reads a part; says how it failed, and then the child is good for nothing more.

        Raises DiskError where there is no place for what it read.
        """
        self.get_ready()
        try:
            self._write(part.model_dump_json() + "\n")
            said = self._next_line(self.limits.seconds, part)
        except BrokenPipeError:
            # It was gone before it was told.
            said = None
        word, _, more = (said or "").partition(" ")
        if word == DONE:
            return None
        if word == NO_DISK:
            raise DiskError(json.loads(more))
        return Failure(part.in_hand(), json.loads(more) if word == FAILED else None, died=not (said or self.killed))

    def _write(self, line: str) -> None:
        if self.process.stdin is not None:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()

    def _next_line(self, seconds: float, part: ReaderJob | None = None) -> str | None:
        """The next line; None where the child ends before it says one, or is killed.

        That it is when it says none for the time of the limit and has the same file in hand as before: a file is given
        the time at least once and at most twice.
        """
        out = self.process.stdout
        before: int | None = -1
        while b"\n" not in self.said and out is not None:
            if select([out], [], [], seconds)[0]:
                if not (more := os.read(out.fileno(), CHUNK)):
                    return None
                self.said += more
                continue
            now = part.in_hand() if part else before
            if now == before:
                self.process.kill()
                self.killed = True
                return None
            before = now
        line, _, self.said = self.said.partition(b"\n")
        return line.decode()
