"""A night is killed at each of its commit points, and anywhere; the next one makes up for it, to the row."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.builders import RECEIVED, TIANZHEN, YANGGAO, apart, finance, given, marts, night, row, send, village
from warehouse.published import read_manifest
from warehouse.store.files import Root

PERIODS = ("2017-11", "2017-12")


def fill(inbox: Path) -> Path:
    """Two nights' worth of returns; the second corrects one and has one that is quarantined."""
    for period in PERIODS:
        send(
            inbox / "1",
            given(YANGGAO, period, "finance", finance(1000)),
            given(YANGGAO, period, "relocation_villages", village("1"), village("2")),
            given(YANGGAO, period, "relocation", row("relocation", villages_planned=2)),
            given(TIANZHEN, period, "finance", finance(60_000)),
        )
    return inbox


def correct(inbox: Path) -> Path:
    send(
        inbox / "2",
        given(YANGGAO, "2017-12", "finance", finance(2000)),
        given(TIANZHEN, "2017-12", "finance", finance(1)),
    )
    return inbox


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_at(root: Path, inbox: Path, folder: str, name: str, after: bool) -> None:  # noqa: FBT001
    """A night that dies just before or after the first rename of a file `name*` below `folder`."""
    replace = Path.replace

    def dying(self: Path, target: Any) -> Path:
        place = Path(target).relative_to(root)
        at = place.parts[0] == folder and place.name.endswith(name)
        if at and not after:
            die()
        done = replace(self, target)
        if at:
            die()
        return done

    Path.replace = dying  # type: ignore[method-assign]
    night(Root(root), inbox, RECEIVED)


def killed_within(root: Path, inbox: Path, seconds: float) -> None:
    """A night that dies after a while, wherever it is."""
    Timer(seconds, die).start()
    night(Root(root), inbox, RECEIVED)
    die()


def content(root: Root) -> dict[str, pl.DataFrame]:
    return marts(root)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The marts after two nights without a fault."""
    folder = tmp_path_factory.mktemp("undisturbed")
    root, inbox = Root(folder / "root"), folder / "inbox"
    night(root, fill(inbox))
    night(root, correct(inbox))
    return content(root)


POINTS = {
    "half the archive": ("archive", ".xlsx", True),
    "rows before the journal": ("history", ".parquet", True),
    "before the journal": ("journal", ".json", False),
    "after the journal, before the ledger": ("journal", ".json", True),
    "before the manifest": ("marts", "manifest.json", False),
    "after the manifest, before the views": ("marts", "manifest.json", True),
}


def survives(root: Root, inbox: Path, undisturbed: dict[str, pl.DataFrame], kill: Callable[[], Any]) -> None:
    """After a first night, a second one is killed: readers keep a whole snapshot, the third makes up for it."""
    night(root, fill(inbox))
    before = content(root)
    correct(inbox)
    victim = kill()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    manifest = read_manifest(root)
    assert manifest
    seen = content(root)
    whole = before if manifest.version == "000001" else undisturbed
    for name, frame in whole.items():
        assert_frame_equal(seen[name], frame)
    night(root, inbox)
    made = content(root)
    assert made.keys() == undisturbed.keys()
    for name, frame in undisturbed.items():
        assert_frame_equal(made[name], frame)
    assert night(root, inbox).run is None


@pytest.mark.parametrize("point", POINTS)
def test_a_night_killed_at_a_commit_point_is_made_up_for(
    root: Root, inbox: Path, undisturbed: dict[str, pl.DataFrame], point: str
) -> None:
    survives(root, inbox, undisturbed, lambda: apart(killed_at, root.path, inbox, *POINTS[point]))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_night_killed_anywhere_is_made_up_for(
    root: Root, inbox: Path, undisturbed: dict[str, pl.DataFrame], seed: int
) -> None:
    seconds = random.Random(seed).uniform(0.05, 1.5)
    survives(root, inbox, undisturbed, lambda: apart(killed_within, root.path, inbox, seconds))
