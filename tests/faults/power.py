"""A power cut: what a disk may have of a process's calls, made once more as a folder, from which the next run goes on.

After ALICE (Pillai et al., OSDI 2014). A disk promises only what was synced: the bytes of a file by its own sync, a
name by that of its folder. Of all else it has any part: names in another order than they were given, files that are
empty or hold anything. A process is recorded call by call, and each prefix of them replayed in several ways.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tests.builders import apart
from tests.faults.calls import POWER, Call, Calls, Fault, How
from tests.faults.kills import Kill, Outcome, Undisturbed, evenly, finished, fresh, undisturbed
from tests.faults.scenarios import SCENARIOS, Place
from tests.faults.state import torn
from warehouse.snapshots.manifest import read_manifest

GARBAGE = b"\x00\xff" * 300
LEDGER = ("ledger.db", "ledger.db-wal", "ledger.db-shm")
NEVER = 1 << 60


@dataclass(frozen=True)
class Recorded:
    """A call that was made; of a sync and a commit the bytes that the file, or the ledger's files, had then."""

    call: Call
    data: bytes | dict[str, bytes] | None = None


@dataclass
class Recorder(Calls):
    """Keeps the calls in their order."""

    recorded: list[Recorded] = field(default_factory=list)

    def make(self, call: Call, do: Callable[[], Any], half: Callable[[], Any] | None = None) -> Any:
        done = super().make(call, do, half)
        path, data = self.folder / call.path, None
        if call.kind == "commit":
            # Where the root is, the ledger is.
            data = {name: _bytes(path) for path in sorted(self.folder.glob("*/ledger.db*"))
                    if (name := path.relative_to(self.folder).as_posix()).endswith(LEDGER[:2])}  # fmt: skip
        elif call.kind == "fsync" and path.is_file():
            data = _bytes(path)
        self.recorded.append(Recorded(call, data))
        return done


def _bytes(path: Path) -> bytes:
    """Through no call that is watched."""
    with PLAIN_OPEN(path, "rb") as file:
        read: bytes = file.read()
    return read


PLAIN_OPEN = open


def recording(scenario: str, folder: Path, told: Path) -> None:
    """Does the request and leaves the calls that it made; in a child made for that."""
    recorder = Recorder(folder)
    recorder.watch()
    SCENARIOS[scenario].request(Place(folder))
    made = list(recorder.recorded)
    with PLAIN_OPEN(told, "wb") as file:
        pickle.dump(made, file)


# --- what a disk has ---------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Node:
    """A file, a link (`target`) or a folder (`names`) of the disk; when its bytes were changed and synced, and to what.

    `kept` is where the bytes of a file of before are.
    """

    names: dict[str, Node] | None = None
    target: str | None = None
    kept: Path | None = None
    changed: list[int] = field(default_factory=list)
    synced: list[tuple[int, bytes]] = field(default_factory=list)

    def bytes_at(self, moment: int, unsynced: bytes) -> bytes | Path:
        """What the disk has of a file before the call of this number: `unsynced` where that was not synced."""
        there = [one for one in self.synced if one[0] < moment]
        since = there[-1][0] if there else -1
        if any(since < at < moment for at in self.changed):
            return unsynced
        return there[-1][1] if there else self.kept or unsynced


@dataclass(eq=False)
class Naming:
    """A name that a folder got, or lost (`node` is None): at which call, and at which it was synced; the old name that
    it takes away with it; what of another folder it never goes before.
    """

    folder: Node
    name: str
    node: Node | None
    at: int
    synced: int = NEVER
    takes: str | None = None
    after: Naming | None = None


