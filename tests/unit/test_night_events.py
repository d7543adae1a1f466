"""The events of a night: which there are, whose they are, what automations can tell by their labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.reports.night_events import (
    INBOX_ABSENT,
    OVERDUE,
    PASSED,
    PUBLISHED,
    QUARANTINED,
    THRESHOLD,
    WITHIN,
    Thresholds,
    events_of,
    inbox_absent,
)
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root

ROOT = Root(Path("/srv/xianbao"))
THRESHOLDS = Thresholds(quarantined_share=0.25, overdue_counties=2)


def labels(night: Summary) -> dict[str, str]:
    return {one.event: one.resource[THRESHOLD] for one in events_of(ROOT, night, THRESHOLDS)}


def test_a_night_with_nothing_to_say_emits_nothing() -> None:
    assert labels(Summary()) == {}


@pytest.mark.parametrize(("quarantined", "label"), [(1, WITHIN), (2, PASSED)])
def test_a_share_of_quarantined_returns_passes_its_threshold_where_it_is_larger(quarantined: int, label: str) -> None:
    night = Summary(run="000002", version="000002", accepted=4 - quarantined, quarantined=quarantined)
    assert labels(night) == {PUBLISHED: PASSED, QUARANTINED: label}


@pytest.mark.parametrize(("overdue", "label"), [(2, WITHIN), (3, PASSED)])
def test_overdue_counties_are_told_also_where_nothing_is_new(overdue: int, label: str) -> None:
    assert labels(Summary(overdue=overdue)) == {OVERDUE: label}


def test_a_night_of_two_turns_is_told_of_once_with_the_sums_of_both() -> None:
    first = Summary(run="000001", files=3, accepted=2, quarantined=1, version="000001")
    last = Summary(run="000002", files=1, accepted_with_queries=1, version="000002", waiting=4, before=first)
    said = {one.event: one for one in events_of(ROOT, last, THRESHOLDS)}
    assert said.keys() == {PUBLISHED, QUARANTINED}
    assert said[QUARANTINED].payload == {
        "run": "000002", "version": "000002", "returns": 4, "quarantined": 1, "quarantined_share": 0.25, "files": 4,
        "unreadable": 0, "held": 0, "waiting": 4, "overdue": 0, "report": "/srv/xianbao/reports/000002",
        "message": "4 份报表中退回 1 份; 1 of 4 returns quarantined",
    }  # fmt: skip


def test_an_event_is_about_the_root_of_the_province() -> None:
    absent = inbox_absent(ROOT, "/mnt/inbox\n", "收件箱不存在; no such folder")
    assert absent.event == INBOX_ABSENT
    assert absent.resource == {
        "prefect.resource.id": "xianbao.root.140000", "prefect.resource.name": "/srv/xianbao", THRESHOLD: PASSED,
    }  # fmt: skip
    assert absent.payload["message"] == "收件箱不存在; no such folder"


def test_what_an_inbox_is_called_stays_on_its_line() -> None:
    assert "\n" not in inbox_absent(ROOT, "a\nb", "c\nd").model_dump_json(indent=None)
    assert "\\n" not in inbox_absent(ROOT, "a\nb", "c\nd").model_dump_json()
