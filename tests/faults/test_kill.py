"""A few dozen kills in each run of the tests; `make faults` makes thousands."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.faults.calls import Call, Calls
from tests.faults.disk import SMALL_DISK
from tests.faults.kills import Outcome, evenly, points, some
from tests.faults.scenarios import MORE, SCENARIOS
from tests.faults.state import content

# How many kills of each, besides those at its commits, and with which seeds at random moments.
SPREAD = {
    **{name: 1 for name in SCENARIOS if name not in MORE}, "night": 6, "first night": 2, SMALL_DISK: 0,
}  # fmt: skip
# And how many times each is interrupted.
INTERRUPTED = {"night": 4, SMALL_DISK: 2, "backup": 1, "rebuild --in-place": 1}
SEEDS = {"night": range(3), SMALL_DISK: range(3, 6)}


@pytest.fixture(scope="module")
def outcomes(base: Path, processes: ProcessPoolExecutor) -> list[Outcome]:
    asked = [
        processes.submit(some, name, base, n, SEEDS.get(name, range(0)), INTERRUPTED.get(name, 0))
        for name, n in SPREAD.items()
    ]
    return [outcome for one in asked for outcome in one.result()]


def test_the_next_run_ends_as_if_nobody_had_been_killed(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at, one.differs) for one in outcomes if one.differs] == []


def test_readers_saw_whole_snapshots(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at, one.torn) for one in outcomes if one.torn] == []


def test_nothing_was_lost_and_no_process_was_left(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at) for one in outcomes if one.lost or one.orphans] == []


def test_an_interrupted_process_says_a_sentence_and_nothing_else(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at, one.noise) for one in outcomes if one.noise] == []
    assert Counter(one.kind for one in outcomes if one.kind.startswith("SIG")) == {"SIGINT": 5, "SIGTERM": 3}


def test_kills_came_before_amid_and_after_and_at_random_in_all_that_writes(outcomes: list[Outcome]) -> None:
    assert {one.kill.scenario for one in outcomes} == set(SPREAD)
    hows = Counter(one.kind.split(" ")[0] for one in outcomes)
    assert hows["before"] >= 10
    assert hows["after"] >= 8
    assert hows["random"] == 6
    died = Counter(one.at for one in outcomes if one.kill.scenario == "night")
    # Just before and just after what commits.
    assert died["rename root/journal/000002.json"] >= 2
    assert died["rename root/marts/manifest.json"] >= 2


def test_every_place_to_die_is_a_kill() -> None:
    kills = points("night", [Call("mkdir", "a"), Call("write", "a/b")])
    assert [(kill.fault.at, kill.fault.how) for kill in kills] == [
        (1, "before"), (1, "after"), (2, "before"), (2, "amid"), (2, "after"),
    ]  # fmt: skip
    assert evenly(kills, 2) == [kills[1], kills[3]]
    assert evenly(kills, 9) == kills


def test_what_is_left_over_or_another_is_a_difference(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    (tmp_path / "journal" / "000001.json").write_text("{}", encoding="utf-8")
    before = content(tmp_path)
    (tmp_path / "journal" / ".000001.json.17").touch()
    (tmp_path / "journal" / "000001.json").write_text("{ }", encoding="utf-8")
    (tmp_path / "marts").mkdir()
    after = content(tmp_path)
    assert {name for name in after if before.get(name) != after[name]} == {
        "journal/.000001.json.17", "journal/000001.json", "marts",
    }  # fmt: skip


def test_calls_of_other_folders_are_not_counted(tmp_path: Path) -> None:
    calls = Calls(tmp_path / "root")
    assert calls._below(tmp_path / "root" / "journal" / "000001.json") == "journal/000001.json"
    assert calls._below(tmp_path / "roots") is None
