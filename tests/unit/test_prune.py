"""Pruning: old snapshots go, whole; the current one, the one before it and what they share stay."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.builders import finance, loans, marts, night, send
from tests.sharing import Fill
from warehouse.maintenance.verify import verify
from warehouse.snapshots import prune as pruning
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.prune import DAY, prune
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

NOW = 1_700_000_000


def superseded(root: Root, *days: float) -> None:
    """Makes the folders of the snapshots look written so many days ago."""
    for number, ago in enumerate(days, start=1):
        os.utime(root.marts / f"v={number:06}", (NOW - ago * DAY, NOW - ago * DAY))


def there(root: Root) -> list[str]:
    return sorted(path.name for path in root.marts.glob("v=*"))


def five_nights(root: Root, inbox: Path) -> None:
    for number in range(5):
        night(root, send(inbox / str(number), loans(finance(1000 + number))).parent)


@pytest.fixture
def five(filled_by: Callable[[Fill], Root]) -> Root:
    """Five snapshots, published 40, 30, 20, 5 and 1 days ago."""
    root = filled_by(five_nights)
    superseded(root, 40, 30, 20, 5, 1)
    return root


def test_what_was_superseded_before_the_grace_period_goes(five: Root) -> None:
    done = prune(five, 7, NOW)
    # The third was superseded by the fourth five days ago: somebody may be reading it still.
    assert (done.removed, done.kept) == (("000001", "000002"), ("000003", "000004", "000005"))
    assert there(five) == ["v=000003", "v=000004", "v=000005"]
    assert done.bytes > 0
    assert prune(five, 7, NOW).removed == ()


def test_the_current_one_and_the_one_before_it_stay_however_old(five: Root) -> None:
    assert prune(five, 0, NOW + 1000 * DAY).kept == ("000004", "000005")


def test_readers_of_the_current_one_see_nothing_of_it_and_shared_files_stay(five: Root) -> None:
    manifest = read_manifest(five)
    assert manifest
    shared = next(five.marts / f.path for f in manifest.files if (five.marts / f.path).stat().st_nlink > 1)
    before, lazy = marts(five), manifest.scan(five, "fact_indicator")
    prune(five, 0, NOW)
    assert shared.exists()
    assert lazy.collect().equals(before["fact_indicator"])
    assert all(marts(five)[name].equals(frame) for name, frame in before.items())
    assert verify(five).faults == ()


def test_who_has_an_old_file_open_reads_on(five: Root) -> None:
    path = next((five.marts / "v=000001" / "fact_indicator").rglob("*.parquet"))
    with path.open("rb") as file:
        prune(five, 7, NOW)
        assert not path.exists()
        assert pl.read_parquet(file).height


def test_a_folder_after_the_current_one_is_an_attempt_and_left_alone(five: Root) -> None:
    (five.marts / "v=000006").mkdir()
    os.utime(five.marts / "v=000006", (0, 0))
    prune(five, 0, NOW)
    assert there(five) == ["v=000004", "v=000005", "v=000006"]


def test_an_interrupted_removal_takes_a_snapshot_away_whole_and_is_finished(
    five: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pruning.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            prune(five, 7, NOW)
    assert "v=000001" not in there(five)
    assert prune(five, 7, NOW).removed == ("000002",)
    assert list(five.marts.glob(".gone-*")) == []


def test_nothing_published_nothing_pruned(root: Root) -> None:
    assert prune(root, 7, NOW).kept == ()