@dataclass
class Disk:
    """All that was done to a disk, and how it was before."""

    top: Node
    before: dict[Node, dict[str, Node]] = field(default_factory=dict)
    namings: list[Naming] = field(default_factory=list)
    ledgers: list[tuple[int, dict[str, bytes]]] = field(default_factory=list)

    @classmethod
    def of(cls, stage: Path, recorded: Sequence[Recorded]) -> Disk:
        """The disk as it was, and what the calls do to it."""
        disk = cls(_read(stage))
        disk.before = {folder: dict(folder.names or {}) for folder in _folders(disk.top)}
        for at, one in enumerate(recorded):
            disk._do(at, one)
        return disk

    def _do(self, at: int, one: Recorded) -> None:
        call = one.call
        if isinstance(one.data, dict):
            self.ledgers.append((at, one.data))
            return
        folder, name = self._folder(call.path, at)
        node = (folder.names or {}).get(name)
        match call.kind:
            case "mkdir":
                self._name(at, folder, name, Node(names={}))
            case "symlink":
                self._name(at, folder, name, Node(target=call.source))
            case "unlink" | "rmdir":
                self._name(at, folder, name, None)
            case "rename" | "link" if call.source:
                self._move(at, call, folder, name)
            case "open" | "write":
                (node or self._name(at, folder, name, Node())).changed.append(at)
            case "fsync":
                self._sync(at, self.top if call.path == "." else node or self._name(at, folder, name, Node()), one.data)

    def _sync(self, at: int, node: Node, data: object) -> None:
        if isinstance(data, bytes):
            node.synced.append((at, data))
        for naming in self.namings:
            if naming.folder is node and naming.synced == NEVER:
                naming.synced = at

    def _move(self, at: int, call: Call, folder: Node, name: str) -> None:
        """A rename within a folder is one deed; from another one, the old name may outlive it, never precede it."""
        old, old_name = self._folder(str(call.source), at)
        node = (old.names or {}).get(old_name) or self._name(at, old, old_name, Node(changed=[at]))
        self._name(at, folder, name, node)
        given = self.namings[-1]
        if call.kind == "rename" and old is folder:
            given.takes = old_name
            (old.names or {}).pop(old_name, None)
        elif call.kind == "rename":
            self._name(at, old, old_name, None)
            self.namings[-1].after = given

    def _name(self, at: int, folder: Node, name: str, node: Node | None) -> Node:
        """Gives a name, or takes it; what was never opened through Python's hands is unsynced from here on."""
        names = folder.names if folder.names is not None else {}
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node
        self.namings.append(Naming(folder, name, node, at))
        return node or folder

    def _folder(self, path: str, at: int) -> tuple[Node, str]:
        *folders, name = path.split("/")
        node = self.top
        for one in folders:
            below = (node.names or {}).get(one)
            node = below or self._name(at, node, one, Node(names={}))
        return node, name

    def at(self, moment: int, how: How) -> dict[str, bytes | Path | str | None]:
        """What the disk has before the call of this number: of each path its bytes, or where they are kept; the text of
        a link; None of a folder.
        """
        done = [one for one in self.namings if one.at < moment]
        pending = [one for one in done if one.synced >= moment]
        given = [one for one in pending if one.node is not None]
        alone = given[-1:]
        lost = {
            "names lost": pending, "one name alone": [one for one in pending if one not in alone],
            "one name lost": given[:1],
        }.get(how, [])  # fmt: skip
        missing = set(map(id, lost))
        names = {folder: dict(there) for folder, there in self.before.items()}
        for one in done:
            if id(one) in missing or (one.after is not None and id(one.after) in missing):
                continue
            own = names.setdefault(one.folder, {})
            if one.node is None:
                own.pop(one.name, None)
            else:
                own[one.name] = one.node
                own.pop(one.takes or "", None)
        unsynced = GARBAGE if how in {"data garbage", "one name alone"} else b""
        found = dict(_paths(self.top, names, moment, unsynced))
        done = [files for when, files in self.ledgers if when < moment]
        if not done:
            return found
        # The ledger is as of the last commit: SQLite syncs what it commits, and the names.
        others = {path: what for path, what in found.items() if not path.endswith(LEDGER)}
        return others | {name: data for name, data in done[-1].items() if name.rsplit("/", 1)[0] in found}


