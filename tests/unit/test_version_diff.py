"""Two versions of a return compared: which values changed, which rows came and went, in which cells they stand."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.cells import cell_len

from flows.cli.screen import Screen
from flows.cli.views.versions import show_version_diff, version_diff_json
from tests.builders import (
    BOOK,
    RECEIVED,
    YANGGAO,
    Cells,
    code_of,
    cover,
    finance,
    given,
    loans,
    night,
    row,
    send,
    sheet,
    url,
    village,
    write_book,
)
from warehouse.lineage import VersionDiff, compare
from warehouse.lineage.cell_changes import changed_cells, rows_without, with_cells
from warehouse.lineage.reader import LineageReader
from warehouse.messages.errors import PermanentError
from warehouse.store.archive import archived
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

FINANCE, VILLAGES = BOOK.datasets["finance"], BOOK.datasets["relocation_villages"]
PERIOD = "2017-12"
PLACE = {"sheet": pl.String(), "row": pl.Int64()}
CHANGES = {
    "nth": pl.Int64(), "column": pl.String(), "before": pl.String(), "after": pl.String(), "before_sheet": pl.String(),
    "before_row": pl.Int64(), "after_sheet": pl.String(), "after_row": pl.Int64(),
}  # fmt: skip


def rows(dataset: Any, *given: tuple[str | None, int | None, dict[str, Any]]) -> pl.LazyFrame:
    whole = [{"sheet": name, "row": number, **values} for name, number, values in given]
    return pl.LazyFrame(whole, {**PLACE, **dataset.dtypes})


def compared(root: Root, *chosen: str, dataset: str = "finance", county: str = YANGGAO) -> VersionDiff:
    return compare(LineageReader(root, url(root)), county, PERIOD, dataset, chosen)


def screen(c: VersionDiff, width: int = 80, *, whole: bool = False) -> str:
    console = Screen(width=width, file=StringIO(), record=True)
    show_version_diff(c, console, whole=whole)
    return console.export_text()


# --- frames --------------------------------------------------------------------------------------------------------


def test_a_changed_value_of_a_form_with_one_row() -> None:
    before = rows(FINANCE, ("a", 2, finance(1000)))
    after = rows(FINANCE, ("b", 5, finance(2000, households=1, loan_balance_yuan=None)))
    changes = changed_cells(before, after, FINANCE).collect()
    expected = pl.DataFrame(
        [
            (0, "loan_amount_yuan", "1000", "2000", "a", 2, "b", 5),
            (0, "household_use_amount_yuan", "1000", "2000", "a", 2, "b", 5),
            (0, "loan_balance_yuan", "0", None, "a", 2, "b", 5),
        ],
        CHANGES,
        orient="row",
    )
    assert_frame_equal(changes, expected)


def test_rows_are_told_apart_by_the_keys_of_the_dataset_wherever_they_stand() -> None:
    before = rows(VILLAGES, ("a", 2, village("1")), ("a", 3, village("2", households=5)), ("a", 4, village("3")))
    after = rows(VILLAGES, ("a", 2, village("2", households=6)), ("a", 3, village("1")), ("a", 4, village("4")))
    changes = changed_cells(before, after, VILLAGES).collect()
    expected = pl.DataFrame(
        [("2", 0, "households", "5", "6", "a", 3, "a", 2)], {"village_code": pl.String()} | CHANGES, orient="row"
    )
    assert_frame_equal(changes, expected)
    assert rows_without(after, before, VILLAGES).select("row", "village_code").collect().rows() == [(4, "4")]
    assert rows_without(before, after, VILLAGES).select("row", "village_code").collect().rows() == [(4, "3")]


def test_a_key_that_comes_twice_or_is_blank_is_compared_in_its_order() -> None:
    twice = rows(
        VILLAGES,
        ("a", 2, village("1")),
        ("a", 3, village("1", households=5)),
        ("a", 4, village("1") | {"village_code": None}),
    )
    same = twice.with_columns(row=pl.col("row") + 1)
    assert changed_cells(twice, same, VILLAGES).collect().is_empty()
    assert rows_without(twice, same, VILLAGES).collect().is_empty()
    fewer = twice.filter(pl.col("row") != 3)
    assert rows_without(twice, fewer, VILLAGES).select("row").collect().rows() == [(3,)]


def test_cells_follow_from_the_layout_of_each_side_also_where_there_is_no_sheet() -> None:
    before, after = rows(FINANCE, (None, 2, finance(1000))), rows(FINANCE, ("b", 5, finance(2000)))
    layout = {"sheet": pl.String(), "column": pl.String(), "letters": pl.String()}
    left = pl.LazyFrame([(None, "loan_amount_yuan", "C")], layout, orient="row")
    right = pl.LazyFrame([("b", "loan_amount_yuan", "AA"), ("c", "loan_amount_yuan", "Z")], layout, orient="row")
    placed = changed_cells(before, after, FINANCE).pipe(with_cells, left, right).collect()
    assert placed.select("column", "before_cell", "after_cell").rows() == [
        ("loan_amount_yuan", "C2", "AA5"), ("household_use_amount_yuan", None, None),
    ]  # fmt: skip


# --- a store -------------------------------------------------------------------------------------------------------


def nights(root: Root, inbox: Path, *sent: Any) -> Root:
    """A night for each return, one day after the other."""
    for day, one in enumerate(sent):
        night(root, send(inbox, one), RECEIVED + timedelta(days=day))
    return root


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Two accepted and one quarantined. Not to be changed."""
    folder = tmp_path_factory.mktemp("three")
    lent = (finance(1000, 3), finance(2000, 3), finance(60_000, 1))
    return nights(Root(folder / "root"), folder / "inbox", *map(loans, lent))


