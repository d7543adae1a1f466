"""Reading in child processes, for what a file may do to its reader: each has a limit on memory and on time.

A child that dies or hangs is replaced; the file that it had in hand is unreadable, the others of its part are read
again. `multiprocessing` would import the parent's main module in each child, and a pool of it does not survive one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil
from pathlib import Path
from select import select
from threading import Lock
from time import perf_counter
from typing import Self

from warehouse.intake.formats.preflight import A_WORKBOOK, Limits, OverLimitError, UnreadableError
from warehouse.intake.formats.zip_archive import unpacked_size
from warehouse.intake.model.budget import Budgets, Cost, Spending
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.ownership.inbox_folders import sender_of
from warehouse.intake.reading import InForce, Reading, load_reading, merged, read_part
from warehouse.intake.sandbox import worker
from warehouse.intake.sandbox.confinement import Sandbox, end
from warehouse.intake.sandbox.worker import DONE, FAILED, NO_DISK, ReaderJob
from warehouse.messages.errors import DiskError
from warehouse.messages.log import log

FILES, BYTES = 1_000, 8_000_000  # in a part, at the most: what a child holds does not grow with the night
START_SECONDS, SLICE_SECONDS, CHUNK = 120, 30, 1 << 16
TOO_MUCH = "读取时占用过多内存或时间的文件 a file that took too much memory or time to read"
NOT_READ = "程序无法读取的文件 a file that the program failed to read"
OVER_BUDGET = (
    "压缩包已用完本批次的预算(用时、行数或问题数),未读的文件 a file that was not read, for its archive has used up "
    "what a sender may take of a run (time, rows or findings)"
)
WITHIN_BUDGET = "较小的压缩包:请拆分后分次报送 a smaller archive: send it in several parts"
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
    spending: Spending = field(default_factory=lambda: Spending(None))
    left: list[ReceivedFile] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    given: int = 0
    tried: set[int] = field(default_factory=set)
    given_up: bool = False

    def spend(self, costs: Iterable[tuple[ReceivedFile, Cost]]) -> None:
        """Notes what files took."""
        with self.lock:
            for one, cost in costs:
                self.spending.spend(self._sender(one), one.receipt.arrival, cost)

    def affordable(self, part: list[ReceivedFile]) -> list[ReceivedFile]:
        """The files of a part that may still be read; those of which sender or run has taken too much are `left`."""
        with self.lock:
            senders = list(map(self._sender, part))
            may = {sender: self.spending.may_go_on(sender) for sender in set(senders)}
            self.left += [one for one, sender in zip(part, senders, strict=True) if not may[sender]]
        return [one for one, sender in zip(part, senders, strict=True) if may[sender]]

    def job(self, part: list[ReceivedFile], folder: Path) -> ReaderJob:
        """The part for a child, which comes back after a while: what it has taken is looked at before it goes on."""
        most = self.spending.budgets
        seconds = min(SLICE_SECONDS, most.sender.seconds) if most else SLICE_SECONDS
        return ReaderJob(received=part, limits=self.limits, folders=dict(self.folders), folder=folder, seconds=seconds)

    def _sender(self, one: ReceivedFile) -> str:
        return sender_of(self.folders, one.receipt.path_bytes)

    def take(self) -> tuple[list[ReceivedFile], str] | None:
        """The next part and a name of its own; None where nothing is left, or all is given up."""
        with self.lock:
            if self.given_up or not self.parts:
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
    a context: in the end they are ended. `progress` is told how many files are read, by the threads that read them.
    """

    progress: Callable[[int], None] | None = None

    def __init__(self, limits: Limits, originals: Path, scratch: Path) -> None:
        self.limits, self.originals, self.scratch = limits, originals, scratch
        self.numbers = count(1)
        self.children = [self._spawned() for _ in range(_processors())]

    @classmethod
    def of(cls, received: Iterable[ReceivedFile], limits: Limits, scratch: Path) -> Self:
        """Those that can read no more than these files, or the folder that holds them all."""
        return cls(limits, Path(os.path.commonpath([one.path.absolute() for one in received])), scratch)

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
        """What all files hold, whatever they take together; `in_force` as in `merged`. Raises as `read_within`."""
        return self.read_within(None, received, in_force, folders)[0]

    def read_within(
        self,
        budgets: Budgets | None,
        received: Sequence[ReceivedFile],
        in_force: InForce | None,
        folders: Mapping[str, str],
    ) -> tuple[Reading, list[Receipt]]:
        """What the files hold that the budgets allow for, and the receipts of what waits: of an archive all or none.

        Raises TransientError where a child cannot be started, DiskError where there is no place for what they read.
        """
        todo = ReaderQueue(deque(_parts(received)), self.limits, folders, Spending(budgets))
        with ThreadPoolExecutor(len(self.children)) as threads:
            done = threads.map(lambda place: self._work(todo, place), range(len(self.children)))
            try:
                readings = [reading for readings in done for reading in readings]
            except BaseException:  # also an interruption: leaving waits for the threads, and they for their children
                todo.given_up = True
                for child in self.children:
                    child.process.kill()
                raise
        over = {one.receipt.arrival for one in todo.left}
        late = {arrival for arrival in over if not todo.spending.refuses(arrival)}
        waiting = [one.receipt for one in received if one.receipt.arrival in late]
        readings += [
            _refused(one, OverLimitError(OVER_BUDGET, WITHIN_BUDGET))
            for one in todo.left
            if one.receipt.arrival not in late
        ]
        return merged(readings, in_force, {one.receipt for one in waiting}), waiting

    def _work(self, todo: ReaderQueue, place: int) -> list[Reading]:
        """Reads parts until none is left, with a new child in the place of one that died."""
        readings: list[Reading] = []
        while taken := todo.take():
            given, name = taken
            if not (part := todo.affordable(given)):
                continue
            folder, start = self.children[place].kept.own / name, perf_counter()
            job = todo.job(part, folder)
            done = self.children[place].read(job)
            if todo.given_up:
                break
            if isinstance(done, Failure):
                blamed = [one for one in part if one.receipt.receipt == done.receipt] or part
                todo.spend((one, Cost((perf_counter() - start) / len(blamed))) for one in blamed)
                readings += _failed(todo, part, done)
                self.children[place].end()
                self.children[place] = self._spawned()
            else:
                reading = load_reading(folder)
                todo.spend(_costs(part, done, reading))
                todo.give_back(part[len(done) :])
                readings.append(reading)
                shutil.rmtree(folder)
                if self.progress:
                    self.progress(len(done))
        return readings


