"""The system refuses a call: a few dozen in each run of the tests; `make faults` does a thousand."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path

import pytest

from tests.faults.calls import Call
from tests.faults.disk import codes, refused_at
from tests.faults.kills import Outcome, evenly, killed, survey_all

# Of each error, and besides in the inbox, and where what was read is kept: what was in hand then waits.
OF_EACH, IN_INBOX, OF_READING = 2, 5, 3


@pytest.fixture(scope="module")
def outcomes(base: Path, processes: ProcessPoolExecutor) -> list[Outcome]:
    every = processes.submit(survey_all, "night", base).result()
    refused = sorted(refused_at("night", every), key=lambda one: (one.fault.code, one.fault.at))
    kills = [kill for _, own in groupby(refused, lambda one: one.fault.code) for kill in evenly([*own], OF_EACH)]
    kills += evenly([one for one in refused if every[one.fault.at - 1].path.startswith("inbox")], IN_INBOX)
    kills += evenly([one for one in refused if "/read/notes.json" in every[one.fault.at - 1].path], OF_READING)
    return list(killed(kills, base, processes, len(kills) // 2 + 1))


def test_what_is_refused_is_said_or_waits_and_the_next_run_ends_as_if_nothing_had_been(outcomes: list[Outcome]) -> None:
    assert [(one.kill, one.at, one.faults) for one in outcomes if one.faults] == []


def test_each_error_was_met_at_reading_and_at_writing(outcomes: list[Outcome]) -> None:
    met = Counter(one.kill.fault.code for one in outcomes)
    assert met.keys() >= {*codes(Call("open", "a")), *codes(Call("read", "a"))}
    assert any("waits" in one.at for one in outcomes)
    assert any(one.at.startswith("DiskError") for one in outcomes)
