"""mart_runs, and the run and the days of a finding: what each run received, decided and found; no clock is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from expectations.suites import finance as suite
from tests.builders import RECEIVED, TIANZHEN, finance, judge_again, loans, mart, night, send, sources
from tests.decision_requests import decide
from tests.sharing import Fill
from warehouse import marts
from warehouse.store.files import Root
from warehouse.store.rejudging import Scope

pytestmark = pytest.mark.usefixtures("few_marts")

# A query, and an error of a rule that is given up later.
ODD = finance(lent=500, overdue_balance_yuan=1)
GIVEN_UP = "overdue_within_balance"


def four_runs(root: Root, inbox: Path) -> None:
    """A night with a return and what is none, one with a quarantined return and the first file again; that is judged
    again and accepted, the first withdrawn.
    """
    sent = send(inbox / "1", loans(finance(1000)))
    (inbox / "1" / "nothing.xlsx").write_bytes(b"this is no workbook")
    night(root, inbox / "1")
    (file,) = sent.rglob("*阳高县*.xlsx")
    send(inbox / "2", loans(ODD, county=TIANZHEN))
    (inbox / "2" / "copy.xlsx").write_bytes(file.read_bytes())
    night(root, inbox / "2", RECEIVED + timedelta(days=1))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(suite, "RULES", tuple(rule for rule in suite.RULES if rule.rule != GIVEN_UP))
        judge_again(root, Scope(), RECEIVED + timedelta(days=8))
    decide(root, "withdraw", RECEIVED + timedelta(days=9))


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    return filled_by(four_runs)


def runs(root: Root) -> list[dict[str, Any]]:
    return mart(root, "mart_runs").rows(named=True)


def test_a_run_says_when_it_was_what_came_and_what_became_of_it(filled: Root) -> None:
    first, second, third, last = runs(filled)
    assert (first["run"], first["kind"], first["received_on"], first["received_at"]) == (
        "000001", "nightly", date(2018, 7, 5), "2018-07-05T03:00:00Z",
    )  # fmt: skip
    counts = ("files", "unreadable", "duplicates", "decided", "accepted", "quarantined", "withdrawn")
    assert [first[name] for name in counts] == [2, 1, 0, 1, 1, 0, 0]
    assert [second[name] for name in counts] == [2, 0, 1, 1, 0, 1, 0]
    assert (third["kind"], *(third[name] for name in counts)) == ("rejudge", 0, 0, 0, 1, 1, 0, 0)
    assert (last["kind"], *(last[name] for name in counts)) == ("withdraw", 0, 0, 0, 1, 0, 0, 1)


def test_the_findings_of_a_run_are_counted_as_they_were_told(filled: Root) -> None:
    found = mart(filled, "mart_findings")
    told = {one["run"]: one["findings"] for one in runs(filled)}
    assert told["000001"] == found.filter(run="000001").height == 1
    assert found["run"].to_list().count("000003") == told["000003"] == 1
    assert told["000002"] == 2  # overtaken by those of the third


def test_a_finding_says_who_found_it_and_when_its_file_came(filled: Root) -> None:
    said = {
        one["county_code"]: (one["run"], one["found_on"], one["received_on"])
        for one in mart(filled, "mart_findings").rows(named=True)
    }
    assert said[None] == ("000001", date(2018, 7, 5), date(2018, 7, 5))
    assert said[TIANZHEN] == ("000003", date(2018, 7, 13), date(2018, 7, 6))


def test_as_of_an_earlier_moment_there_are_the_runs_of_then(filled: Root) -> None:
    then = sources(filled, RECEIVED + timedelta(days=2))
    assert marts.build("mart_runs", then).collect()["run"].to_list() == ["000001", "000002"]
