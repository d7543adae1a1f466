"""Power cuts: a few dozen states of the disk in each run of the tests; `make faults` makes thousands."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.faults.calls import POWER, Call
from tests.faults.disk import SMALL_DISK
from tests.faults.kills import Outcome
from tests.faults.power import GARBAGE, Disk, Recorded, power_cuts
from tests.faults.scenarios import MORE, SCENARIOS

STATES = dict.fromkeys(SCENARIOS, 2) | dict.fromkeys(MORE, 0) | {"night": 6, "night in two turns": 2, SMALL_DISK: 0}
State = dict[str, bytes | Path | str | None]


@pytest.fixture(scope="module")
def outcomes(base: Path, processes: ProcessPoolExecutor) -> list[Outcome]:
    asked = [processes.submit(power_cuts, name, base, most) for name, most in STATES.items() if most]
    return [outcome for one in asked for outcome in one.result()]


def test_the_next_run_ends_as_if_there_had_been_no_power_cut(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at, one.differs) for one in outcomes if one.differs] == []


def test_nothing_was_lost_and_readers_saw_whole_snapshots(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at, one.torn, one.lost) for one in outcomes if one.torn or one.lost] == []


def test_the_disk_had_less_and_other_than_was_written_in_all_that_writes(outcomes: list[Outcome]) -> None:
    assert {one.kill.scenario for one in outcomes} == {name for name, most in STATES.items() if most}
    assert set(Counter(one.kill.fault.how for one in outcomes)) == set(POWER)
    assert len(outcomes) >= 20


# --- the disk -----------------------------------------------------------------------------------------------------


def disk(tmp_path: Path, *calls: Call | Recorded) -> Disk:
    """A disk with a file `old`, to which this is done."""
    (tmp_path / "old").write_bytes(b"before")
    return Disk.of(tmp_path, [one if isinstance(one, Recorded) else Recorded(one) for one in calls])


WRITTEN = (
    Call("mkdir", "a"),
    Call("open", "a/.b"),
    Call("write", "a/.b"),
    Recorded(Call("fsync", "a/.b"), b"whole"),
    Call("rename", "a/b", "a/.b"),
)


def test_names_that_were_not_synced_may_be_lost_and_come_with_their_folder(tmp_path: Path) -> None:
    done = disk(tmp_path, *WRITTEN, Call("fsync", "a"), Call("fsync", "."))
    old: State = {"old": tmp_path / "old"}
    assert done.at(5, "names lost") == old
    assert done.at(5, "data empty") == old | {"a": None, "a/b": b"whole"}
    assert done.at(6, "names lost") == old, "what is in a folder whose own name was lost is lost"
    assert done.at(7, "names lost") == old | {"a": None, "a/b": b"whole"}


def test_bytes_that_were_not_synced_are_empty_or_anything(tmp_path: Path) -> None:
    done = disk(tmp_path, *WRITTEN[:3], Call("rename", "a/b", "a/.b"), Call("write", "old"))
    assert done.at(4, "data empty") == {"old": tmp_path / "old", "a": None, "a/b": b""}
    assert done.at(4, "data garbage")["a/b"] == GARBAGE
    assert done.at(5, "data empty")["old"] == b""


def test_names_may_come_in_another_order_where_no_sync_is_between(tmp_path: Path) -> None:
    done = disk(tmp_path, Call("open", "1"), Call("open", "2"), Call("rename", "3", "old"))
    assert set(done.at(2, "one name alone")) == {"old", "2"}
    assert set(done.at(2, "one name lost")) == {"old", "2"}
    assert set(done.at(3, "one name alone")) == {"3"}
    synced = disk(tmp_path, Call("open", "1"), Call("fsync", "."), Call("open", "2"))
    assert set(synced.at(3, "one name alone")) == {"old", "1", "2"}


def test_a_file_moved_to_another_folder_is_in_one_of_them_or_both_and_never_nowhere(tmp_path: Path) -> None:
    moved = (Call("mkdir", "a"), Call("fsync", "."), Call("rename", "a/new", "old"))
    done = disk(tmp_path, *moved, Call("fsync", "."))
    assert set(done.at(3, "names lost")) == {"old", "a"}
    assert set(done.at(3, "one name alone")) == {"old", "a", "a/new"}
    assert set(done.at(3, "data empty")) == {"a", "a/new"}
    assert set(done.at(4, "names lost")) == {"old", "a"}
