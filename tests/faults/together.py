"""Runs at one moment on one root: each finishes or says that another is at work, and all is as if one after another."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path

from tests.builders import apart, finance, loans, send
from tests.faults.kills import fresh, settle
from tests.faults.scenarios import SCENARIOS, Place, four, prune_all, run, second, withdraw
from tests.faults.state import Content, content, different, torn
from warehouse.messages.errors import RootBusyError
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

WAIT_SECONDS = 120
DEEDS: dict[str, Callable[[Place], object]] = {"night": run, "prune": prune_all, "withdraw": withdraw}
DONE, BUSY = "done", "busy"


@dataclass(frozen=True)
class Together:
    """Deeds that begin at one moment; they `wait` for each other, or say at once that the root is busy."""

    requests: tuple[str, ...]
    wait: bool


@dataclass(frozen=True)
class Ended:
    """How each of the requests ended, and what is not as after any order of those that were done."""

    together: Together
    said: list[str]
    faults: list[str]


def before(place: Place, requests: Sequence[str]) -> None:
    """Four snapshots and something new where one of them prunes or decides, else a first night and a second's."""
    if set(requests) == {"night"}:
        second(place)
        return
    four(place)
    send(place.inbox / "5", loans(finance(5000), period="2017-11"))


def one_of_many(request: str, folder: Path, wait: float, go: Path, said: Path) -> None:
    """Begins when all are there; leaves word of how it ended."""
    lock = Root.lock

    def waiting(self: Root, _: float) -> AbstractContextManager[None]:
        return lock(self, wait)

    Root.lock = waiting  # type: ignore[method-assign]
    said.write_text("ready", encoding="utf-8")
    while not go.exists():
        time.sleep(0.001)
    try:
        DEEDS[request](Place(folder))
    except RootBusyError:
        said.write_text(BUSY, encoding="utf-8")
    else:
        said.write_text(DONE, encoding="utf-8")


def ended(together: Together, folder: Path) -> Ended:
    """Does the requests at one moment, then lets a night pass, and compares."""
    allowed, place = in_any_order(together.requests, folder), fresh(folder, _stage(together.requests, folder))
    notes, go = folder / "notes", folder / "notes" / "go"
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()
    told = [notes / str(number) for number in range(len(together.requests))]
    wait = WAIT_SECONDS if together.wait else 0
    pairs = list(zip(together.requests, told, strict=True))
    started = [apart(one_of_many, request, place.folder, wait, go, said) for request, said in pairs]
    while not all(said.exists() for said in told):
        time.sleep(0.01)
    go.touch()
    for process in started:
        process.join()
    said = [one.read_text(encoding="utf-8") for one in told]
    done = tuple(request for request, how in zip(together.requests, said, strict=True) if how == DONE)
    return Ended(together, said, list(_faults(place, said, done, allowed)))


def _faults(
    place: Place, said: Sequence[str], done: tuple[str, ...], allowed: dict[tuple[str, ...], Content]
) -> Iterator[str]:
    """What is against the promise: a request that ended otherwise, none that was done, a state that no order gives."""
    if set(said) - {DONE, BUSY} or not done:
        yield f"they ended with {', '.join(said)}"
    yield from torn_now(place)
    settle(SCENARIOS["night"], place)
    found = content(place.folder, scratch=True)
    orders = [state for order, state in allowed.items() if sorted(order) == sorted(done)]
    if not any(state == found for state in orders):
        yield from min((different(state, found) for state in orders), key=len)


def torn_now(place: Place) -> list[str]:
    """What is not whole in the snapshot that is published."""
    return torn(place.root, None, read_manifest(place.root))


@cache
def _stage(requests: tuple[str, ...], folder: Path) -> Path:
    stage, place = folder / "stages" / "-".join(requests), fresh(folder)
    place.inbox.mkdir()
    before(place, requests)
    shutil.copytree(place.folder, stage, symlinks=True)
    return stage


@cache
def in_any_order(requests: tuple[str, ...], folder: Path) -> dict[tuple[str, ...], Content]:
    """What is there after each order of each choice of the requests, and a night."""
    states: dict[tuple[str, ...], Content] = {}
    for some in range(1, len(requests) + 1):
        for order in set(permutations(requests, some)):
            place = fresh(folder, _stage(requests, folder))
            for request in order:
                DEEDS[request](place)
            settle(SCENARIOS["night"], place)
            states[order] = content(place.folder, scratch=True)
    return states


def at_once(times: int, base: Path) -> list[Ended]:
    """Two nights that do not wait, two that do, and a night, a prune and a withdrawal; each so often."""
    folder = base / str(os.getpid())
    kinds = [
        Together(("night", "night"), wait=False),
        Together(("night", "night"), wait=True),
        Together(("night", "prune", "withdraw"), wait=True),
    ]
    return [ended(kind, folder) for kind in kinds for _ in range(times)]