def _read(path: Path) -> Node:
    if path.is_symlink():
        return Node(target=str(path.readlink()))
    if path.is_dir():
        return Node(names={one.name: _read(one) for one in path.iterdir()})
    return Node(kept=path)


def _folders(node: Node) -> Iterator[Node]:
    if node.names is not None:
        yield node
        for below in node.names.values():
            yield from _folders(below)


def _paths(
    folder: Node, names: dict[Node, dict[str, Node]], moment: int, unsynced: bytes, above: str = ""
) -> Iterator[tuple[str, bytes | Path | str | None]]:
    for name, node in names.get(folder, {}).items():
        path = f"{above}{name}"
        if node.names is not None:
            yield path, None
            yield from _paths(node, names, moment, unsynced, f"{path}/")
        else:
            yield path, node.target if node.target is not None else node.bytes_at(moment, unsynced)


# --- the next run -------------------------------------------------------------------------------------------------


@cache
def record(name: str, folder: Path) -> tuple[list[Recorded], Disk]:
    """The calls of a scenario, and the disk that they were made to."""
    known, told = undisturbed(name, folder), folder / "recorded"
    process = apart(recording, name, fresh(folder, known.stage).folder, told)
    process.join()
    assert process.exitcode == 0
    with told.open("rb") as file:
        recorded: list[Recorded] = pickle.load(file)
    return recorded, Disk.of(known.stage, recorded)


def make(place: Place, state: dict[str, bytes | Path | str | None]) -> None:
    """The folder as the disk has it."""
    shutil.rmtree(place.folder)
    place.folder.mkdir()
    for path, what in state.items():
        made = place.folder / path
        if what is None:
            made.mkdir()
        elif isinstance(what, str):
            made.symlink_to(what)
        elif isinstance(what, bytes):
            made.write_bytes(what)
        else:
            shutil.copy2(what, made)


def power_cut(name: str, folder: Path, moment: int, how: How) -> Outcome:
    """The next run after a power cut before the call of this number, or after the last one."""
    known, scenario = undisturbed(name, folder), SCENARIOS[name]
    recorded, disk = record(name, folder)
    place = fresh(folder, known.stage)
    make(place, disk.at(moment, how))
    root = scenario.read(place)
    seen = [fault for fault in torn(root, known.before, known.after, *known.since) if fault not in known.torn]
    ended = moment == len(recorded)
    if ended and read_manifest(root) != known.after:
        seen.append("what had come to its end is not there")
    call = Call("end", "") if ended else recorded[moment].call
    differs, gone = _finished(name, place, known)
    return Outcome(Kill(name, Fault(moment, how)), f"{call.kind} {call.path}", seen, differs, gone, 0)


def _finished(name: str, place: Place, known: Undisturbed) -> tuple[list[str], list[str]]:
    """A run that cannot go on from there is a finding, not the end of the search."""
    try:
        return finished(SCENARIOS[name], place, known)
    except Exception as error:  # noqa: BLE001
        return [f"the next run ended with {type(error).__name__}: {error}"], []


def cuts(name: str, base: Path, most: int) -> list[tuple[int, How]]:
    """So many different states that a power cut may leave, spread evenly over the calls and over the ways; the end is
    one of them, the beginning is none.
    """
    recorded, disk = record(name, base)
    places = [(moment, how) for moment in range(len(recorded) + 1) for how in POWER]
    chosen, seen = [], set()
    for moment, how in evenly(places, 3 * most + 1)[1:]:  # many are the same
        state = hash(frozenset((path, _mark(what)) for path, what in disk.at(moment, how).items()))
        if state not in seen:
            seen.add(state)
            chosen.append((moment, how))
    return evenly(chosen, most + 1)[-most:]


def _mark(what: bytes | Path | str | None) -> Any:
    return hash(what)


def power_cuts(name: str, base: Path, most: int) -> list[Outcome]:
    """The next run after so many power cuts, in a folder of this process's own."""
    folder = base / str(os.getpid())
    return [power_cut(name, folder, moment, how) for moment, how in cuts(name, folder, most)]
