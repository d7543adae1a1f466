"""`make faults`: thousands of kills, interruptions, the disk full everywhere, runs at one moment, readers while
snapshots flip.

What is printed at the end is counted, also what was lost. Exits with 1 where anything was against a promise.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.faults.calls import Call
from tests.faults.disk import SMALL_DISK, full_at, on_a_small_disk, read_only_at, refused_at
from tests.faults.kills import (
    Kill,
    Outcome,
    commits,
    evenly,
    interruptions,
    killed,
    moments,
    points,
    pool,
    survey,
    survey_all,
)
from tests.faults.power import power_cuts
from tests.faults.readers import RIGHT, WRONG, Published, Reads, read_while_published
from tests.faults.scenarios import SCENARIOS
from tests.faults.together import Ended, at_once

NIGHTS = ("night", "first night")
# Of the kills of nights, one in so many comes at a random moment; and to so many comes an interruption.
RANDOM = 5
INTERRUPTED = 5
# What the system refuses for itself takes a disk, and time: so many sizes of it.
SIZES = 40
EVERY = 1_000_000
# The durable calls of each scenario, and the seconds that it takes.
Known = dict[str, tuple[list[Call], float]]


@dataclass(frozen=True)
class Size:
    """How much to do: kills of nights; reads; runs at one moment of each kind; calls refused; power cuts; `every` place
    to die, to be full, refused or cut off.
    """

    kills: int
    reads: int
    together: int
    refused: int
    cuts: int
    every: bool = False

    @property
    def of_each_deed(self) -> int:
        return EVERY if self.every else self.kills // 4

    @property
    def full(self) -> int:
        return EVERY if self.every else self.kills // 2

    @property
    def flips(self) -> int:
        """Snapshots that must be published under reads of each way, for these to mean anything."""
        return max(10, self.reads // 100)


@dataclass
class Found:
    """All that came of it; `no_disk` is why there was no small disk."""

    kills: list[Outcome] = field(default_factory=list)
    full: list[Outcome] = field(default_factory=list)
    refused: list[Outcome] = field(default_factory=list)
    cuts: list[Outcome] = field(default_factory=list)
    small: list[Outcome] = field(default_factory=list)
    no_disk: str | None = None
    together: list[Ended] = field(default_factory=list)
    right: Published = field(default_factory=Published)
    wrong: Published = field(default_factory=Published)

    @property
    def outcomes(self) -> list[Outcome]:
        return [*self.kills, *self.full, *self.refused, *self.cuts, *self.small]

    def faults(self, size: Size) -> list[str]:
        """Each broken promise, with where it was, and what the harness itself failed to show."""
        said = [f"{name_of(one)}: {fault}" for one in self.outcomes for fault in one.faults]
        said += [f"{one.together.requests}: {fault}" for one in self.together for fault in one.faults]
        said += [f"reads with {one.way}: {one.torn} torn: {one.first}" for one in self.right.reads if one.torn]
        said += [f"only {one.flipped} flips under {one.way}" for one in self._all_reads() if one.flipped < size.flips]
        said += [f"{one.way} is torn, and was not caught" for one in self.wrong.reads if not one.torn]
        return said

    def _all_reads(self) -> list[Reads]:
        return [*self.right.reads, *self.wrong.reads]


def name_of(one: Outcome) -> str:
    return f"{one.kill.scenario}, {one.kill.seconds or one.kill.free or one.kill.fault}, at {one.at}"


def planned(known: Known, size: Size) -> list[Kill]:
    """So many kills of nights: at random moments, half of them with children that read, just before and after each
    commit, and spread over all calls. And some of each request, or one for each place to die that it has. And some of
    all of these as interruptions.
    """
    at_random = size.kills // RANDOM
    spread = [kill for name in NIGHTS for kill in points(name, known[name][0])]
    chosen = [kill for name in NIGHTS for kill in commits(name, known[name][0])]
    chosen += evenly(spread, EVERY if size.every else max(0, size.kills - at_random - len(chosen)))
    at_random = max(at_random, size.kills - len(chosen))
    for place, name in enumerate(("night", SMALL_DISK)):
        chosen += moments(name, known[name][1], range(place, at_random, 2))
    requests = [name for name in SCENARIOS if name not in (*NIGHTS, SMALL_DISK)]
    chosen += [kill for name in requests for kill in evenly(points(name, known[name][0]), size.of_each_deed)]
    return chosen + interruptions(chosen[::INTERRUPTED])


def everything(size: Size, base: Path, watch: Callable[[str, Iterable[Any], int], Iterable[Any]]) -> Found:
    """Does it all; `watch` shows how far it is."""
    found = Found()
    with pool(os.cpu_count() or 1) as processes:
        known = surveyed(SCENARIOS, base, processes)
        kills = planned(known, size)
        found.kills = list(watch("kills", killed(kills, base, processes), len(kills)))
        calls = known["night"][0]
        full = full_at("night", calls) + evenly(read_only_at("night", calls), len(calls) // 4)
        full = evenly(full, size.full)
        found.full = list(watch("disk full", killed(full, base, processes), len(full)))
        every = processes.submit(survey_all, "night", base).result()
        refused = evenly(refused_at("night", every), EVERY if size.every else size.refused)
        found.refused = list(watch("refused", killed(refused, base, processes), len(refused)))
        # Of the nights a half, of each request an even part of the rest.
        most = {name: EVERY if size.every else size.cuts // (4 if name in NIGHTS else 2 * len(SCENARIOS))
                for name in SCENARIOS if name != SMALL_DISK}  # fmt: skip
        asked = [processes.submit(power_cuts, name, base, n) for name, n in most.items()]
        found.cuts = [one for part in watch("power cuts", (one.result() for one in asked), len(asked)) for one in part]
        found.no_disk, found.small = processes.submit(on_a_small_disk, min(SIZES, size.kills), base).result()
        found.together = processes.submit(at_once, size.together, base).result()
    for name, ways in (("right", RIGHT), ("wrong", WRONG)):
        (folder := base / name).mkdir()
        setattr(found, name, read_while_published(folder, size.reads, size.flips, ways))
    return found


def surveyed(names: Iterable[str], base: Path, processes: ProcessPoolExecutor) -> Known:
    """The durable calls of each scenario and the seconds that it takes."""
    asked = [processes.submit(survey, name, base) for name in names]
    return {name: (calls, seconds) for name, calls, seconds in (one.result() for one in asked)}


# --- shown ---------------------------------------------------------------------------------------------------------

COLUMNS = ("times", "torn reads", "otherwise after", "lost", "processes left", "unclear", "noise")


def rows(outcomes: Sequence[Outcome], by: Callable[[Outcome], str]) -> dict[str, tuple[int, ...]]:
    """Times and faults of each kind, by what it is counted by."""
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for one in outcomes:
        faults = (1, bool(one.torn), bool(one.differs), len(one.lost), one.orphans, len(one.unclear), len(one.noise))
        counted[by(one)].update(dict(zip(COLUMNS, map(int, faults), strict=True)))
    return {key: tuple(counts[name] for name in COLUMNS) for key, counts in sorted(counted.items())}


def table(title: str, counted: dict[str, tuple[int, ...]]) -> Table:
    shown = Table(title, *COLUMNS)
    for name, counts in counted.items():
        shown.add_row(name, *map(str, counts))
    shown.add_row("all", *map(str, map(sum, zip(*counted.values(), strict=True))), style="bold")
    return shown


def tables(found: Found) -> Iterable[Table]:
    yield table("killed by -9 or interrupted: what", rows(found.kills, lambda one: one.kill.scenario))
    yield table("killed by -9 or interrupted: where", rows(found.kills, lambda one: one.kind))
    yield table("disk full or read-only", rows([*found.full, *found.small], lambda one: one.kind))
    yield table("a call refused with", rows(found.refused, lambda one: one.kind))
    yield table("power cut: what", rows(found.cuts, lambda one: one.kill.scenario))
    yield table("power cut: the disk had", rows(found.cuts, lambda one: one.kind))
    at_one_moment = Table("at one moment", "times", "done", "said busy", "otherwise after")
    for kind in dict.fromkeys(one.together for one in found.together):
        own = [one for one in found.together if one.together == kind]
        said = Counter(word for one in own for word in one.said)
        name = f"{' + '.join(kind.requests)}, {'waiting' if kind.wait else 'not waiting'}"
        counts = (len(own), said["done"], said["busy"], sum(bool(one.faults) for one in own))
        at_one_moment.add_row(name, *map(str, counts))
    yield at_one_moment
    reads = Table("read by", "reads", "flips under a read", "errors", "mixed", "snapshots published", "pruned")
    for published in (found.right, found.wrong):
        for one in published.reads:
            counts = (one.reads, one.flipped, one.errors, one.mixed, published.flips, published.pruned)
            reads.add_row(one.way, *map(str, counts))
    yield reads


def lost_in_words(found: Found) -> str:
    """What was lost, counted."""
    lost = [fault for one in found.outcomes for fault in one.lost]
    return "; ".join(lost) if lost else "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="of nights; of each request a quarter of it")
    parser.add_argument("--reads", type=int, default=10_000)
    parser.add_argument("--together", type=int, default=5, help="runs at one moment, of each kind")
    parser.add_argument("--refused", type=int, default=400, help="calls of a night that the system refuses")
    parser.add_argument("--cuts", type=int, default=400, help="states of the disk after a power cut")
    parser.add_argument("--every", action="store_true", help="die and be full at every call of every request: hours")
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    size = Size(said.kills, said.reads, said.together, said.refused, said.cuts, said.every)
    start = perf_counter()
    console = Console(width=140, stderr=said.json)
    with TemporaryDirectory(prefix="xianbao-faults-") as folder, Progress(console=console) as progress:
        found = everything(size, Path(folder), lambda what, them, all_: progress.track(them, all_, description=what))
    faults = found.faults(size)
    for one in tables(found):
        console.print(one)
    if found.no_disk is not None:
        console.print(f"no small disk was tried: {found.no_disk}", markup=False)
    for fault in faults:
        console.print(fault, style="red", markup=False)
    console.print(f"{len(found.outcomes):,} faults injected in {perf_counter() - start:,.0f} s; "
                  f"promises broken: {len(faults)}; lost: {lost_in_words(found)}", highlight=False)  # fmt: skip
    if said.json:
        print(json.dumps(asdict(found) | {"faults": faults}, default=str))  # noqa: T201
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
