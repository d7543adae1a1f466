"""The rows below a header: data, totals that are checked and left out, notes and signatures, hidden rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.builders import BOOK, TIANZHEN, YANGGAO, cover, finance, read_file, read_files, sheet, village, write_book
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding

FINANCE, REGISTER = "金融扶贫", "搬迁自然村名册"
LISTED = ((REGISTER, "relocation_villages", "有", "报送"),)
PLACES = [i.column for i in BOOK.datasets["relocation_villages"].indicators]


def line(*said: Any, **values: Any) -> list[Any]:
    """A row of the register with words in its first cells and values in columns."""
    row = [values.get(column) for column in PLACES]
    row[: len(said)] = said
    return row


def register(folder: Path, *below: list[Any], villages: int = 3) -> Path:
    """A register of villages of 10 households and 40 persons each, and rows below them."""
    rows = [village(f"14022210000{n}", households=10, persons=40) for n in range(villages)]
    pages = {
        "封面": cover(LISTED, code=TIANZHEN, name="天镇县"),
        REGISTER: [*sheet("relocation_villages", *rows), *below],
    }
    return write_book(folder / "a.xlsx", pages)


def read(path: Path, dataset: str = "relocation_villages") -> tuple[Reading, list[int]]:
    reading = read_files(path)
    return reading, reading.rows[dataset]["row"].to_list()


def test_a_total_that_adds_up_is_left_out(tmp_path: Path) -> None:
    reading, rows = read(register(tmp_path, line("合计", households=30, persons=120)))
    assert (rows, reading.findings) == ([2, 3, 4], [])
    (left,) = (one for one in read_file(tmp_path / "a.xlsx").left_out if one.sheet == REGISTER)
    assert left.rows == (5,)
    assert "合计" in left.why


@pytest.mark.parametrize("word", ["合计", "合 计", "总计", "Total", "合计(3个村)", "全县", "全 市", "全省", "全区"])
def test_totals_by_any_word(tmp_path: Path, word: str) -> None:
    assert read(register(tmp_path, line(word, households=30)))[1] == [2, 3, 4]


def test_a_total_that_does_not_add_up_is_a_query_at_its_cell(tmp_path: Path) -> None:
    reading, rows = read(register(tmp_path, line("合计", households=31, persons=120)))
    assert rows == [2, 3, 4]
    (found,) = reading.findings
    assert (found.rule, found.severity, found.sheet) == ("total_differs", "warning", REGISTER)
    at = openpyxl.utils.get_column_letter(PLACES.index("households") + 1)
    assert (found.cell, found.found, found.county_code) == (f"{at}5", "31 户", TIANZHEN)
    assert found.expected.startswith("30 户")


def test_a_total_with_blanks_says_nothing_of_them(tmp_path: Path) -> None:
    assert read(register(tmp_path, line("合计", persons=120)))[0].findings == []


def test_subtotals_are_over_their_own_block_and_the_total_over_all(tmp_path: Path) -> None:
    more = [
        list(r.values())
        for r in (village("140222100007", households=5, persons=9), village("140222100008", households=6, persons=9))
    ]
    good = (line("小计", households=30), *more, line("小计", households=11), line("合计", households=41))
    reading, rows = read(register(tmp_path, *good))
    assert (rows, reading.findings) == ([2, 3, 4, 6, 7], [])
    bad = (line("小计", households=30), *more, line("小计", households=41), line("合计", households=41))
    assert [f.found for f in read(register(tmp_path, *bad))[0].findings] == ["41 户"]


def test_a_village_is_no_total_for_what_its_name_ends_with(tmp_path: Path) -> None:
    assert read(register(tmp_path, line("140222100009", "合计庄", "乡", households=1, persons=2)))[1] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "below",
    [
        [["填表人:张三", None, None, "审核人:李四"]],
        [["注:本表数据截至月末。"], ["另附说明一份"]],
        [["备注"], [None, "数据已核"]],
        [["单位负责人：", "王五", None, None, "填报日期：2018年1月5日"]],
    ],
)
def test_notes_and_signatures_below_are_left_out(tmp_path: Path, below: list[list[Any]]) -> None:
    reading, rows = read(register(tmp_path, [], *below))
    assert (rows, reading.findings) == ([2, 3, 4], [])


def with_counties(folder: Path, *below: list[Any]) -> Path:
    headers, *rows = sheet("relocation_villages", village("140222100001", households=10, persons=40))
    page = [["区划代码", "报告期", *headers], *([TIANZHEN, "2017-12", *row] for row in rows), *below]
    return write_book(folder / "天镇县.xlsx", {REGISTER: page})


@pytest.mark.parametrize("remarks", [["经核实无误"], ["某某某", "二科"], ["由省里统一核定"]])
def test_remarks_in_the_column_of_counties_below_a_register_are_left_out(tmp_path: Path, remarks: list[str]) -> None:
    reading, rows = read(with_counties(tmp_path, *([text] for text in remarks)))
    assert (rows, reading.findings) == ([2], [])


@pytest.mark.parametrize("said", [[TIANZHEN], ["天镇县"], ["经核实", None, "140222100002"], [None, "2017-12"]])
def test_a_row_that_names_a_county_or_a_village_is_data(tmp_path: Path, said: list[str | None]) -> None:
    assert read(with_counties(tmp_path, said))[1] == [2, 3]


def test_a_note_with_a_number_in_an_indicators_column_is_not_passed_over(tmp_path: Path) -> None:
    _, rows = read(register(tmp_path, line("注:补报一村", households=12)))
    assert rows == [2, 3, 4, 5]


def microcredit(folder: Path, *below: list[Any], above: tuple[list[Any], ...] = ()) -> tuple[Path, list[int]]:
    """A sheet of microcredit of one row, and rows around it; the rows that are data."""
    headers = [i.header_zh for i in BOOK.datasets["finance"].indicators]
    rows = [headers, *above, list(finance().values()), *below]
    path = write_book(folder / "a.xlsx", {"封面": cover(), FINANCE: rows})
    return path, read(path, "finance")[1]


BELOW = {
    "signatures": [["统计负责人:", None, "制表:"], ["统计员:"], ["附:本表由县扶贫办汇总"]],
    "signatures of any word": [["县委书记:赵某", None, "县长:钱某"]],
    "signatures elsewhere": [[], [], [None, None, "单位负责人:王某某", None, "填表人:李某某", None, "2018"]],
    "numbered notes": [["1.本表数据截至2017年12月31日;"], ["2、金额取自人行县支行"], ["(3)其余见附表"], ["④略"]],
    "notes numbered in Chinese": [["一、数据来自人行"], ["二、逾期为90天以上"]],
    "starred notes": [["※贷款余额含上年结转"], ["*逾期为90天以上"], ["★ 见附表"]],
    "a sentence": [["以上数据已经县扶贫领导小组审定"], ["金额取自人行县支行"]],
    "a check sum": [[], ["核对:", 1000]],
    "check sums": [["校验:", 1000, 0, 0, 1000]],
    "names alone": [[None, "张三", None, "李四"]],
}


@pytest.mark.parametrize("below", BELOW.values(), ids=BELOW)
def test_below_a_form_of_one_row_signatures_notes_and_check_sums_are_left_out_and_listed(
    tmp_path: Path, below: list[list[Any]]
) -> None:
    path, rows = microcredit(tmp_path, *below)
    read_again = read_file(path)
    assert (rows, read_again.findings) == ([2], [])
    filled = tuple(at for at, row in enumerate(below, start=3) if any(row))
    assert [part.rows for part in read_again.left_out if part.sheet == FINANCE] == [filled]


@pytest.mark.parametrize(
    "numbers",
    [
        [1, 2, 3, 4, 5, 6, 7, 8],
        ["1", "2=3+4", "3", "4", "5", "6", "7", "8"],
        ["(1)", "（2）", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)"],
        ["①", "②=③+④", "③", "④", "⑤", "⑥", "⑦", "⑧"],
        ["甲", "1", "2", "3(=1-2)", "4", "5", "6", "7"],
        ["第1栏", "第2栏", "第3栏", "4栏", "5列", "6", "7", "8"],
    ],
)
def test_a_line_that_numbers_the_columns_is_no_data(tmp_path: Path, numbers: list[Any]) -> None:
    assert microcredit(tmp_path, above=(numbers,))[1] == [3]


@pytest.mark.parametrize("row", [[1, 2, 4], ["1.5", 2, 3], [1, 2]])
def test_numbers_that_do_not_number_the_columns_are_data(tmp_path: Path, row: list[Any]) -> None:
    assert microcredit(tmp_path, above=(row,))[1] == [2, 3]


@pytest.mark.parametrize("row", [[5], ["约100", 7], [None, 3]])
def test_a_second_row_with_a_number_in_it_is_data_and_not_lost(tmp_path: Path, row: list[Any]) -> None:
    assert microcredit(tmp_path, row)[1] == [2, 3]


def test_the_whole_prefecture_is_a_total_of_its_counties(tmp_path: Path) -> None:
    headers = ["县(市、区)", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
    rows = [headers, ["全市", 3, 0, 0, 0, 0, 0, 0, 0], *([name, *finance(0).values()] for name in ("阳高县", "天镇县"))]
    reading, data = read(write_book(tmp_path / "2017-12.xlsx", {FINANCE: rows}), "finance")
    assert data == [3, 4]
    assert [(f.rule, f.cell, f.found) for f in reading.findings] == [("total_differs", "B2", "3 户")]


def test_below_a_bundle_a_note_is_left_out_and_a_county_without_figures_is_not(tmp_path: Path) -> None:
    headers = ["县(市、区)", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
    rows = [headers, ["阳高县", *finance().values()], ["天镇"], ["数据截至12月底"], ["阳高县扶贫办填报"]]
    path = write_book(tmp_path / "2017-12.xlsx", {FINANCE: rows})
    assert read(path, "finance")[1] == [2, 3]


def test_hidden_rows_are_read_and_said(tmp_path: Path) -> None:
    path = register(tmp_path)
    book = openpyxl.load_workbook(path)
    book[REGISTER].row_dimensions[3].hidden = True
    book.save(path)
    reading, rows = read(path)
    assert rows == [2, 3, 4]
    (found,) = reading.findings
    assert (found.rule, found.severity, found.cell) == ("hidden_rows", "info", "A3")
    assert "3" in found.found


def totals(folder: Path, *rows: list[Any]) -> list[Finding]:
    headers = ["序号", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
    return read_files(write_book(folder / "a.xlsx", {"封面": cover(), FINANCE: [headers, *rows]})).findings


def test_money_in_totals_is_compared_exactly(tmp_path: Path) -> None:
    # 0.1 + 0.1 + 0.1 is no 0.3 in binary.
    rows = [[n, 1, 0.1, 0.1, 0, 0, 0, 0, 0] for n in (1, 2, 3)]
    assert [f.rule for f in totals(tmp_path, *rows, ["合计", 3, 0.3, 0.3])] == []
    assert [f.cell for f in totals(tmp_path, *rows, ["合计", 3, "0.3万元", 0.3001])] == ["D5"]


def test_a_sheet_of_totals_alone_is_empty(tmp_path: Path) -> None:
    assert [f.rule for f in totals(tmp_path, ["合计", 3, 0.3, 0.3])] == ["empty_return"]


def test_a_row_of_a_serial_number_alone_is_data_and_not_lost(tmp_path: Path) -> None:
    headers = ["序号", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
    path = write_book(tmp_path / "a.xlsx", {"封面": cover(), FINANCE: [headers, [1, *finance().values()], [2]]})
    assert read(path, "finance")[1] == [2, 3]


def test_a_total_before_its_rows_sums_those_below(tmp_path: Path) -> None:
    rows = [[n, 1, 0.1, 0.1, 0, 0, 0, 0, 0] for n in (1, 2, 3)]
    assert [f.rule for f in totals(tmp_path, ["合计", 3, 0.3, 0.3], *rows)] == []
    assert [(f.rule, f.cell) for f in totals(tmp_path, ["合计", 4, 0.3, 0.3], *rows)] == [("total_differs", "B2")]


def test_a_prefecture_in_the_place_of_a_county_is_a_total(tmp_path: Path) -> None:
    headers = ["区划代码", "县名", "报告期", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
    numbers = [1, 0.1, 0.1, 0, 0, 0, 0, 0]
    counties = ([code, None, "2017-12", *numbers] for code in (YANGGAO, TIANZHEN))
    rows = [[140200, "大同市", None, 2, 0.2, 0.2], *counties]
    reading = read_files(write_book(tmp_path / "a.xlsx", {FINANCE: [headers, *rows]}))
    assert reading.findings == []
    assert reading.rows["finance"]["county_code"].to_list() == [YANGGAO, TIANZHEN]


def test_a_header_once_more_is_left_out(tmp_path: Path) -> None:
    headers = sheet("relocation_villages")[0]
    more = village("140222100009", households=1, persons=2)
    reading, rows = read(register(tmp_path, list(headers), list(more.values())))
    assert (rows, reading.findings) == ([2, 3, 4, 6], [])


def test_a_row_that_numbers_the_columns_is_left_out(tmp_path: Path) -> None:
    headers = [i.header_zh for i in BOOK.datasets["finance"].indicators]
    numbers = [1, 0.1, 0.1, 0, 0, 0, 0, 0]
    path = write_book(tmp_path / "a.xlsx", {"封面": cover(), FINANCE: [headers, list(range(1, 9)), numbers]})
    reading, rows = read(path, "finance")
    assert (rows, reading.findings) == ([3], [])
