"""The vertical form of the statistics offices: an indicator a row, its name, its unit, its value."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from typer.testing import CliRunner

from expectations.analysis.input_limits import form_of
from flows.cli.main import app
from tests.builders import (
    BOOK,
    TIANZHEN,
    YANGGAO,
    Cells,
    cover,
    finance,
    mart,
    night,
    read_file,
    read_files,
    receipt_of,
    write_book,
)
from warehouse.codebook import Dataset
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.inspect import inspect_submission
from warehouse.intake.template import select_template, write_template
from warehouse.store.files import Root
from warehouse.synthetic import Return, build_returns
from warehouse.synthetic.layout import shown

FINANCE = BOOK.datasets["finance"]
SHEET = "金融扶贫"
VALUES = {"loan_households": 765, "loan_amount_yuan": 3646.86, "household_use_amount_yuan": 1798.9,
          "partnership_amount_yuan": 1847.96, "loan_balance_yuan": 4806.15, "overdue_balance_yuan": 63.45,
          "relending_yuan": 248.09, "relending_balance_yuan": 237.72}  # fmt: skip


def lines(dataset: Dataset = FINANCE, **changed: Any) -> list[list[Any]]:
    given = VALUES | changed
    return [
        [i.label_zh, i.input_unit or i.unit.label_zh, f"{at:02}", given.get(i.column)]
        for at, i in enumerate(dataset.indicators, start=1)
    ]


HEADER = ["指标名称", "计量单位", "代码", "本年累计"]
YUAN = {c: v if c == "loan_households" else round(v * 10_000) for c, v in VALUES.items()}


def book(folder: Path, page: Cells, name: str = "a.xlsx", *, covered: bool = True) -> Path:
    return write_book(folder / name, ({"封面": cover()} if covered else {}) | {SHEET: page})


def values(path: Path) -> dict[str, Any]:
    rows = read_files(path).rows["finance"]
    return {column: rows[column].item() for column in FINANCE.columns}


NOTES = [["单位负责人:王某", None, "填表人:李某"], ["说明:1.本表由县扶贫办填报"]]
SHAPES: dict[str, Cells] = {
    "as the offices have it": [HEADER, *lines()],
    "with titles": [["阳高县金融扶贫统计表"], ["填报单位:阳高县扶贫办", None, None, "2017年12月"], HEADER, *lines()],
    "with the line of columns": [HEADER, ["甲", "乙", "丙", "1"], *lines()],
    "with signatures and notes": [HEADER, *lines(), [], *NOTES],
    "with headings": [HEADER, ["一、贷款"], *lines()[:4], ["二、余额"], *lines()[4:]],
    "without codes": [[HEADER[0], HEADER[1], HEADER[3]], *([a, b, d] for a, b, _, d in lines())],
    "with the unit in the name": [["指标", "数值"], *([f"{a}({b})", d] for a, b, _, d in lines())],
    "with the unit in a line": [["单位:户、万元"], ["项目", "本期数"], *([a, d] for a, _, _, d in lines())],
    "with the year before": [[*HEADER, "上年同期", "增减%"], *([*line, 1, 2] for line in lines())],
    "with the month": [[*HEADER[:3], "本月", "本年累计"], *([*line[:3], 1, line[3]] for line in lines())],
    "numbered": [HEADER, *([f"{at}.{a}", *rest] for at, (a, *rest) in enumerate(lines(), start=1))],
    "with 其中": [HEADER, *([f"  其中:{a}" if at in {2, 3} else a, *rest] for at, (a, *rest) in enumerate(lines()))],
    "side by side": [[*HEADER, *HEADER], *([*a, *b] for a, b in zip(lines()[:4], lines()[4:], strict=True))],
    "below a column of groups": [["类别", *HEADER], *([None, *line] for line in lines())],
}


@pytest.mark.parametrize("page", SHAPES.values(), ids=SHAPES)
def test_a_vertical_form_is_one_return_of_one_row(tmp_path: Path, page: Cells) -> None:
    path = book(tmp_path, page)
    read = read_file(path)
    assert read.findings == []
    assert [(h.county_code, h.period, h.dataset) for h in read.return_headers] == [(YANGGAO, "2017-12", "finance")]
    assert values(path) == YUAN


def test_without_a_cover_its_titles_say_whose_it_is(tmp_path: Path) -> None:
    path = book(tmp_path, SHAPES["with titles"], "x.xlsx", covered=False)
    assert [(h.county_code, h.period) for h in read_file(path).return_headers] == [(YANGGAO, "2017-12")]
    path = write_book(tmp_path / "阳高县_2017-12.xlsx", {"Sheet1": [HEADER, *lines()]})
    assert read_file(path).findings == []
    assert values(path) == YUAN


@pytest.mark.parametrize(
    ("changed", "rule", "cell"),
    [
        ({"loan_balance_yuan": "约4806"}, "not_a_number", "D6"),
        ({"loan_households": "#REF!"}, "error_cell", "D2"),
        ({"relending_balance_yuan": 1.00005}, "digits_lost", "D9"),
    ],
)
def test_what_is_wrong_is_said_at_the_cell_where_it_stands(
    tmp_path: Path, changed: dict[str, Any], rule: str, cell: str
) -> None:
    found = read_files(book(tmp_path, [HEADER, *lines(**changed)])).findings
    assert [(f.rule, f.sheet, f.cell) for f in found] == [(rule, SHEET, cell)]


def test_a_name_that_is_none_is_said_where_it_stands(tmp_path: Path) -> None:
    page = [HEADER, *lines(), ["其他贷款", "万元", "09", 5]]
    assert [(f.rule, f.cell) for f in read_file(book(tmp_path, page)).findings] == [("unknown_header", "A10")]
    page = [HEADER, *lines(), lines()[4]]
    assert [(f.rule, f.cell) for f in read_file(book(tmp_path, page)).findings] == [("header_twice", "A10")]
    page = [HEADER, *([a, None, c, d] for a, _, c, d in lines())]
    assert {(f.rule, f.cell) for f in read_file(book(tmp_path, page)).findings} >= {("unit_missing", "A3")}


def test_rules_and_explanations_name_its_cells(root: Root, inbox: Path) -> None:
    path = book(inbox, [HEADER, *lines(loan_amount_yuan=99_999_999)])
    assert night(root, inbox).quarantined == 1
    assert {"D2", "D3"} <= {
        cell for cells in mart(root, "mart_findings")["cells"] if cells for cell in cells.split(";")
    }
    shown, cells = inspect_submission(receipt_of(path), Limits(), {})
    assert cells.filter(column="loan_balance_yuan").select("cell", "text").row(0) == ("D6", "4806.15")
    balance = next(c for c in shown.tables[0].columns if c.column == "loan_balance_yuan")
    assert (balance.header_cells, balance.header) == ("A6", "贷款余额(万元)")


def test_a_table_with_a_column_of_that_name_is_no_vertical_form(tmp_path: Path) -> None:
    headers = [i.header_zh for i in FINANCE.indicators]
    page = [["项目", *headers, "数据"], ["金融", *finance().values(), None]]
    assert values(book(tmp_path, page)) == dict(finance()) | {
        c: v * 10_000 for c, v in finance().items() if c != "loan_households"
    }


# --- the template --------------------------------------------------------------------------------------------------

DECEMBER, ONE_ROW = "2017-12", [d for d in BOOK.datasets.values() if d.one_row]


@cache
def sample() -> dict[str, Return]:
    """A clean return of each form of one row that a county owes."""
    given = build_returns(1)
    return {r.dataset: r for r in given if (r.county_code, r.period) == (TIANZHEN, DECEMBER) and not r.nil}


@cache
def template() -> bytes:
    wanted = select_template(BOOK, TIANZHEN, DECEMBER)
    return write_template(wanted, [form_of(BOOK, wanted, d) for d in wanted.datasets], vertical=True)


def test_a_filled_vertical_template_is_read_back_value_for_value(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template()))
    filled = [d for d in ONE_ROW if d.dataset in sample() and d.label_zh in book.sheetnames]
    assert len(filled) > len(ONE_ROW) / 2
    for dataset in filled:
        (row,) = sample()[dataset.dataset].rows
        for at, indicator in enumerate(dataset.indicators, start=2):
            assert book[dataset.label_zh].cell(at, 1).value == indicator.label_zh
            book[dataset.label_zh].cell(at, 4).value = shown(indicator, row[indicator.column])
    book.save(tmp_path / "a.xlsx")
    reading = read_files(tmp_path / "a.xlsx")
    named = {d.dataset for d in filled}
    assert [f for f in reading.findings if f.dataset in named] == []
    for dataset in filled:
        (row,) = sample()[dataset.dataset].rows
        (found,) = reading.rows[dataset.dataset].select(dataset.columns).rows(named=True)
        assert found == {i.column: row[i.column] for i in dataset.indicators}, dataset.dataset


def test_of_a_vertical_template_the_values_alone_are_unlocked() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template()))
    page = book[SHEET]
    unlocked = [c.coordinate for row in page.iter_rows() for c in row if not c.protection.locked]
    assert unlocked == [f"D{row}" for row in range(2, len(FINANCE.columns) + 2)]
    assert {str(v.sqref) for v in page.data_validations.dataValidation} == set(unlocked)
    assert str(page.data_validations.dataValidation[1].formula1) == "AND(ISNUMBER(D3),ROUND(D3,4)=D3,D3>=0)"


def test_the_command_writes_it(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["template", "--county", TIANZHEN, "--period", DECEMBER, "--vertical", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == template()


# --- nothing is read as what it does not show ----------------------------------------------------------------------


def formed(folder: Path, change: Any, suffix: str = "xlsx") -> list[tuple[str, str | None]]:
    """The findings of a vertical form written with xlsxwriter, once `change` has been at its sheet."""
    path = folder / f"阳高县_2017-12.{suffix}"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet(SHEET)
        for at, line in enumerate([HEADER, *lines()]):
            page.write_row(at, 0, line)
        change(book, page)
    return [(f.rule, f.cell) for f in read_files(path).findings]


def test_struck_and_raised_values_of_a_vertical_form_are_told_where_they_stand(tmp_path: Path) -> None:
    def change(book: Any, page: Any) -> None:
        struck, raised, plain = (
            book.add_format(f) for f in ({"font_strikeout": True}, {"font_script": 1}, {"bold": 1})
        )
        page.write_rich_string(5, 3, struck, "48", plain, "4806.15")
        page.write_rich_string(6, 3, plain, "63.45", raised, "1")
        page.write_number(7, 3, 2_480_900, book.add_format({"num_format": "0!.0,"}))

    assert formed(tmp_path, change) == [("struck_out", "D6"), ("raised_text", "D7"), ("shown_otherwise", "D8")]


def test_a_value_below_a_merged_one_and_a_hidden_column_are_told(tmp_path: Path) -> None:
    def change(_: Any, page: Any) -> None:
        page.merge_range("D6:D7", 4806.15)
        page.write_number(6, 3, 63.45)
        page.set_column(3, 3, None, None, {"hidden": True})

    assert formed(tmp_path, change) == [("merged_over", "D7"), ("hidden_columns", "A2")]


def test_a_line_with_a_comma_too_many_is_told_at_its_value(tmp_path: Path) -> None:
    path = tmp_path / "阳高县_2017-12_金融扶贫.csv"
    page = [",".join(map(str, line)) for line in [HEADER, *lines()]]
    page[5] = "贷款余额,万元,05,4,806.15"
    path.write_text("\n".join(page) + "\n", encoding="utf-8")
    assert [(f.rule, f.cell) for f in read_files(path).findings] == [("surplus_fields", "D6")]
