"""Processes killed by -9 at every durable call, and anywhere, or interrupted, or that find the disk full; and what
comes after.
"""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from threading import Timer
from typing import TypeVar

import sqlalchemy as sa

from flows.cli.interrupt import SENTENCE, Interruption
from tests.builders import apart, night, publish_few
from tests.faults.calls import POWER, READING, Call, Calls, Fault, How
from tests.faults.orphans import orphans
from tests.faults.scenarios import SCENARIOS, Place, Scenario
from tests.faults.state import Content, accepted, content, different, lost, published_since, torn
from warehouse.messages.disk_errors import system_error
from warehouse.reports.run_summary import Summary
from warehouse.snapshots.manifest import Manifest, read_manifest

PRELOAD = ["expectations.judge", "expectations.data_docs.pages", "tests.faults.run"]
# Those that read notice that they were left; after an interruption there are none.
ORPHANS_SECONDS = {signal.SIGKILL: 20, signal.SIGINT: 2, signal.SIGTERM: 2}
FAILS = {"full", "amid full", "read only", "refused"}
# How an error begins that says what is wrong with the disk.
PLAIN = ("DiskError", "TransientError")
DONE, WAITING = "done", "but what waits"
# What commits: the rename of a run's entry, and that of the manifest.
COMMITS = ("journal/0", "marts/manifest.json")
BEFORE_AND_AFTER: tuple[How, ...] = ("before", "after")
BALLAST = "ballast"
T = TypeVar("T")


@dataclass(frozen=True)
class Kill:
    """A fault in a scenario: at a durable call, or some seconds after it began, a kill or an interruption `by` another
    signal; or so many bytes `free`.
    """

    scenario: str
    fault: Fault = field(default_factory=Fault)
    seconds: float | None = None
    free: int | None = None
    by: signal.Signals = signal.SIGKILL

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        return -self.by if self.by is signal.SIGKILL else 128 + self.by

    @property
    def fails(self) -> bool:
        """Whether it is told what is wrong, instead of being killed."""
        return self.free is not None or self.fault.how in FAILS


@dataclass(frozen=True)
class Outcome:
    """What a fault came to: what the process was at or the error that it ended with, and what was found that is against
    a promise.
    """

    kill: Kill
    at: str
    torn: list[str]
    differs: list[str]
    lost: list[str]
    orphans: int
    said: str = ""

    @property
    def faults(self) -> list[str]:
        return [
            *self.torn,
            *self.differs,
            *self.lost,
            *["a process was left"] * self.orphans,
            *self.unclear,
            *self.noise,
        ]

    @property
    def noise(self) -> list[str]:
        """What an interrupted process said other than the sentence."""
        quiet = self.kill.by is signal.SIGKILL or self.said == SENTENCE
        return [] if quiet else [f"it said {self.said}"]

    @property
    def unclear(self) -> list[str]:
        """The error, where it does not say what is wrong with the disk."""
        done = self.at.startswith(DONE) and (self.kill.free is not None or self.kill.fault.how == "refused")
        # What the disk fails to read is damaged: it is named, and what to do.
        damaged = self.kill.fault.code == errno.EIO and self.at.startswith("StoreError")
        plain = damaged or self.at.startswith(PLAIN)
        return [] if done or not self.kill.fails or plain else [f"it ended with {self.at}"]

    @property
    def kind(self) -> str:
        """What kind of call it died at, and when; or at a random moment."""
        if self.kill.fails:
            refused = f" {errno.errorcode[self.kill.fault.code]}" if self.kill.fault.code else ""
            return "tmpfs full" if self.kill.free is not None else f"{self.kill.fault.how}{refused}"
        if self.kill.by is not signal.SIGKILL:
            return self.kill.by.name
        if self.kill.seconds is not None:
            return "random moment"
        if self.kill.fault.how in POWER:
            return f"power cut, {self.kill.fault.how}"
        return f"{self.kill.fault.how} {self.at.split(' ', 1)[0]}"


@dataclass(frozen=True)
class Undisturbed:
    """A scenario without a kill: all its calls, the durable ones, how long it took, what readers and later comparisons
    need.
    """

    stage: Path
    every: list[Call]
    calls: list[Call]
    seconds: float
    torn: list[str]
    before: Manifest | None
    after: Manifest | None
    since: list[Manifest]
    done: Content
    settled: Content
    accepted: frozenset[tuple[str, ...]]


# --- in a process that is killed -----------------------------------------------------------------------------------


def victim(kill: Kill, folder: Path, died: Path) -> None:
    """Does the request until it is killed, by itself, at the latest in the end."""
    os.setsid()
    calls = Calls(folder, kill.fault, died, reads=kill.fault.how == "refused", by=kill.by)
    if kill.by is signal.SIGKILL:
        _until_killed(kill, calls)
    else:
        # Whoever runs the tests may do so in the background.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(_said_in(died), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
        Interruption().run(lambda: _until_killed(kill, calls))


