"""Two nights at one moment; and the clock set back between two."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import RECEIVED, finance, knowledge, lent, loans, mart, night, said, send
from tests.decision_requests import decide
from tests.faults.together import Together, ended
from tests.sharing import Fill
from warehouse.maintenance.verify import verify
from warehouse.marts.sources import Sources
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root

EARLIER = RECEIVED - timedelta(days=40)
pytestmark = pytest.mark.usefixtures("few_marts")


@pytest.mark.parametrize("wait", [False, True])
def test_two_nights_at_one_moment_are_as_one(base: Path, processes: ProcessPoolExecutor, wait: bool) -> None:  # noqa: FBT001
    one = processes.submit(ended, Together(("night", "night"), wait), base / "together").result()
    assert one.faults == []
    assert sorted(one.said) == (["done", "done"] if wait else ["busy", "done"])


def correct_by_a_clock_set_back(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    later = send(inbox / "2", loans(finance(2000)))
    for path in later.rglob("*.xlsx"):
        # A file's own time is another machine's; this one is of next year.
        os.utime(path, (time.time() + 3e7, time.time() + 3e7))
    night(root, inbox, EARLIER)


@pytest.fixture
def set_back(filled_by: Callable[[Fill], Root]) -> Root:
    """A return, and its correction, which came after it by a clock that was set back."""
    return filled_by(correct_by_a_clock_set_back)


def test_what_came_later_counts_whatever_the_clock_said(set_back: Root) -> None:
    assert list(lent(set_back).values()) == [2000]
    assert said(set_back) == [("accepted", 1), ("accepted", 2)]
    assert verify(set_back).faults == ()


def test_the_night_after_has_nothing_to_do(set_back: Root, inbox: Path) -> None:
    done = night(set_back, inbox, EARLIER - timedelta(days=1))
    assert (done.run, done.version) == (None, None)


def test_a_moment_between_knows_what_the_clock_said_by_then(set_back: Root) -> None:
    assert known_at(set_back, EARLIER) == [2]
    assert known_at(set_back, RECEIVED) == [1, 2]


def known_at(root: Root, moment: object) -> list[int]:
    sources: Sources = knowledge(root, moment).everything  # type: ignore[arg-type]
    return sorted(sources.returns["version"].to_list())


def test_who_decides_by_a_clock_that_is_behind_is_told(set_back: Root) -> None:
    decide(set_back, "withdraw", RECEIVED)
    assert list(lent(set_back).values()) == [1000]
    with pytest.raises(PermanentError, match="before"):
        decide(set_back, "withdraw", EARLIER, reason="也错")
    assert mart(set_back, "mart_completeness").height
