"""What a person sees after a run: findings by rule, cut to the screen; where the rest is."""

from __future__ import annotations

from io import StringIO
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len

from flows.cli.screen import Screen
from flows.cli.views import run
from flows.cli.views.run import GROUPS, show_summary
from flows.settings import Settings
from warehouse.messages.finding_groups import RuleGroup
from warehouse.reports.run_summary import Summary

WIDTH = 100


def group(rule: str = "loan_cap", severity: str = "critical", findings: int = 3) -> RuleGroup:
    return RuleGroup.model_validate(
        {"rule": rule, "severity": severity, "dataset": "finance", "findings": findings, "counties": 2,
         "file": "2018-06/140221_阳高县_2018-06.xlsx", "message_zh": "金融扶贫!A2,B2 户均贷款不得超过:" + "很长" * 60,
         "message_en": "金融扶贫!A2,B2 at most [red] are lent" + " long" * 40}
    )  # fmt: skip


class Published:
    """A snapshot with a scorecard, and eight periods of which the first is open."""

    def scan(self, _: object, mart: str) -> pl.LazyFrame:
        if mart == "mart_scorecard":
            return pl.LazyFrame({"state": ["holds"] * 3 + ["differs"] + ["incomplete"] * 2 + ["unknown"]})
        months = [f"2017-0{month}" for month in range(1, 9)]
        return pl.LazyFrame({"period": months, "period_open": [True, *[False] * 7], "received": 1, "due": 1300})


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "read_manifest", lambda _: Published())


def shown(root: Path, summary: Summary) -> str:
    console = Screen(width=WIDTH, file=StringIO(), record=True)
    show_summary(summary, Settings(root=root), console)
    return console.export_text()


def test_a_group_says_rule_dataset_counts_and_an_example_with_its_cell(tmp_path: Path) -> None:
    text = shown(tmp_path, Summary(run="000001", groups=(group(),)))
    for part in ("错误 error", "loan_cap", "金融扶贫 finance", "140221_阳高县"):
        assert part in text
    whole = "".join(text.split())
    for message in (group().message_zh, group().message_en):
        assert "".join(message.split()) in whole, "wrapped and not cut: what to do stands at the end"
    (line,) = (line for line in text.splitlines() if "loan_cap" in line)
    assert line.split()[:2] == ["3", "2"]


def test_no_line_is_wider_than_the_screen_and_the_columns_stand_in_line(tmp_path: Path) -> None:
    groups = (group(), group("relocation_matches_register", "warning", 12_345))
    lines = shown(tmp_path, Summary(run="000001", groups=groups)).splitlines()
    # Where something is, is said whole, however long.
    assert max(cell_len(line) for line in lines if str(tmp_path) not in line) <= WIDTH
    named = [line for line in lines if "金融扶贫 finance" in line]
    places = [cell_len(line[: line.index("金融扶贫 finance")]) for line in named]
    assert len(places) == 2
    assert all(one == other for one, other in pairwise(places))


def test_groups_beyond_the_screen_are_counted(tmp_path: Path) -> None:
    groups = tuple(group(f"rule_{n}") for n in range(GROUPS + 4))
    text = shown(tmp_path, Summary(run="000001", groups=groups, errors=36))
    assert f"rule_{GROUPS - 1}" in text
    assert f"rule_{GROUPS} " not in text
    assert "and 4 组 more groups, 12 条 findings" in text


def test_it_says_where_the_findings_are_and_how_many_were_answered(tmp_path: Path) -> None:
    text = shown(tmp_path, Summary(run="000001", errors=2, queries=1, explained=3))
    assert str(tmp_path / "reports" / "000001" / "findings.md") in text
    assert "2 errors, 1 queries, 3 answered" in text


def test_it_says_how_many_figures_hold_how_many_differ_and_how_many_are_not_known_yet(tmp_path: Path) -> None:
    text = "3 hold 相符, 1 differ 不符, 3 not yet known 尚不可知, of 7 published figures 公布数"
    assert text in shown(tmp_path, Summary(run="000001"))


def test_a_run_without_findings_shows_none(tmp_path: Path) -> None:
    text = shown(tmp_path, Summary(run="000001"))
    assert "Findings" not in text
    assert "findings.md" not in text


def test_it_says_where_the_pages_are_or_how_to_make_them(tmp_path: Path) -> None:
    report = tmp_path / "reports" / "000001"
    assert "pages  " not in shown(tmp_path, Summary(run="000001"))
    (report / "validations").mkdir(parents=True)
    assert "xianbao docs" in shown(tmp_path, Summary(run="000001"))
    (report / "docs").mkdir()
    (report / "docs" / "index.html").touch()
    assert str(report / "docs" / "index.html") in shown(tmp_path, Summary(run="000001"))


def test_it_says_which_periods_are_not_open_the_newest_first(tmp_path: Path) -> None:
    text = " ".join(shown(tmp_path, Summary(run="000001")).split())
    assert "尚未开放的报告期,已收/应报: 2017-08 (1/1300), 2017-07 (1/1300)" in text
    assert "2017-03 (1/1300) ..." in text
    assert "2017-02" not in text
    assert "2017-01" not in text