def _said_in(died: Path) -> Path:
    return died.with_suffix(".said")


def _until_killed(kill: Kill, calls: Calls) -> None:
    if kill.seconds is None:
        calls.watch()
    else:
        Timer(kill.seconds, calls.die, ("random", "moment")).start()
    try:
        done = SCENARIOS[kill.scenario].request(Place(calls.folder))
    except Exception as error:
        if not kill.fails:
            raise
        said = system_error(error) or error
        calls.die(type(said).__name__, str(said))
    calls.die(DONE, WAITING if isinstance(done, Summary) and done.waiting else "")


def counted(scenario: str, folder: Path, told: Path) -> None:
    """Does the request and leaves the calls that it made."""
    calls = Calls(folder, reads=True)
    calls.watch()
    SCENARIOS[scenario].request(Place(folder))
    made = list(calls.made)
    told.write_text("\n".join(f"{call.kind} {call.path}" for call in made), encoding="utf-8")


# --- in a process that kills ---------------------------------------------------------------------------------------


@cache
def undisturbed(name: str, folder: Path) -> Undisturbed:
    """The scenario in a folder, once with nobody killed; what it starts from is kept beside."""
    scenario, stage, told = SCENARIOS[name], folder / "stages" / name, folder / "calls"
    place = fresh(folder)
    place.inbox.mkdir()
    scenario.before(place)
    shutil.copytree(place.folder, stage, symlinks=True)
    root = scenario.read(place)
    broken, before = torn(root, None, read_manifest(root)), read_manifest(root)
    start = time.perf_counter()
    process = apart(counted, name, place.folder, told)
    process.join()
    seconds = time.perf_counter() - start
    assert process.exitcode == 0
    after, done, since = read_manifest(root), content(place.folder), published_since(root, before)
    settle(scenario, place)
    every = [Call(*line.split(" ", 1)) for line in told.read_text(encoding="utf-8").splitlines()]
    calls = [call for call in every if call.kind not in READING]
    settled = content(place.folder, scratch=True)
    return Undisturbed(
        stage, every, calls, seconds, broken, before, after, since, done, settled, frozenset(accepted(root))
    )


def fresh(folder: Path, stage: Path | None = None) -> Place:
    """The place where all happens, always the same, with what a stage has or empty."""
    place = Place(folder / "at")
    shutil.rmtree(place.folder, ignore_errors=True)
    if stage is None:
        place.folder.mkdir(parents=True)
    else:
        shutil.copytree(stage, place.folder, symlinks=True)
    return place


def settle(scenario: Scenario, place: Place) -> Summary:
    """The next night, for which there is nothing new."""
    return night(scenario.read(place), place.inbox)


def outcome(kill: Kill, folder: Path) -> Outcome:
    """Kills, looks with a reader's eyes, says it again, compares, and lets another night pass."""
    known, scenario = undisturbed(kill.scenario, folder), SCENARIOS[kill.scenario]
    # Beside the folder: its disk may be full.
    place, died = fresh(folder, known.stage), folder.with_name(f"{folder.name}.died")
    died.unlink(missing_ok=True)
    ballast = folder / BALLAST
    if kill.free is not None:
        fill_disk(ballast, kill.free)
    process = apart(victim, kill, place.folder, died)
    process.join()
    ballast.unlink(missing_ok=True)
    assert process.exitcode == kill.exit_code, f"{kill} ended with {process.exitcode}"
    left = orphans(process.pid or 0, place.folder, ORPHANS_SECONDS[kill.by])
    said = "" if kill.by is signal.SIGKILL else _said_in(died).read_text(encoding="utf-8")
    root = scenario.read(place)
    at = _died_at(died)
    waited = at == f"{DONE} {WAITING}"
    # Without the file that waits, it is another snapshot, which must be as whole.
    after = read_manifest(root) if waited else known.after
    seen = [fault for fault in torn(root, known.before, after, *known.since) if fault not in known.torn]
    differs, gone = finished(scenario, place, known, waited=waited)
    return Outcome(kill, at, seen, differs, gone, left, said)


def fill_disk(ballast: Path, free: int) -> None:
    """Leaves so many bytes free on the disk."""
    with ballast.open("wb") as file:
        there = os.statvfs(ballast)
        os.posix_fallocate(file.fileno(), 0, max(1, there.f_bavail * there.f_frsize - free))