def test_by_default_the_one_in_force_is_compared_with_the_accepted_one_before_it(three: Root) -> None:
    c = compared(three)
    assert (c.before.decision["receipt"], c.after.decision["receipt"]) == (1, 2)
    assert (c.before.standing, c.after.standing) == ("superseded", "in_force")
    assert c.cells.select("column", "before", "after", "before_cell", "after_cell").rows() == [
        ("loan_amount_yuan", "1000", "2000", "B2", "B2"), ("household_use_amount_yuan", "1000", "2000", "C2", "C2"),
    ]  # fmt: skip
    assert c.later["receipt"].to_list() == [3]
    assert "金融扶贫!B2  1,000 元 yuan  ->  2,000 元 yuan  小额信贷" in screen(c, 120)
    assert "later came 之后还收到: receipt 3 quarantined 退回" in screen(c, 120)


@pytest.mark.parametrize(("chosen", "receipts"), [(("2", "3"), (2, 3)), (("v2", "v1"), (2, 1)), (("1", "v2"), (1, 2))])
def test_receipts_and_versions_may_be_named(three: Root, chosen: tuple[str, str], receipts: tuple[int, int]) -> None:
    c = compared(three, *chosen)
    assert (c.before.decision["receipt"], c.after.decision["receipt"]) == receipts
    assert not c.same


@pytest.mark.parametrize("name", ["4", "v3", "x", "", "v", "9" * 40])
def test_what_is_none_is_a_sentence_with_what_there_is(three: Root, name: str) -> None:
    with pytest.raises(PermanentError, match=r"is no receipt or version of .*; there are: receipt 1 \(v1, .*receipt 3"):
        compared(three, "1", name)