def read_isolated(
    received: Sequence[ReceivedFile],
    limits: Limits,
    in_force: InForce | None,
    folders: Mapping[str, str],
    scratch: Path,
) -> Reading:
    """What all files hold, whatever they take together, of readers that live as long as this takes. Raises as
    `Readers.read_within`.
    """
    if not received:
        return merged([], in_force)
    with Readers.of(received, limits, scratch) as readers:
        return readers.read(received, in_force, folders)


def _costs(part: list[ReceivedFile], took: list[float], reading: Reading) -> Iterator[tuple[ReceivedFile, Cost]]:
    """What each file of a part took that its reader came to."""
    rows: Counter[int] = Counter()
    findings: Counter[int] = Counter()
    for frame in reading.rows.values():
        rows.update(dict(frame["receipt"].value_counts().iter_rows()))
    for finding in reading.findings:
        findings[finding.receipt] += finding.times
    for one, seconds in zip(part, took, strict=False):
        number = one.receipt.receipt
        yield one, Cost(seconds, rows=rows[number], findings=findings[number])


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
    if failure.of_limits:
        return _refused(one, OverLimitError(TOO_MUCH, WITHIN_LIMITS))
    return _refused(one, UnreadableError(NOT_READ, A_WORKBOOK))


def _refused(one: ReceivedFile, why: UnreadableError) -> Reading:
    finding = reading_finding(one.receipt, why.rule, why.found, why.expected)
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

    def read(self, part: ReaderJob) -> Failure | list[float]:
        """Reads a part; the seconds that each file took that it came to, or how it failed: then the child is good for
        nothing more.

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
            return [float(seconds) for seconds in json.loads(more)]
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