def finished(
    scenario: Scenario, place: Place, known: Undisturbed, *, waited: bool = False
) -> tuple[list[str], list[str]]:
    """What is not as it would have been, and what was lost, once it was said again and a night has passed.

    Where a file `waited`, it has another receipt in another run than it would have had: then its bytes and its returns
    must be there.
    """
    root = scenario.read(place)
    scenario.said_again(place)
    differs = different(known.done, content(place.folder)) if scenario.finishes and not waited else []
    last = settle(scenario, place)
    if scenario.finishes and (last.run, last.version) != (None, None):
        differs.append(f"the night after had something to do: {last.run}, {last.version}")
    if waited:
        return differs, lost(root, place.inbox, frozenset(), {one[:3] for one in known.accepted})
    differs += different(known.settled, content(place.folder, scratch=True))
    return differs, lost(root, place.inbox, known.accepted)


def _died_at(died: Path) -> str:
    return died.read_text(encoding="utf-8").strip() if died.exists() else "unknown"


# --- many of them --------------------------------------------------------------------------------------------------


def points(name: str, calls: Sequence[Call]) -> list[Kill]:
    """Every place to die: before and after each durable call, and amid each write."""
    hows: dict[bool, tuple[How, ...]] = {True: ("before", "amid", "after"), False: BEFORE_AND_AFTER}
    return [
        Kill(name, Fault(number, how))
        for number, call in enumerate(calls, start=1)
        for how in hows[call.kind == "write"]
    ]


def commits(name: str, calls: Sequence[Call]) -> list[Kill]:
    """Just before and just after each commit."""
    at = [
        number
        for number, call in enumerate(calls, start=1)
        if call.kind == "rename" and call.path.split("/", 1)[1].startswith(COMMITS)
    ]
    return [Kill(name, Fault(number, how)) for number in at for how in BEFORE_AND_AFTER]


def evenly(kills: Sequence[T], most: int) -> list[T]:
    """So many of them, evenly between the first and the last, before and after which nothing is half done."""
    if most >= len(kills):
        return list(kills)
    return [kills[(2 * place + 1) * len(kills) // (2 * most)] for place in range(most)]


def moments(name: str, seconds: float, seeds: range) -> list[Kill]:
    """Kills at random moments of a scenario that takes so long."""
    return [Kill(name, seconds=random.Random(seed).uniform(0, seconds)) for seed in seeds]


def interruptions(kills: Sequence[Kill]) -> list[Kill]:
    """The same places, with Ctrl-C and SIGTERM in turns."""
    return [replace(kill, by=(signal.SIGINT, signal.SIGTERM)[place % 2]) for place, kill in enumerate(kills)]


def survey(name: str, base: Path) -> tuple[str, list[Call], float]:
    """The durable calls of a scenario and its seconds."""
    known = undisturbed(name, _own(base))
    return name, known.calls, known.seconds


def survey_all(name: str, base: Path) -> list[Call]:
    """All calls of a scenario, those that only read as well."""
    return undisturbed(name, _own(base)).every


def outcomes(kills: Sequence[Kill], base: Path) -> list[Outcome]:
    """In a folder of this process's own, one after the other."""
    return [outcome(kill, _own(base)) for kill in kills]


def some(name: str, base: Path, spread: int, seeds: range, interrupted: int) -> list[Outcome]:
    """Kills of a scenario just before and after each commit, so many over its calls, and at random moments; so many
    interruptions over its calls or, without any, at random moments.

    All in this process, so that the scenario is surveyed once.
    """
    known = undisturbed(name, _own(base))
    chosen = [*commits(name, known.calls), *evenly(points(name, known.calls), spread)] if spread else []
    at = points(name, known.calls) if spread else moments(name, known.seconds, range(interrupted))
    signals = interruptions(evenly(at, interrupted))
    return outcomes([*chosen, *moments(name, known.seconds, seeds), *signals], base)


def _own(base: Path) -> Path:
    return base / str(os.getpid())


def pool(workers: int, *, few: bool = False) -> ProcessPoolExecutor:
    """Processes that kill; they and their victims come of one that has imported everything already.

    They publish all marts, or a `few`.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=begin, initargs=(few,))


def begin(few: bool) -> None:  # noqa: FBT001
    """Lets this process keep no ledger open: it copies and removes them, and that frees the locks it has on them.

    What each of a thousand nights finds left over is not shown.
    """
    logging.getLogger("xianbao").setLevel(logging.ERROR)
    if few:
        publish_few()
    sa.create_engine = partial(sa.create_engine, poolclass=sa.NullPool)


def killed(kills: Iterable[Kill], base: Path, processes: ProcessPoolExecutor, at_once: int = 10) -> Iterator[Outcome]:
    """The outcomes of all, as they come; a few of the same scenario go to one process."""
    by_scenario: dict[str, list[Kill]] = {}
    for kill in kills:
        by_scenario.setdefault(kill.scenario, []).append(kill)
    parts = [own[at : at + at_once] for own in by_scenario.values() for at in range(0, len(own), at_once)]
    for done in processes.map(outcomes, parts, [base] * len(parts)):
        yield from done
