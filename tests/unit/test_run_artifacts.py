"""What a run leaves in Prefect: its page, its table of verdicts, and what its marts are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.builders import BOOK, TIANZHEN, finance, given, loans, night, page, row, send
from warehouse.lineage.mart_assets import AssetChange, asset_changes
from warehouse.reports.overdue import overdue_returns
from warehouse.reports.run_artifacts import COUNTIES, PublishedSnapshot, RunPage, verdict_table
from warehouse.reports.run_summary import DatasetSummary, Summary
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root


def owing(counties: int) -> pl.DataFrame:
    """So many counties that owe a return each, of a code that nobody has."""
    codes = [f"14{number:04}" for number in range(counties)]
    return overdue_returns(
        pl.LazyFrame(
            {"county_code": codes, "period": "2018-06", "dataset": "finance", "due": True, "received": False,
             "period_open": True, "due_on": date(2018, 7, 10)}
        ),
        date(2018, 7, 11),
    )  # fmt: skip


def test_a_quiet_night_says_what_is_published_and_since_when() -> None:
    published = PublishedSnapshot("000003", "000007", datetime(2018, 7, 2, 18, tzinfo=UTC))
    quiet = RunPage(Summary(), Root(Path("/srv")), published, pl.DataFrame())
    assert quiet.title == "没有新报表; nothing new"
    assert "the last snapshot is 000003 of run 000007, 2018-07-02 18:00 UTC" in quiet.markdown()
    assert "overdue" not in quiet.markdown()


def test_a_run_names_its_reports_that_are_there_and_no_others(root: Root) -> None:
    (root.reports / "000001").mkdir(parents=True)
    (root.reports / "000001" / "findings.md").touch()
    said = page(Summary(run="000001"), root).replace("\\", "")
    assert f"{root.reports}/000001/findings.md" in said
    assert "index.html" not in said


def test_what_could_not_be_written_is_said_on_the_page() -> None:
    assert "**报告未能写完,下次运行时补写; the report could not be written, and" in page(Summary(unwritten=("report",)))


def test_those_who_owe_most_are_named_and_the_others_counted() -> None:
    said = page(Summary(), overdue=owing(COUNTIES + 3))
    assert said.count("| 2018-07-10 | 2018-06 | 金融扶贫 finance |") == COUNTIES
    assert "另有 3 县" in said
    assert "另有" not in page(Summary(), overdue=owing(COUNTIES))


@pytest.mark.parametrize(("on", "owed"), [(date(2018, 7, 10), 0), (date(2018, 7, 11), 1)])
def test_a_return_is_overdue_when_its_day_has_passed(on: date, owed: int) -> None:
    each = {"county_code": ["1", "1", "1", "1"], "period": "2018-06", "due_on": date(2018, 7, 10)}
    said = {"dataset": list("abcd"), "due": [True, True, False, True], "received": [False, True, False, False],
            "period_open": [True, True, True, False]}  # fmt: skip
    found = overdue_returns(pl.LazyFrame(each | said), on)
    assert [tuple(one) for one in found.select("county_code", "returns", "datasets").iter_rows()] == [
        ("1", 1, ["a"])
    ] * owed


def test_the_table_has_a_line_a_dataset() -> None:
    done = DatasetSummary(dataset="finance", returns=3, accepted=1, accepted_with_queries=1, quarantined=1)
    (line,) = verdict_table(Summary(datasets=(done,)))
    assert line == {
        "报表 dataset": "金融扶贫 finance", "份 returns": 3,
        "接受 accepted": 1, "待核 queries": 1, "退回 quarantined": 1,
    }  # fmt: skip


# --- assets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def changes(root: Root, inbox: Path) -> list[list[AssetChange]]:
    """What each of two nights made, of which the second had a return of one dataset alone."""
    made = []
    for at, sent in enumerate([loans(finance(1000)), given(TIANZHEN, "2017-12", "funds", row("funds"))]):
        done = night(root, send(inbox / str(at), sent).parent)
        decided = {one.dataset: one.returns for one in done.datasets}
        made.append([*asset_changes(root, BOOK, done.version, decided, done.run)])
    return made


def key(path: str) -> str:
    return f"xianbao://140000/{path}"


def test_the_first_night_makes_all_marts_and_a_later_one_those_that_changed(
    changes: list[list[AssetChange]], root: Root
) -> None:
    first, later = ({one.key for one in made} for made in changes)
    manifest = read_manifest(root)
    assert manifest is not None
    assert first == {key("returns/finance"), *(key(f"marts/{mart}") for mart in manifest.marts)}
    assert {key("returns/funds"), key("marts/mart_funds"), key("marts/mart_completeness")} <= later
    assert key("marts/mart_finance") not in later


def test_a_mart_is_made_of_the_datasets_or_marts_that_its_definition_names(changes: list[list[AssetChange]]) -> None:
    made = {one.key: one for one in changes[0]}
    assert made[key("returns/finance")].sources == (key("inbox"),)
    assert made[key("marts/mart_finance")].sources == (key("returns/finance"),)
    assert made[key("marts/bi_relocation")].sources == (key("marts/mart_relocation"),)
    assert len(made[key("marts/mart_completeness")].sources) == len(BOOK.datasets)
    assert made[key("marts/dim_county")].sources == ()
    assert made[key("marts/mart_finance")].metadata["version"] == "000001"


def test_a_night_that_publishes_nothing_makes_no_mart(root: Root) -> None:
    assert [*asset_changes(root, BOOK, None, {}, None)] == []
