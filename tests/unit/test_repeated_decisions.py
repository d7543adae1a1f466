"""A withdrawal or a waiver said again: done once, and whatever had been broken off is finished."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import (
    YANGGAO,
    finance,
    given,
    lent,
    loans,
    night,
    send,
    village,
)
from tests.decision_requests import decide, nights
from warehouse.messages.errors import PermanentError
from warehouse.store import journal
from warehouse.store.decision_requests import DecisionKind
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")


@pytest.mark.parametrize(
    ("kind", "amounts", "counts"), [("withdraw", (1000, 2000), 1000), ("waive", (60_000, 70_000), 70_000)]
)
def test_said_twice_it_is_done_once(
    root: Root, inbox: Path, kind: DecisionKind, amounts: tuple[int, ...], counts: int
) -> None:
    nights(root, inbox, *amounts)
    done, runs = decide(root, kind), journal.runs(root)
    assert decide(root, kind) == done
    assert journal.runs(root) == runs
    assert lent(root) == {YANGGAO: counts}


def test_for_another_reason_or_by_another_it_is_another_deed(root: Root, inbox: Path) -> None:
    nights(root, inbox, 1000, 2000, 3000)
    requests = [
        decide(root, "withdraw", **said) for said in ({}, {"reason": "单位错"}, {"reason": "单位错", "by": "李"})
    ]
    assert [done.receipt for (done,) in requests] == [3, 2, 1]


def test_said_again_after_a_new_return_it_is_another_deed(root: Root, inbox: Path) -> None:
    nights(root, inbox, 1000)
    decide(root, "withdraw")
    night(root, send(inbox / "2", loans(finance(2000))).parent)
    (done,) = decide(root, "withdraw")
    assert (done.receipt, lent(root)) == (2, {})


def test_of_all_datasets_where_one_was_decided_the_others_are_too(root: Root, inbox: Path) -> None:
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"))
    night(root, send(inbox / "1", given(YANGGAO, "2017-12", "finance", finance(1)), register).parent)
    decide(root, "withdraw")
    (done,) = decide(root, "withdraw", dataset="all")
    assert done.dataset == "relocation_villages"


def test_a_deed_that_counted_and_was_not_published_is_when_said_again(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights(root, inbox, 1000, 2000)
    with monkeypatch.context() as broken:
        broken.setattr("tests.decision_requests.publish_new", _break_off)
        with pytest.raises(KeyboardInterrupt):
            decide(root, "withdraw")
    assert lent(root) == {YANGGAO: 2000}
    decide(root, "withdraw")
    assert lent(root) == {YANGGAO: 1000}


def test_a_deed_that_is_refused_publishes_what_was_left_unpublished(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights(root, inbox, 1000)
    with monkeypatch.context() as broken:
        broken.setattr("tests.decision_requests.publish_new", _break_off)
        with pytest.raises(KeyboardInterrupt):
            decide(root, "withdraw")
    with pytest.raises(PermanentError, match="nothing is"):
        decide(root, "waive")
    assert lent(root) == {}


def _break_off(_root: Root) -> None:
    raise KeyboardInterrupt