@pytest.mark.parametrize(
    ("asked", "said"),
    [(("140222", PERIOD, "finance"), "no return was received"), (("城区", PERIOD, "finance"), "more than one county"),
     (("nowhere", PERIOD, "finance"), "is no county"), ((YANGGAO, "2017-13", "finance"), "is no period"),
     ((YANGGAO, PERIOD, "loans"), "is no dataset; there are: .*finance")],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_a_sentence(three: Root, asked: tuple[str, str, str], said: str) -> None:
    with pytest.raises(PermanentError, match=said):
        compare(LineageReader(three, url(three)), *asked)


def test_a_name_and_a_label_will_do(three: Root) -> None:
    assert compared(three, county="阳高县", dataset="金融扶贫").county_code == YANGGAO


def test_a_version_compared_with_itself_has_not_changed(three: Root) -> None:
    c = compared(three, "2", "v2")
    assert c.same
    assert "Nothing changed 没有变化" in screen(c)


def test_with_one_accepted_the_last_two_received_are_compared_and_with_one_received_none(
    root: Root, inbox: Path
) -> None:
    nights(root, inbox, loans(finance(1000)))
    with pytest.raises(PermanentError, match="only one was received"):
        compared(root)
    night(root, send(inbox, loans(finance(60_000, 1))), RECEIVED + timedelta(days=1))
    c = compared(root)
    assert [(v.decision["receipt"], v.standing) for v in (c.before, c.after)] == [(1, "in_force"), (2, "quarantined")]


def test_rows_that_came_and_went_and_the_columns_in_another_order(root: Root, inbox: Path) -> None:
    old = [village("1"), village("2", households=5), village("3")]
    nights(root, inbox, given(YANGGAO, PERIOD, "relocation_villages", *old))
    new = [village("2", households=6), village("3"), village("4", households=7)]
    page: Cells = sheet("relocation_villages", *given(YANGGAO, PERIOD, "relocation_villages", *new).rows)
    turned = [list(reversed(line)) for line in page]
    listed = (("搬迁自然村名册", "relocation_villages", "有", "报送"),)
    write_book(inbox / "turned.xlsx", {"封面": cover(listed), "搬迁自然村名册": turned})
    night(root, inbox, RECEIVED + timedelta(days=1))
    c = compared(root, dataset="relocation_villages")
    assert c.cells.select("village_code", "column", "before", "after", "before_cell", "after_cell").rows() == [
        (code_of(YANGGAO, "2"), "households", "5", "6", "D3", "F2"),
    ]  # fmt: skip
    assert c.added.select("row", "village_code", "households").rows() == [(4, code_of(YANGGAO, "4"), "7")]
    assert c.removed["village_code"].to_list() == [code_of(YANGGAO, "1")]
    said = screen(c, 120)
    for part in (
        "D3 -> ",
        "F2",
        f"5 户 households  ->  6 户 households  {code_of(YANGGAO, '2')}  户数",
        "Rows added 新增行 1",
        "Rows removed 删除行 1",
    ):
        assert part in said
    assert max(map(cell_len, screen(c, 80).splitlines())) <= 80


def test_figures_in_place_of_a_nil_return(root: Root, inbox: Path) -> None:
    nights(root, inbox, given(YANGGAO, PERIOD, "relocation"))
    figures = given(YANGGAO, PERIOD, "relocation", row("relocation", persons_housed=5))
    night(root, send(inbox, figures), RECEIVED + timedelta(days=1))
    c = compared(root, dataset="relocation")
    assert (c.before.decision["nil"], c.before.nil_cell) == (True, "封面!C8")
    (moved,) = c.cells.filter(pl.col("column") == "persons_housed").rows(named=True)
    assert (moved["before"], moved["before_cell"], moved["after"], moved["after_cell"]) == ("0", None, "5", "F2")
    assert "nil 无 封面!C8" in screen(c, 120)


def test_an_original_that_is_gone_leaves_values_without_cells(root: Root, inbox: Path) -> None:
    nights(root, inbox, loans(finance(1000, 3)), loans(finance(2000, 3)))
    decision = compared(root).before.decision
    archived(root, decision["submission"], decision["file"]).unlink()
    c = compared(root)
    assert "cannot be read" in (c.before.trouble or "")
    assert c.cells.select("before", "before_cell", "after_cell").row(0) == ("1000", None, "B2")
    assert "its cells cannot be told" in screen(c, 120)
    assert version_diff_json(c)["before"]["trouble"]
