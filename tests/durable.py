"""What reaches the disk in which order: the durable calls of an operation, recorded as it makes them."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest
from sqlalchemy.engine.default import DefaultDialect

from tests.faults.calls import NAMES, Call, Calls
from warehouse.store.files import Root


@dataclass(frozen=True)
class Recorded:
    """The calls in their order; paths are below the root."""

    made: list[Call]

    def __str__(self) -> str:
        return "\n".join(f"{place:4} {call.kind} {call.path}" for place, call in enumerate(self.made))

    def at(self, kind: str, path: str, after: int = -1) -> int:
        """The place of the first such call behind a place."""
        for place, call in enumerate(self.made):
            if place > after and call == Call(kind, path):
                return place
        raise AssertionError(f"no {kind} of {path} behind {after} in:\n{self}")

    def paths(self, kind: str, pattern: str) -> list[str]:
        """The files of such calls, in order."""
        return [call.path for call in self.made if call.kind == kind and PurePosixPath(call.path).match(pattern)]

    def renamed_durably(self, path: str) -> tuple[int, int]:
        """Where a file begins to be there and where it is there for good, a power cut or not.

        It was written under another name beside it, all of it was synced, then it was renamed, then the folder was
        synced; after the sync nothing more was written to it.
        """
        renamed = self.at("rename", path)
        aside = self._written_before(renamed, path)
        self.at_most(self.last("write", aside), self.last("fsync", aside), renamed)
        return renamed, self.at("fsync", self._folder(path), renamed)

    def last(self, kind: str, path: str) -> int:
        found = [place for place, call in enumerate(self.made) if call == Call(kind, path)]
        assert found, f"no {kind} of {path} in:\n{self}"
        return found[-1]

    def at_most(self, *places: int) -> None:
        """These come in this order."""
        assert list(places) == sorted(set(places)), f"{places} in:\n{self}"

    def _written_before(self, renamed: int, path: str) -> str:
        """The name under which the bytes were written that a rename put in place: what was synced last before it."""
        name = PurePosixPath(path).name
        for call in reversed(self.made[:renamed]):
            known = call.path.rsplit("/", 1)[-1]
            if call.kind == "open" and (known.startswith((f".{name}.", "keep."))):
                return call.path
        raise AssertionError(f"nothing was written for {path} in:\n{self}")

    @staticmethod
    def _folder(path: str) -> str:
        return PurePosixPath(path).parent.as_posix()


@contextmanager
def recorded(root: Root) -> Iterator[Recorded]:
    """Records what happens below the root."""
    calls = Calls(root.path)
    with pytest.MonkeyPatch.context() as patch:
        # What `watch` puts itself around is put back at the end.
        for name in NAMES:
            patch.setattr(os, name, getattr(os, name))
        patch.setattr(os, "open", os.open)
        patch.setattr(io, "open", io.open)
        patch.setattr(builtins, "open", builtins.open)
        patch.setattr(DefaultDialect, "do_commit", DefaultDialect.do_commit)
        calls.watch()
        yield Recorded(calls.made)
