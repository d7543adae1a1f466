"""One file understood: what its form may lack, each as a finding at its place, in two languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    BOOK,
    GUANGLING,
    TIANZHEN,
    YANGGAO,
    Cells,
    cover,
    finance,
    read_file,
    read_files,
    row,
    sheet,
    write_book,
)
from warehouse.intake.layout.units import factor_of
from warehouse.intake.ownership.periods import parse_period
from warehouse.messages.finding import Finding

FINANCE = "金融扶贫"
LISTED = (FINANCE, "finance", "有", "报送")
GOOD = sheet("finance", finance())
HEADERS = ["区划代码", "报告期", "报送状态", *(i.header_zh for i in BOOK.datasets["finance"].indicators)]
FULL_WIDTH = "贷款余额\uff08亿元\uff09"  # as a Chinese keyboard types brackets
NUMBERS = [1, 0.1, 0.1, 0, 0, 0, 0, 0]


def book(folder: Path, pages: dict[str, Cells] | None = None, **said: Any) -> Path:
    return write_book(folder / "a.xlsx", {"封面": cover(**said), **({FINANCE: GOOD} if pages is None else pages)})


def text(folder: Path, *lines: list[Any], name: str = "x_finance.csv", header: list[str] | None = None) -> Path:
    path = folder / name
    path.write_text("".join(",".join(map(str, line)) + "\n" for line in (header or HEADERS, *lines)), encoding="utf-8")
    return path


def only(path: Path, severity: str = "critical") -> Finding:
    """The one finding of a file, complete in both languages."""
    (found,) = read_file(path).findings
    check = BOOK.checks[found.rule]
    assert found.file == path.name
    assert found.severity == check.severity == severity
    assert found.found
    assert found.expected
    assert check.reason_zh in found.message_zh
    assert check.advice_zh in found.message_zh
    assert check.reason_en in found.message_en
    assert check.advice_en in found.message_en
    assert found.found in found.message_zh
    assert found.expected in found.message_en
    return found


def place(found: Finding) -> tuple[str, str | None, str | None]:
    return found.rule, found.sheet, found.cell


def test_a_good_workbook_has_its_return_and_no_finding(tmp_path: Path) -> None:
    read = read_file(book(tmp_path))
    assert read.findings == []
    (head,) = read.return_headers
    assert (head.county_code, head.period, head.dataset, head.status, head.nil) == (
        YANGGAO, "2017-12", "finance", "reported", False,
    )  # fmt: skip
    assert (head.county_sheet, head.county_cell) == ("封面", "B2")
    assert not read.unreadable


def test_a_workbook_may_be_of_several_datasets_and_nil_ones(tmp_path: Path) -> None:
    listed = (LISTED, ("易地扶贫搬迁", "relocation", "无", "预计"), ("Village register", None, "无", None))
    read = read_file(book(tmp_path, listed=listed))
    assert read.findings == []
    assert [(h.dataset, h.nil, h.status) for h in read.return_headers] == [
        ("finance", False, "reported"), ("relocation", True, "provisional"), ("relocation_villages", True, "reported"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "period"),
    [("2017-12", "2017-12"), ("2017-12-31", "2017-12"), ("2017-9", "2017-09"), ("2017-13", None), ("2017-00", None),
     ("201712", "2017-12"), ("20171231", "2017-12"), ("2017年12月", "2017-12"), ("2017 年 9 月份", "2017-09"),
     ("2017.12.31", "2017-12"), ("2017/12", "2017-12"), ("2017年第四季度", "2017-12"), ("2017年3季度", "2017-09"),
     ("2017Q2", "2017-06"), ("2017年上半年", "2017-06"), ("2017年1-12月", "2017-12"), ("２０１７．１２", "2017-12"),
     ("2017-12-31 00:00:00", "2017-12"), ("2017.12-31", None), ("12月", None), ("2017", None), ("17.12", None),
     ("43100", None), ("", None), (None, None)],
)  # fmt: skip
def test_periods_are_months(said: str | None, period: str | None) -> None:
    assert parse_period(said) == period


# --- the cover -----------------------------------------------------------------------------------------------------


def test_a_workbook_without_a_cover(tmp_path: Path) -> None:
    found = only(write_book(tmp_path / "a.xlsx", {FINANCE: GOOD}))
    assert place(found) == ("cover_incomplete", FINANCE, "A1")
    assert "区划代码" in found.expected
    assert "报告期" in found.expected


@pytest.mark.parametrize(
    ("said", "cell", "what"),
    [
        ({"code": None, "name": None}, "B2", "blank"),
        ({"period": None}, "B4", "blank"),
        ({"period": "去年"}, "B4", "去年"),
        ({"listed": ()}, "A1", "no list of datasets"),
    ],
)
def test_a_cover_that_lacks_something(tmp_path: Path, said: dict[str, Any], cell: str, what: str) -> None:
    found = only(book(tmp_path, **said))
    assert place(found) == ("cover_incomplete", "封面", cell)
    assert found.found.endswith(what)


def test_a_cover_that_lacks_two_things_says_both(tmp_path: Path) -> None:
    assert [f.cell for f in read_file(book(tmp_path, code=None, name=None, period=None)).findings] == ["B2", "B4"]


def test_an_unknown_dataset(tmp_path: Path) -> None:
    found = only(book(tmp_path, {FINANCE: GOOD}, listed=(LISTED, ("教育扶贫", None, "无", "报送"))))
    assert (place(found), found.found) == (("unknown_dataset", "封面", "A7"), "教育扶贫")
    assert FINANCE in found.expected


def test_a_name_that_is_not_the_codes(tmp_path: Path) -> None:
    found = only(book(tmp_path, name="天镇县"))
    assert place(found) == ("county_disagrees", "封面", "B3")
    assert (found.found, found.expected) == ("天镇县", f"{YANGGAO} 大同市阳高县")
    assert (found.county_code, found.period, found.dataset) == (YANGGAO, "2017-12", "finance")


def test_a_period_in_which_the_dataset_is_not_due(tmp_path: Path) -> None:
    pages = {"责任落实": sheet("accountability", row("accountability"))}
    found = only(book(tmp_path, pages, listed=(("责任落实", "accountability", "有", "报送"),), period="2017-11"))
    assert (place(found), found.found) == (("not_due", "封面", "B4"), "2017-11")
    assert "3, 6, 9, 12" in found.expected


def test_a_nil_that_may_not_be(tmp_path: Path) -> None:
    assert place(only(book(tmp_path, {}, listed=((FINANCE, "finance", "无", "报送"),)))) == (
        "nil_not_allowed",
        "封面",
        "A6",
    )


def test_a_nil_with_rows(tmp_path: Path) -> None:
    pages = {"易地扶贫搬迁": sheet("relocation", row("relocation"))}
    found = only(book(tmp_path, pages, listed=(("易地扶贫搬迁", "relocation", "无", "报送"),)))
    assert (place(found), found.dataset) == (("nil_with_rows", "易地扶贫搬迁", "A2"), "relocation")


def test_a_missing_sheet(tmp_path: Path) -> None:
    found = only(book(tmp_path, {}))
    assert (place(found), found.dataset, found.expected) == (("sheet_missing", "封面", "A6"), "finance", FINANCE)


def test_a_sheet_that_the_cover_does_not_list(tmp_path: Path) -> None:
    found = only(book(tmp_path, {FINANCE: GOOD, "扶贫资金": [["一"]]}))
    assert (place(found), found.found) == (("sheet_not_listed", "扶贫资金", "A1"), "扶贫资金")


def test_a_sheet_of_no_dataset_beside_what_the_cover_lists_is_a_remark(tmp_path: Path) -> None:
    found = only(book(tmp_path, {FINANCE: GOOD, "草稿": [["一"]]}), "info")
    assert (place(found), found.found, found.severity) == (("scratch_sheet", "草稿", "A1"), "一", "info")


def test_a_blank_sheet_that_the_cover_does_not_list_is_nothing(tmp_path: Path) -> None:
    assert read_file(book(tmp_path, {FINANCE: GOOD, "Sheet2": []})).findings == []


def test_a_dataset_listed_twice(tmp_path: Path) -> None:
    found = read_file(book(tmp_path, listed=(LISTED, LISTED))).findings
    assert {"return_twice"} <= {f.rule for f in found}
    assert {(f.county_code, f.dataset) for f in found} == {(YANGGAO, "finance")}


# --- the header ----------------------------------------------------------------------------------------------------


def with_header(at: int, header: Any, rows: int = 1) -> dict[str, Cells]:
    headers = list(GOOD[0])
    headers[at] = header
    return {FINANCE: [headers, *([GOOD[1]] * rows)]}


def test_an_unknown_header(tmp_path: Path) -> None:
    found = only(book(tmp_path, with_header(7, "再贷款余额合计")))
    assert (place(found), found.found) == (("unknown_header", FINANCE, "H1"), "再贷款余额合计")
    assert "贷款余额(万元)" in found.expected


def test_a_header_of_which_nothing_is_known_is_named_and_not_the_title_above_it(tmp_path: Path) -> None:
    table = [["天镇县统计表"], ["单位:万元"], ["投放户", "投放额"], ["1763户", "0.838"]]
    found = only(book(tmp_path, {FINANCE: table}))
    assert (place(found), found.found) == (("unknown_header", FINANCE, "A3"), "投放户 投放额")


def test_data_below_no_header(tmp_path: Path) -> None:
    assert place(only(book(tmp_path, with_header(7, None)))) == ("unknown_header", FINANCE, "H1")


def test_a_header_twice(tmp_path: Path) -> None:
    found = only(book(tmp_path, with_header(7, "贷款余额(亿元)")))
    assert place(found) == ("header_twice", FINANCE, "H1")
    assert "loan_balance_yuan" in found.expected


@pytest.mark.parametrize("unit", ["万人", "美元", "万"])
def test_a_unit_that_does_not_fit(tmp_path: Path, unit: str) -> None:
    found = only(book(tmp_path, with_header(7, f"扶贫再贷款余额({unit})")))
    assert (place(found), found.expected) == (("unknown_unit", FINANCE, "H1"), "扶贫再贷款余额(万元)")


def test_a_sheet_without_rows(tmp_path: Path) -> None:
    assert place(only(book(tmp_path, {FINANCE: GOOD[:1]}))) == ("empty_return", FINANCE, "A2")
    assert place(only(book(tmp_path, {FINANCE: []}))) == ("empty_return", FINANCE, "A2")


@pytest.mark.parametrize(
    "header", [FULL_WIDTH, "贷款余额(亿元)", "Loans outstanding(亿元)", "loan_balance_yuan (亿元)"]
)
def test_a_header_may_be_of_either_language_with_another_unit(tmp_path: Path, header: str) -> None:
    pages = with_header(4, header)
    pages = {FINANCE: [pages[FINANCE][0], [1, 0.1, 0.1, 0, 1.5, 0, 0, 0]]}
    reading = read_files(book(tmp_path, pages))
    assert reading.findings == []
    assert reading.rows["finance"]["loan_balance_yuan"].to_list() == [150_000_000]


def test_a_label_that_ends_in_brackets_is_a_label() -> None:
    labels = [i for d in BOOK.datasets.values() for i in d.indicators if i.label_zh.endswith(")")]
    assert [i.column for i in labels]
    assert all(factor_of(i, i.unit.label_zh) == 1 for i in labels)


def test_columns_may_stand_in_any_order_and_notes_are_not_read(tmp_path: Path) -> None:
    turned = [["备注", *reversed(GOOD[0])], ["说明", *reversed(NUMBERS)]]
    reading = read_files(book(tmp_path, {FINANCE: turned}))
    assert reading.findings == []
    (kept,) = reading.rows["finance"].rows(named=True)
    assert (kept["loan_households"], kept["loan_amount_yuan"]) == (1, 1000)
    assert reading.layout.filter(column="loan_households")["letters"].to_list() == ["I"]


# --- cells ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "rule", "found"),
    [("约5", "not_a_number", "约5"), ("#REF!", "error_cell", "#REF!"), (1.00005, "digits_lost", "1.00005")],
)
def test_a_cell_that_is_no_value(tmp_path: Path, value: Any, rule: str, found: str) -> None:
    pages = {FINANCE: [GOOD[0], [], [*NUMBERS[:7], value]]}
    (finding,) = read_files(book(tmp_path, pages)).findings
    assert (finding.rule, finding.sheet, finding.cell, finding.cells) == (rule, FINANCE, "H3", "H3")
    assert (finding.indicator, finding.found) == ("relending_balance_yuan", found)
    assert (finding.county_code, finding.period, finding.dataset) == (YANGGAO, "2017-12", "finance")
    assert f"{FINANCE}!H3" in finding.message_zh
    assert f"{FINANCE}!H3" in finding.message_en


def test_of_very_many_faulty_cells_of_a_column_the_first_are_said(tmp_path: Path) -> None:
    header = ["区划代码", "报告期", "小额信贷户数(户)", "贷款余额(万元)"]
    path = text(tmp_path, *([YANGGAO, "2017-12", "约五", n] for n in range(130)), header=header)
    found = [f for f in read_files(path).findings if f.rule == "not_a_number"]
    assert [f.cell for f in found] == [f"C{n}" for n in range(2, 102)]
    assert [f.more for f in found] == [*[0] * 99, 30]
    assert "30" in found[-1].message_zh
    assert "30 more" in found[-1].message_en
    assert all("more" not in f.message_en for f in found[:-1])


# --- CSV -----------------------------------------------------------------------------------------------------------


def test_a_csv_may_hold_several_counties_and_periods(tmp_path: Path) -> None:
    read = read_file(
        text(
            tmp_path,
            [YANGGAO, "2017-12", "预计", *NUMBERS],
            [TIANZHEN, "2017-12", "", *NUMBERS],
            [GUANGLING, "2017-11", "报送", *NUMBERS],
        )
    )
    assert read.findings == []
    assert [(h.county_code, h.period, h.status, h.county_cell) for h in read.return_headers] == [
        (YANGGAO, "2017-12", "provisional", "A2"),
        (TIANZHEN, "2017-12", "reported", "A3"),
        (GUANGLING, "2017-11", "reported", "A4"),
    ]


def test_a_csv_without_its_columns(tmp_path: Path) -> None:
    found = only(text(tmp_path, NUMBERS, header=HEADERS[3:]))
    assert (found.rule, found.cell) == ("cover_incomplete", "A1")
    assert "区划代码" in found.expected
    assert "报告期" in found.expected


def test_a_csv_of_no_dataset(tmp_path: Path) -> None:
    found = only(text(tmp_path, [YANGGAO, "2017-12", "1"], name="表.csv", header=[*HEADERS[:2], "挂职干部"]))
    assert (found.rule, found.found) == ("unknown_dataset", "表")


def test_a_csv_without_rows(tmp_path: Path) -> None:
    assert only(text(tmp_path)).rule == "empty_return"


@pytest.mark.parametrize(("line", "cell"), [(["", "2017-12"], "A2"), ([YANGGAO, ""], "B2"), ([YANGGAO, "12"], "B2")])
def test_a_csv_line_of_no_county_or_period(tmp_path: Path, line: list[str], cell: str) -> None:
    path = text(tmp_path, [*line, "", *NUMBERS], [TIANZHEN, "2017-12", "", *NUMBERS])
    found = only(path)
    assert (found.rule, found.cell, found.dataset) == ("cover_incomplete", cell, "finance")


def test_a_csv_line_cut_short_is_a_finding_not_an_error(tmp_path: Path) -> None:
    turned = [*HEADERS[3:], *HEADERS[:3]]
    path = text(tmp_path, [1, 0.1], [*NUMBERS, YANGGAO, "2017-12", ""], header=turned)
    assert only(path).rule == "cover_incomplete"


def test_a_csv_not_due_says_at_which_cell(tmp_path: Path) -> None:
    headers = ["区划代码", "报告期", *(i.header_zh for i in BOOK.datasets["accountability"].indicators)]
    zeros = [0] * (len(headers) - 2)
    found = only(text(tmp_path, [YANGGAO, "2017-11", *zeros], name="x_accountability.csv", header=headers))
    assert (found.rule, found.cell) == ("not_due", "B2")


# --- whole files ---------------------------------------------------------------------------------------------------


def test_what_is_no_file_of_ours_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"")
    read = read_file(tmp_path / "a.xlsx")
    assert read.unreadable
    assert only(tmp_path / "a.xlsx").rule == "unreadable_file"


def test_one_unreadable_file_takes_nothing_from_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04")
    reading = read_files(tmp_path / "bad.xlsx", book(tmp_path))
    assert [r.file for r in reading.unreadable] == ["bad.xlsx"]
    assert [h.dataset for h in reading.return_headers] == ["finance"]
    assert reading.rows["finance"].height == 1


def test_rows_know_where_they_stood(tmp_path: Path) -> None:
    pages = {FINANCE: [GOOD[0], [], NUMBERS]}
    (kept,) = read_files(book(tmp_path, pages)).rows["finance"].rows(named=True)
    assert (kept["receipt"], kept["sheet"], kept["row"], kept["county_code"]) == (1, FINANCE, 3, YANGGAO)


def test_a_nil_summary_says_none_of_each(tmp_path: Path) -> None:
    reading = read_files(book(tmp_path, {}, listed=(("易地扶贫搬迁", "relocation", "无", "报送"),)))
    (kept,) = reading.rows["relocation"].rows(named=True)
    assert (kept["villages_planned"], kept["row"], kept["funds_paid_yuan"]) == (0, None, None)


# --- what stands beside a table ------------------------------------------------------------------------------------

OWN = GOOD[0]


def test_scratch_to_the_right_behind_a_blank_column_is_a_remark(tmp_path: Path) -> None:
    pages = {FINANCE: [[*OWN], [*NUMBERS, None, None, "核对", 2634.77], [*[None] * 12, "=A1"]]}
    found = only(book(tmp_path, pages), "info")
    assert (place(found), found.severity, found.found) == (("scratch_cells", FINANCE, "K2"), "info", "核对")
    pages = {FINANCE: [[*OWN], [*NUMBERS, 5]]}
    assert place(only(book(tmp_path, pages))) == ("unknown_header", FINANCE, "I1")


def test_without_a_cover_a_sheet_that_nobody_named_is_a_remark_beside_a_return(tmp_path: Path) -> None:
    scratch = [["计算过程"], [123, 456]]
    pages = {FINANCE: [OWN, NUMBERS], "Sheet2": scratch}
    path = write_book(tmp_path / "阳高县_2017-12.xlsx", pages)
    assert [(f.rule, f.severity, f.sheet) for f in read_file(path).findings] == [("scratch_sheet", "info", "Sheet2")]
    path = write_book(tmp_path / "阳高县_2017-12.xlsx", {FINANCE: [OWN, NUMBERS], "教育扶贫": scratch})
    assert [f.rule for f in read_file(path).findings] == ["unknown_dataset"]
    path = write_book(tmp_path / "阳高县_2017-12.xlsx", {"Sheet2": scratch})
    assert [f.rule for f in read_file(path).findings] == ["unknown_dataset"]


def test_a_second_table_in_a_sheet_is_said_once(tmp_path: Path) -> None:
    funds = sheet("funds", row("funds"))
    pages = {FINANCE: [OWN, NUMBERS, [], ["扶贫资金"], *funds, *([1] * 6 for _ in range(3))]}
    found = only(book(tmp_path, pages))
    assert (place(found), found.severity) == (("second_table", FINANCE, "A5"), "critical")
    assert read_files(tmp_path / "a.xlsx").rows["finance"]["row"].to_list() == [2]
    assert read_file(book(tmp_path, {FINANCE: [OWN, NUMBERS, OWN]})).findings == []
