"""Two snapshots compared: rows that came and went, cells that changed, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.cli.screen import Screen
from flows.cli.views import snapshots
from flows.cli.views.snapshots import WHY, show_snapshot_diff, snapshot_diff_json
from tests.builders import BOOK, RECEIVED, TIANZHEN, YANGGAO, finance, loans, night, send, url
from tests.decision_requests import decide
from warehouse.lineage.mart_diff import differences
from warehouse.lineage.reader import LineageReader
from warehouse.lineage.snapshot_diff import SnapshotDiff, compare_snapshots
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import manifest_path, read_manifest
from warehouse.store.files import Root
from warehouse.store.seal import sealed

pytestmark = pytest.mark.usefixtures("few_marts")

LATER = RECEIVED + timedelta(days=9)
EVERYWHERE = pl.LazyFrame({"why": ["because"]})


def compared(root: Root, *asked: str, mart: str | None = None) -> SnapshotDiff:
    return compare_snapshots(LineageReader(root, url(root)), *(asked or ("previous", "current")), only=mart)


def told(root: Root, mart: str, *asked: str) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    """By key and column: the change, both values, why."""
    rows = compared(root, *asked, mart=mart).differences.rows(named=True)
    return {(r["key"], r["column"]): (r["change"], r["before"], r["after"], r["why"]) for r in rows}


# --- what differs, of frames ---------------------------------------------------------------------------------------


def lines(*rows: tuple[str, int | None]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), {"code": pl.String, "value": pl.Int64}, orient="row")


def test_rows_and_cells_that_differ() -> None:
    found = differences(
        lines(("a", 1), ("b", 2), ("c", 3)), lines(("b", None), ("c", 3), ("d", 4)), ["code"], EVERYWHERE
    )
    assert found.collect().rows() == [
        ("removed", "a", None, None, None, "because"),
        ("changed", "b", "value", "2", None, "because"),
        ("added", "d", None, None, None, "because"),
    ]


def test_without_keys_a_row_that_is_not_the_same_is_another() -> None:
    found = differences(lines(("a", 1), ("a", 1)), lines(("a", 1), ("a", 2)), (), EVERYWHERE)
    assert found.select("change", "key").collect().rows() == [("removed", "a 1"), ("added", "a 2")]


def test_rows_whose_keys_come_twice_are_compared_in_their_order() -> None:
    found = differences(lines(("a", 1), ("a", 2)), lines(("a", 1), ("a", 3)), ["code"], EVERYWHERE)
    assert found.select("column", "before", "after").collect().rows() == [("value", "2", "3")]


def test_where_a_value_comes_from_is_no_difference() -> None:
    one, two = (pl.LazyFrame({"code": ["a"], "value": [1], "version": [n], "submission": [f"{n}"]}) for n in (1, 2))
    assert differences(one, two, ["code"], EVERYWHERE).collect().is_empty()


def test_the_same_is_no_difference() -> None:
    assert differences(lines(("a", None)), lines(("a", None)), ["code"], EVERYWHERE).collect().is_empty()


# --- why, of snapshots ---------------------------------------------------------------------------------------------


def test_a_resubmission_changes_the_county_its_areas_and_what_is_compared_with_it(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000), period="2016-12"), loans(finance(9), period="2017-12")).parent)
    night(root, send(inbox / "2", loans(finance(3000), period="2016-12")).parent, LATER)
    found = told(root, "mart_finance")
    own = found[f"2016-12 county {YANGGAO} loan_amount_yuan", "value"]
    assert own == ("changed", "1000.000000", "3000.000000", "resubmission")
    assert found["2016-12 province 140000 loan_amount_yuan", "value"] == own
    assert found["2016-12 prefecture 140200 loan_amount_yuan", "value"] == own
    assert found[f"2017-12 county {YANGGAO} loan_amount_yuan", "prior_year"] == own
    assert not any(TIANZHEN in key or "deep_poverty" in key for key, _ in found)


def test_each_reason_is_told(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    night(root, send(inbox / "2", loans(finance(60_000), county=TIANZHEN)).parent, LATER)
    assert told(root, "mart_completeness")[f"2017-12 finance {TIANZHEN}", "verdict"] == (
        "changed", None, "quarantined", "judged",
    )  # fmt: skip
    decide(root, "waive", LATER, county_code=TIANZHEN)
    assert told(root, "fact_indicator")[f"2017-12 {TIANZHEN} finance loan_amount_yuan", None] == (
        "added", None, None, "waived",
    )  # fmt: skip
    decide(root, "withdraw", LATER)
    assert told(root, "fact_indicator")[f"2017-12 {YANGGAO} finance loan_amount_yuan", None] == (
        "removed", None, None, "withdrawn",
    )  # fmt: skip
    whys = set(compared(root, "1", "current").differences["why"].str.split(";").explode())
    assert {"waived", "withdrawn"} <= whys <= WHY.keys()


def test_what_gets_missing_is_for_the_time_that_passed(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent, datetime(2018, 1, 5, tzinfo=UTC))
    night(root, send(inbox / "2", loans(finance(1), period="2018-06")).parent, LATER)
    found = told(root, "mart_completeness")
    assert found[f"2017-12 finance {TIANZHEN}", "missing"] == ("changed", "false", "true", "time_passed")
    assert found[f"2018-06 finance {YANGGAO}", None][3] == "new_return"


def test_another_program_is_a_reason(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    night(root, send(inbox / "2", loans(finance(1), period="2018-06")).parent, LATER)
    manifest = read_manifest(root)
    assert manifest
    for path in (manifest_path(root), manifest_path(root, manifest.version)):
        path.write_bytes(sealed(manifest.model_copy(update={"program": "another"})))
    done = compared(root)
    assert done.other_program
    assert "code_change" in done.differences["why"].to_list()


def test_a_snapshot_and_itself_are_the_same(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    done = compared(root, "000001", "current")
    assert (done.marts, done.differences.height) == ((), 0)


def test_backwards_rows_go_and_come(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    night(root, send(inbox / "2", loans(finance(2), county=TIANZHEN)).parent, LATER)
    key = f"2017-12 {TIANZHEN} finance loan_amount_yuan"
    assert told(root, "fact_indicator", "1", "2")[key, None] == ("added", None, None, "new_return")
    assert told(root, "fact_indicator", "2", "1")[key, None] == ("removed", None, None, "new_return")


@pytest.mark.parametrize(
    ("asked", "message"),
    [(("7", "current"), "no snapshot 7; there are 000001"), (("previous", "current"), "no snapshot previous")],
)
def test_a_snapshot_that_is_not_there_is_said(root: Root, inbox: Path, asked: tuple[str, str], message: str) -> None:
    night(root, send(inbox, loans(finance(1000))))
    with pytest.raises(PermanentError, match=message):
        compared(root, *asked)
    with pytest.raises(PermanentError, match="no mart mart_nothing"):
        compared(root, "1", "current", mart="mart_nothing")


# --- how it is shown -----------------------------------------------------------------------------------------------


def shown(done: SnapshotDiff, *, whole: bool = False) -> str:
    console = Screen(width=160, record=True, file=StringIO())
    show_snapshot_diff(done, console, whole=whole)
    return console.export_text()


def test_it_is_shown_in_both_languages_and_cut_unless_asked_for_whole(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "LINES", 3)
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    night(root, send(inbox / "2", loans(finance(2000))).parent, LATER)
    done = compared(root)
    text = shown(done)
    assert "snapshots 快照 000001 (run 000001) -> 000002 (run 000002)" in text
    assert "resubmission 重报" in text
    assert "1000.000000 -> 2000.000000" in text
    assert "--all" in text
    assert len(shown(done, whole=True).splitlines()) > done.differences.height
    told = snapshot_diff_json(done)
    assert len(told["differences"]) == done.differences.height
    assert {m["mart"] for m in told["marts"]} <= set(BOOK.marts)


def test_that_nothing_changed_is_said(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    assert "Nothing changed 没有变化" in shown(compared(root, "1", "1"))
