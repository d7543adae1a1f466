"""A submission explained: each cell as typed and as read, what was left out, what became of it, what differs today."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.cells import cell_len
from typer.testing import CliRunner

from flows.cli.main import app
from flows.cli.screen import Screen
from flows.cli.views.submission import show_submission, submission_json
from tests.builders import (
    BOOK,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    code_of,
    cover,
    finance,
    given,
    loans,
    night,
    receipt_of,
    send,
    url,
    village,
    write_book,
)
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.inspect import Inspection, as_texts, inspect_submission
from warehouse.intake.sandbox import inspect_process
from warehouse.intake.sandbox.inspect_process import inspect_isolated
from warehouse.lineage import SubmissionTrace, explain_submission
from warehouse.lineage.reader import LineageReader
from warehouse.messages.errors import PermanentError
from warehouse.store.archive import archived
from warehouse.store.files import Root
from warehouse.store.ledger import RECEIPTS, read_table
from warehouse.synthetic import build_returns
from warehouse.synthetic.messy.letter import Letter, write_letter
from warehouse.synthetic.messy.plan import plan_letters

pytestmark = pytest.mark.usefixtures("few_marts")

FINANCE, VILLAGES = BOOK.datasets["finance"], BOOK.datasets["relocation_villages"]
LATER = RECEIVED + timedelta(days=1)
HEAD = [
    ["2017年12月金融扶贫情况表"],
    ["单位:万元、户"],
    ["小额信贷", None, "序号", "联系方式"],
    ["户数", "投放", None, None],
]


def told(path: Path) -> tuple[Inspection, pl.DataFrame]:
    return inspect_submission(receipt_of(path), Limits(), {})


def cell(cells: pl.DataFrame, column: str) -> dict[str, Any]:
    return cells.row(by_predicate=pl.col("column") == column, named=True)


def text(path: Path, lines: list[list[str | None]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([value or "" for value in line] for line in lines)
    return path


def explained(root: Root, name: str) -> SubmissionTrace:
    return explain_submission(LineageReader(root, url(root)), name)


def screen(e: SubmissionTrace, width: int = 80, *, whole: bool = False) -> str:
    console = Screen(width=width, file=StringIO(), record=True)
    show_submission(e, console, whole=whole)
    return console.export_text()


# --- cells and headers ---------------------------------------------------------------------------------------------


def test_a_cell_is_told_as_typed_and_as_read_with_its_header_of_two_rows_and_its_unit(tmp_path: Path) -> None:
    path = text(tmp_path / "140221_2017-12 金融扶贫.csv", [*HEAD, ["1,200户", "８３.82", "1", None]])
    shown, cells = told(path)
    (table,) = shown.tables
    assert [(c.letters, c.header, c.header_cells, c.factor, c.unit) for c in table.columns] == [
        ("A", "小额信贷 / 户数", "A3:A4", 1, None), ("B", "小额信贷 / 投放", "B3:B4", 10_000, "万元"),
    ]  # fmt: skip
    assert cells.select("cell", "text", "value", "fault").rows() == [
        ("A5", "1,200户", "1200", None), ("B5", "８３.82", "838200", None),
    ]  # fmt: skip


def test_a_cell_that_is_not_read_says_which_check_it_fails_and_a_word_for_nothing_is_blank(tmp_path: Path) -> None:
    path = text(tmp_path / "140221_2017-12 金融扶贫.csv", [*HEAD, ["约十户", "—", "1", None]])
    shown, cells = told(path)
    assert cells.select("text", "value", "fault").rows() == [("约十户", None, "not_a_number"), ("—", None, None)]
    assert [(f.rule, f.cell) for f in shown.findings if f.rule == "not_a_number"] == [("not_a_number", "A5")]


def test_a_unit_behind_a_number_counts_and_is_told_so(root: Root, inbox: Path) -> None:
    text(inbox / "140221_2017-12 金融扶贫.csv", [*HEAD, ["3", "83.82亿元", "1", None], ["3", "5", "2", None]])
    night(root, inbox)
    said = screen(explained(root, "1"), 120)
    assert "83.82亿元  own unit 自带单位  =  8,382,000,000 元 yuan" in said
    assert "万元 x 10,000      =         50,000 元 yuan" in said


def test_what_gave_no_figures_is_told_with_what_stands_there_and_why(tmp_path: Path) -> None:
    sheets = {
        "封面": cover(),
        "金融扶贫": [["金融扶贫情况表"], ["乡镇", "序号", *[i.header_zh for i in FINANCE.indicators]],
                  [None, 1, *finance().values()], ["合计", None, *finance().values()], ["填表人:张三"]],
        "说明": [["填表须知"]],
        "Sheet3": [],
    }  # fmt: skip
    shown, _ = told(write_book(tmp_path / "a.xlsx", sheets))
    said = {(part.sheet, part.place): (part.text, part.why.rsplit(" ", 3)[0]) for part in shown.left_out}
    assert said["金融扶贫", "行 rows 1"][0] == "金融扶贫情况表"
    assert said["金融扶贫", "行 rows 4"][0].startswith("合计")
    assert "checked against the rows" in next(p.why for p in shown.left_out if p.place == "行 rows 4")
    assert said["金融扶贫", "行 rows 5"][0] == "填表人:张三"
    assert said["金融扶贫", "列 column A"][0] == "乡镇"
    assert said["金融扶贫", "列 column B"][0] == "序号"
    assert {sheet for sheet, place in said if place is None} == {"封面", "说明", "Sheet3"}


def test_hidden_rows_and_what_is_in_many_rows(tmp_path: Path) -> None:
    folder = send(tmp_path / "in", given(YANGGAO, "2017-12", "relocation_villages", village("1"), village("2")))
    shown, cells = told(next(folder.rglob("*.xlsx")))
    assert [(t.dataset, t.rows, t.hidden) for t in shown.tables] == [("relocation_villages", 2, ())]
    assert cells.height == 2 * len(VILLAGES.indicators)
    assert cells.filter(pl.col("column") == "village_code")["value"].to_list() == [
        code_of(YANGGAO, "1"),
        code_of(YANGGAO, "2"),
    ]


def test_values_are_exact_texts_in_base_units() -> None:
    rows = pl.LazyFrame({"payments_yuan": [10_000_000, None]}, {"payments_yuan": pl.Int64})
    ratio = pl.LazyFrame({"poverty_headcount_ratio": ["5.3000", "100.0000"]}).cast(pl.Decimal(18, 4))
    assert as_texts(rows, BOOK.datasets["ecology"]).collect()["payments_yuan"].to_list() == ["10000000", None]
    texts = as_texts(ratio, BOOK.datasets["outcomes"]).collect()["poverty_headcount_ratio"]
    assert texts.to_list() == ["5.3", "100"]


# --- in a process of its own ---------------------------------------------------------------------------------------


def test_a_child_tells_the_same(tmp_path: Path) -> None:
    path = next(send(tmp_path / "in", loans(finance())).rglob("*.xlsx"))
    shown, cells = inspect_isolated(receipt_of(path), Limits(), {})
    own, own_cells = told(path)
    assert shown == own
    assert_frame_equal(cells, own_cells)


@pytest.mark.parametrize("limits", [Limits(seconds=0.0001), Limits(memory_bytes=1_000_000, seconds=2)])
def test_a_file_that_is_too_much_for_its_reader_is_a_finding(tmp_path: Path, limits: Limits) -> None:
    path = next(send(tmp_path / "in", loans(finance())).rglob("*.xlsx"))
    shown, cells = inspect_isolated(receipt_of(path), limits, {})
    (found,) = shown.findings
    assert (found.rule, found.found.startswith(inspect_process.TOO_MUCH)) == ("over_limit", True)
    assert cells.is_empty()


# --- what became of it ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """A, B, and A again under another name; B fails a rule. Not to be changed."""
    folder = tmp_path_factory.mktemp("three")
    root, inbox = Root(folder / "root"), folder / "inbox"
    a, b = loans(finance(1000)), loans(finance(60_000, 1))
    night(root, send(inbox, a))
    night(root, send(inbox, b), LATER)
    first = next(path for path in root.archive.rglob("*.xlsx") if path.stem == _sha(root, 1))
    (inbox / "again.xlsx").write_bytes(first.read_bytes())
    night(root, inbox, LATER + timedelta(days=1))
    return root


def _sha(root: Root, receipt: int) -> str:
    return explained(root, str(receipt)).receipt.submission


def test_a_receipt_is_found_by_number_hash_or_name(three: Root) -> None:
    one = explained(three, "1")
    assert explained(three, one.receipt.submission[:8]).receipt.receipt == 3, "the last one with these bytes"
    assert explained(three, one.receipt.submission.upper()).receipt.receipt == 3
    assert explained(three, one.receipt.file).receipt.receipt == 2, "the last one of this name"
    assert explained(three, one.receipt.file.rsplit("/", 1)[-1]).receipt.receipt == 2
    assert explained(three, "again.xlsx").receipt.receipt == 3


@pytest.mark.parametrize("name", ["99", "abcdef012345", "abc", "", "%", "nothing.xlsx", "9" * 80])
def test_an_unknown_one_is_a_sentence(three: Root, name: str) -> None:
    with pytest.raises(PermanentError, match=r"nothing was received as .*; give a receipt's number"):
        explained(three, name)


def test_a_prefix_or_name_of_several_files_names_them(root: Root, inbox: Path) -> None:
    for folder in ("a", "b"):
        write_book(inbox / folder / "same.xlsx", {"封面": cover(period=f"2017-1{len(folder)}"), folder: []})
    night(root, inbox)
    with pytest.raises(PermanentError, match=r"(?s)same.xlsx is the name of several files.* 1  .*a/same.xlsx\n +2  "):
        explained(root, "same.xlsx")


def test_nothing_has_been_received(root: Root) -> None:
    with pytest.raises(PermanentError, match="nothing has been received yet"):
        explained(root, "1")


def test_the_verdicts_and_what_a_duplicate_was_decided_as(three: Root) -> None:
    first, second, again = (explained(three, name) for name in "123")
    assert first.returns.select("standing", "version", "counting").rows() == [("in_force", 1, 1)]
    assert second.returns.select("standing", "version", "counting").rows() == [("quarantined", None, 1)]
    assert "loan_cap" in [finding.rule for finding in second.findings]
    assert (again.verdict, again.decided_as) == ("duplicate", 1)
    assert again.returns.equals(first.returns)
    assert again.received["receipt"].to_list() == [1, 3]
    assert first.namesakes["receipt"].to_list() == [2]
    for one in (first, second, again):
        assert (one.otherwise.height, one.lost, one.gained, one.new_findings) == (0, (), (), ())


def test_what_today_is_read_otherwise_is_said(three: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def otherwise(*arguments: Any) -> tuple[Inspection, pl.DataFrame]:
        shown, cells = inspect_isolated(*arguments)
        lent = pl.col("column") == "loan_amount_yuan"
        return shown, cells.with_columns(value=pl.when(lent).then(pl.lit("7")).otherwise("value"))

    monkeypatch.setattr("warehouse.lineage.reader.inspect_isolated", otherwise)
    e = explained(three, "1")
    assert e.otherwise.select("column", "then", "now").rows() == [("loan_amount_yuan", "1000", "7")]
    assert "then 当时 1,000 元 yuan  now 现在 7 元 yuan" in screen(e, 120)


@pytest.mark.parametrize(("damage", "said"), [(b"x", "is damaged"), (None, "cannot be read")])
def test_an_original_that_is_not_as_it_was_is_named(three: Root, root: Root, damage: bytes | None, said: str) -> None:
    shutil.copytree(three.path, root.path)
    receipt = explained(root, "1").receipt
    path = archived(root, receipt.submission, receipt.file)
    path.unlink()
    if damage:
        path.write_bytes(damage)
    e = explained(root, "1")
    assert said in (e.trouble or "")
    assert e.returns.height == 1
    assert (e.lost, e.gained, e.otherwise.height) == ((), (), 0), "what cannot be read is not said to differ"


def test_an_archive_has_members_and_says_what_it_refused(root: Root, inbox: Path, tmp_path: Path) -> None:
    good = next(send(tmp_path / "out", loans(finance())).rglob("*.xlsx"))
    with zipfile.ZipFile(inbox / "县.zip", "w") as packed:
        packed.write(good, "a.xlsx")
        packed.writestr("../b.csv", "1")
    night(root, inbox)
    e = explained(root, "县.zip")
    assert (e.verdict, e.members["file"].to_list()) == ("unpacked", ["县.zip/a.xlsx"])
    assert [finding.rule for finding in e.findings] == ["member_refused"]
    assert "../b.csv" in screen(e)
    assert explained(root, "a.xlsx").archive["file"].to_list() == ["县.zip"]


def test_an_unreadable_file_has_its_finding_and_no_cells(root: Root, inbox: Path) -> None:
    (inbox / "a.xlsx").write_bytes(b"no workbook")
    night(root, inbox)
    e = explained(root, "a.xlsx")
    assert (e.verdict, e.cells.height, [f.rule for f in e.findings]) == ("unreadable", 0, ["wrong_kind"])
    assert e.new_findings == ()


# --- on the screen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_screen_and_names_are_no_markup(root: Root, inbox: Path, width: int) -> None:
    send(inbox, loans(finance(1_000, 3)), given(TIANZHEN, "2017-12", "relocation"))
    next(inbox.rglob("140221*.xlsx")).rename(inbox / "[red]阳高县[bold].xlsx")
    night(root, inbox)
    said = screen(explained(root, "[red]阳高县[bold].xlsx"), width)
    assert "[red]阳高县[bold].xlsx" in said
    assert "in force 有效, v1" in said
    assert max(map(cell_len, said.splitlines())) <= width


def test_many_rows_are_cut_unless_all_are_asked_for(root: Root, inbox: Path) -> None:
    night(root, send(inbox, given(YANGGAO, "2017-12", "relocation_villages", *(village(str(n)) for n in range(9)))))
    e = explained(root, "1")
    assert "另有 and 7 more rows (--all)" in screen(e)
    last = f"行 row 10: {code_of(YANGGAO, '8')}"
    assert last not in screen(e)
    assert last in screen(e, whole=True)
    assert len(submission_json(e)["cells"]) == 9 * len(VILLAGES.indicators)


# --- the command line ----------------------------------------------------------------------------------------------


def test_the_commands_speak_to_people_and_to_machines(three: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(three.path))
    asked = ["explain", "submission", "1"]
    done = CliRunner().invoke(app, asked)
    assert (done.exit_code, "in force 有效, v1" in done.stdout) == (0, True)
    said = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)
    assert {cell["column"]: cell["value"] for cell in said["cells"]}["loan_amount_yuan"] == "1000"
    versions = ["diff", "--county", YANGGAO, "--period", "2017-12", "--dataset", "finance"]
    said = json.loads(CliRunner().invoke(app, [*versions, "--json"]).stdout)
    assert (said["cells"][0]["before"], said["cells"][0]["after"]) == ("1000", "60000")
    assert CliRunner().invoke(app, [*versions, "1"]).exit_code == 2


def test_an_unknown_submission_is_one_sentence_and_exits_with_1(three: Root) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "xianbao", "explain", "submission", "[red]99"],
        env={**os.environ, "XIANBAO_ROOT": str(three.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("xianbao: nothing was received as '[red]99'; give a receipt's number")


# --- files as clerks send them -------------------------------------------------------------------------------------

HABITS = ("two_rows", "three_rows", "csv_groups", "unit_row", "totals", "hidden_rows", "zip_workbooks", "bundle_csv")


@pytest.fixture(scope="module")
def letters() -> dict[str, Letter]:
    """A file of the messy province for each habit."""
    return {letter.habit.habit: letter for letter in plan_letters(build_returns(7), 7)}


@pytest.mark.parametrize("habit", HABITS)
def test_clerks_files_are_told_and_read_as_they_were_accepted(
    letters: dict[str, Letter], root: Root, inbox: Path, habit: str
) -> None:
    data, _ = write_letter(letters[habit])
    (inbox / Path(letters[habit].name).name).write_bytes(data)
    night(root, inbox)
    for e in _read(root):
        assert e.otherwise.is_empty(), e.otherwise
        assert (e.lost, e.gained, e.new_findings, e.trouble) == ((), (), (), None)
        assert e.cells["cell"].n_unique() > 1
        assert all(column.header for table in e.shown.tables for column in table.columns)
        assert "Cells 单元格" in screen(e)


def _read(root: Root) -> Iterator[SubmissionTrace]:
    for receipt in read_table(LineageReader(root, url(root)).ledger(), RECEIPTS, RECEIPTS.c.verdict == "read")[
        "receipt"
    ]:
        yield explained(root, str(receipt))
