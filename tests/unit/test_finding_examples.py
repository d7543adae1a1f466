"""Of faults by the thousand some are told and all are counted: read, judged, in the journal and in the summary."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, Root, finance, given, lent, night, send
from tests.unit.test_finding_groups import finding
from warehouse.messages import finding as finding_module
from warehouse.messages.finding import MOST_ALIKE, Finding, FindingExamples
from warehouse.messages.finding_groups import alike, by_rule
from warehouse.reports.findings_text import findings_markdown
from warehouse.store import journal

MANY = 2_000
pytestmark = pytest.mark.usefixtures("few_marts")


def examples(*kinds: str) -> list[Finding]:
    found = FindingExamples()
    for number, kind in enumerate(kinds):
        found.add(kind, partial(finding, cells=f"C{number}", rule=kind))
    return found.counted()


def test_few_findings_are_told_one_by_one_and_say_nothing_more() -> None:
    found = examples(*["a"] * MOST_ALIKE)
    assert [f.cells for f in found] == [f"C{n}" for n in range(MOST_ALIKE)]
    assert {f.more for f in found} == {0}
    assert "more" not in found[-1].model_dump_json()


def test_of_very_many_the_last_that_is_told_counts_the_others() -> None:
    found = examples(*["a", "b"] * (MOST_ALIKE + 7))
    assert sum(f.times for f in found if f.rule == "a") == sum(f.times for f in found if f.rule == "b")
    assert len(found) == 2 * MOST_ALIKE
    for last in found[-2:]:
        assert last.more == 7
        assert "另有 7 处" in last.message_zh
        assert "7 more like it" in last.message_en
    assert Finding.model_validate_json(found[-1].model_dump_json()) == found[-1]


def test_what_comes_several_at_once_is_counted_once() -> None:
    found = FindingExamples()
    for times in (5, 3):
        found.add("a", finding, times)
    assert [f.more for f in found.counted()] == [0, 6]


def test_of_a_file_with_very_many_kinds_each_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_module, "MOST_TOLD", 3)
    found = examples("a", "a", "b", "b", "b", "c", "c", "a")
    assert [(one.cells, one.more) for one in found] == [("C0", 0), ("C1", 1), ("C2", 2), ("C5", 1)]
    assert sum(one.times for one in found) == 8


def test_what_is_only_counted_is_counted_everywhere() -> None:
    found = examples(*["a"] * MANY)
    assert [group.findings for group in by_rule(found)] == [MANY]
    assert sum(group.times for group in alike(found)) == MANY
    assert f"× {MANY} 条 findings" in findings_markdown("1", found)


# --- a night -------------------------------------------------------------------------------------------------------


def lines(values: dict[str, Any], county: str = YANGGAO) -> str:
    """A register of very many villages, each with the same faults and a code of its own, as a county's text file."""
    indicators = BOOK.datasets["relocation_villages"].indicators
    blank = {i.column: "1" if i.required == "true" and i.numeric else "" for i in indicators} | values
    head = ["区划代码", "报告期", *(i.header_zh for i in indicators)]
    rows = (
        [county, "2017-12", *(f"{county}{n:06}" if c == "village_code" else v for c, v in blank.items())]
        for n in range(MANY)
    )
    return "\n".join(map(",".join, [head, *rows])) + "\n"


NAMED = {"village_name": "v", "township": "t"}
LATE = NAMED | {"started_on": "2017-05-01", "completed_on": "2016-01-01", "demolished_on": "2015-01-01"}


def test_a_night_of_faults_by_the_thousand_counts_all_and_keeps_few(root: Root, inbox: Any) -> None:
    """Rules that fail in each row, and cells that do not convert; a good return beside them."""
    sent = {
        "rules": lines(LATE),
        "cells": lines(NAMED | {"started_on": "x"}, TIANZHEN),
    }
    for name, text in sent.items():
        (inbox / f"{name}_2017-12_relocation_villages.csv").write_text(text, encoding="utf-8")
    send(inbox, given(GUANGLING, "2017-12", "finance", finance()))
    summary = night(root, inbox)
    assert (summary.quarantined, summary.accepted) == (2, 1)
    assert len(lent(root)) == 1
    entry = journal.read_entry(root, journal.runs(root)[-1])
    failed = sum(n for d in entry.decisions for n in d.failed.values())
    counted = {group.rule: group.findings for group in summary.groups}
    assert failed >= 2 * MANY
    assert (counted["dates_in_order"], counted["not_a_date"]) == (2 * MANY, MANY)
    assert summary.errors + summary.queries == sum(counted.values()) >= 3 * MANY
    assert len(entry.all_findings) <= 4 * MOST_ALIKE
    assert journal.entry_path(root, entry.run).stat().st_size < 4 * MOST_ALIKE * 1_500
    (text,) = root.reports.rglob("findings.csv")
    assert text.stat().st_size < 2_000_000
