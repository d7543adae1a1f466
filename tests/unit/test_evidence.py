"""Whose a return is and of which period: cover, columns, file name, sheet name, and what becomes of disagreement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
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
    receipt_of,
    sheet,
    write_book,
)
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.records import SubmissionReading
from warehouse.intake.ownership.claims import agree_county, county_by_code, county_by_name, county_within, period_within
from warehouse.intake.submission import read_submission
from warehouse.messages.finding import Finding

FINANCE = "金融扶贫"
GOOD = sheet("finance", finance())
HEADERS = list(GOOD[0])
NUMBERS = [1, 0.1, 0.1, 0, 0, 0, 0, 0]


def book(folder: Path, pages: dict[str, Cells], name: str = "a.xlsx") -> Path:
    return write_book(folder / name, pages)


def returns(read: SubmissionReading) -> list[tuple[str, str, str]]:
    return [(h.county_code, h.period, h.dataset) for h in read.return_headers]


def rules(read: SubmissionReading) -> list[str]:
    return [f.rule for f in read.findings]


def county(said: str, year: int | None = 2017, prefecture: str | None = None) -> str | tuple[str | None, str]:
    agreed = agree_county([county_by_name(said, prefecture)], f"{year}-12" if year else None)
    return agreed.value or (agreed.fault, agreed.expected)


@pytest.mark.parametrize(
    ("said", "code"),
    [("天镇县", "140222"), ("天镇", "140222"), (" 天 镇 县 ", "140222"), ("大同市天镇县", "140222"),
     ("大同天镇", "140222"), ("大同市城区", "140202"), ("古交市", "140181"), ("古交", "140181")],
)  # fmt: skip
def test_names_of_counties(said: str, code: str) -> None:
    assert county(said) == code


def test_a_name_of_several_counties_is_refused_with_the_candidates() -> None:
    fault = county("城区")
    assert fault[0] == "county_unclear"
    assert {c.split()[0] for c in fault[1].split("; ")} == {"140202", "140302", "140402", "140502"}
    assert "大同市城区" in fault[1]


def test_a_prefecture_beside_the_name_makes_it_clear() -> None:
    assert county("城区", prefecture="大同市") == "140202"
    assert county("城区", prefecture="阳泉") == "140302"


def test_of_several_the_one_in_force_in_the_period_is_meant() -> None:
    assert county("潞城") in {d.county_code for d in BOOK.divisions if d.name_zh.startswith("潞城")}
    codes = {year: county("上党区", year) for year in (2017, 2019)}
    assert codes[2019] == codes[2017]


def test_a_prefecture_is_no_county() -> None:
    assert county("大同市")[0] == "county_unclear"
    assert county("大同")[0] == "county_unclear"
    assert county("北京市")[0] == "county_unclear"


@pytest.mark.parametrize(
    ("name", "codes"),
    [("140222_天镇县_2017-12", {"140222"}), ("天镇_金融扶贫_201712", {"140222"}), ("天镇县金融扶贫统计表", {"140222"}),
     ("140222-201712", {"140222"}), ("201712", None), ("金融扶贫", None), ("天镇县、阳高县12月", None),
     ("140222_天镇县城区报表", {"140222"}),
     ("Sheet1", None)],
)  # fmt: skip
def test_what_a_files_name_says_of_the_county(name: str, codes: set[str] | None) -> None:
    claim = county_within(name)
    assert (claim.values if claim else None) == codes


def test_a_files_name_with_a_prefecture_may_mean_each_of_its_counties() -> None:
    claim = county_within("大同市2017年12月汇总")
    assert claim is not None
    assert {"140222", YANGGAO, GUANGLING} <= claim.values
    assert not claim.values & {"140181"}


@pytest.mark.parametrize(
    ("name", "period"),
    [("140222_天镇县_2017-12", "2017-12"), ("天镇201712", "2017-12"), ("2017年12月报表", "2017-12"),
     ("140222_2017.12.31", "2017-12"), ("天镇县2017年第四季度", "2017-12"), ("20171231_140222", "2017-12"),
     ("140222", None), ("2017-11和2017-12", None), ("报表", None)],
)  # fmt: skip
def test_what_a_files_name_says_of_the_period(name: str, period: str | None) -> None:
    claim = period_within(name)
    assert (claim.values if claim else None) == ({period} if period else None)


def test_a_long_code_and_a_prefectures_code() -> None:
    assert county_by_code("140222000000").values == {"140222"}
    assert "140222" in county_by_code("140200").values


def test_without_a_cover_the_files_name_says_it(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {FINANCE: GOOD}, "天镇县_2017年12月.xlsx"))
    assert (returns(read), rules(read)) == ([(TIANZHEN, "2017-12", "finance")], [])
    assert (read.return_headers[0].county_sheet, read.return_headers[0].county_cell) == (None, None)


def test_or_the_sheets_name(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"天镇县": GOOD, "阳高县": GOOD}, "金融扶贫2017-12.xlsx"))
    assert returns(read) == [(TIANZHEN, "2017-12", "finance"), (YANGGAO, "2017-12", "finance")]
    assert rules(read) == []


def test_or_columns_of_names_and_several_periods(tmp_path: Path) -> None:
    rows = [["县名", "报告期", *HEADERS], ["天镇县", "2017年11月", *NUMBERS], ["天镇", "2017.12", *NUMBERS]]
    read = read_file(book(tmp_path, {FINANCE: rows}))
    assert returns(read) == [(TIANZHEN, "2017-11", "finance"), (TIANZHEN, "2017-12", "finance")]
    assert [h.county_cell for h in read.return_headers] == ["A2", "A3"]
    assert rules(read) == []


def test_a_prefectures_bundle(tmp_path: Path) -> None:
    rows = [["县(市、区)", *HEADERS], ["天镇县", *NUMBERS], ["阳高县", *NUMBERS], ["合计", *[2 * n for n in NUMBERS]]]
    path = book(tmp_path, {"封面": cover(code="140200", name="大同市"), FINANCE: rows})
    read = read_file(path)
    assert returns(read) == [(TIANZHEN, "2017-12", "finance"), (YANGGAO, "2017-12", "finance")]
    assert rules(read) == []
    assert read_files(path).rows["finance"]["loan_households"].to_list() == [1, 1]


def test_a_county_that_is_not_of_the_covers_prefecture(tmp_path: Path) -> None:
    rows = [["县(市、区)", *HEADERS], ["天镇县", *NUMBERS], ["清徐县", *NUMBERS]]
    read = read_file(book(tmp_path, {"封面": cover(code="140200", name="大同市"), FINANCE: rows}))
    assert rules(read) == ["county_disagrees"]
    assert (read.findings[0].found, read.findings[0].cell) == ("清徐县", "A3")


@pytest.mark.parametrize(
    ("name", "rule"),
    [("天镇县_2017-12.xlsx", "county_disagrees"), ("阳高县_2017-11.xlsx", "period_disagrees"), ("阳高县.xlsx", None)],
)
def test_a_files_name_must_agree_with_the_cover(tmp_path: Path, name: str, rule: str | None) -> None:
    read = read_file(book(tmp_path, {"封面": cover(), FINANCE: GOOD}, name))
    assert rules(read) == ([rule] if rule else [])
    assert [f.county_code for f in read.findings] == ([YANGGAO] if rule else [])


def test_a_sheets_name_must_agree_too(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"封面": cover(), "天镇县金融扶贫": GOOD}))
    assert rules(read) == ["county_disagrees"]
    assert read.findings[0].sheet == "天镇县金融扶贫"


def test_of_a_bundle_the_row_that_disagrees_is_its_own_fault_alone(tmp_path: Path) -> None:
    rows = [["区划代码", "县名", "报告期", *HEADERS], [TIANZHEN, "阳高县", "2017-12", *NUMBERS],
            [GUANGLING, "广灵县", "2017-12", *NUMBERS]]  # fmt: skip
    read = read_file(book(tmp_path, {FINANCE: rows}))
    assert [(f.rule, f.county_code, f.cell) for f in read.findings] == [("county_disagrees", TIANZHEN, "B2")]
    assert returns(read) == [(TIANZHEN, "2017-12", "finance"), (GUANGLING, "2017-12", "finance")]


def test_a_row_of_a_name_that_may_be_several_is_of_no_return_and_its_table_is_refused(tmp_path: Path) -> None:
    rows = [["县名", "报告期", *HEADERS], ["城区", "2017-12", *NUMBERS], ["广灵县", "2017-12", *NUMBERS]]
    read = read_file(book(tmp_path, {FINANCE: rows}))
    assert [(f.rule, f.county_code, f.dataset) for f in read.findings] == [("county_unclear", None, "finance")]
    kept = read_files(tmp_path / "a.xlsx").rows["finance"]
    assert kept["county_code"].to_list() == ["城区", GUANGLING]


@pytest.mark.parametrize(
    ("said", "codes", "cells"),
    [("天镇县", [YANGGAO, TIANZHEN], []), ("大同市天镇县", [YANGGAO, TIANZHEN], []), ("不知县", [YANGGAO], ["A3"])],
)
def test_in_the_place_of_a_code_a_county_may_be_called_by_its_name(
    tmp_path: Path, said: str, codes: list[str], cells: list[str]
) -> None:
    rows = [["区划代码", "报告期", *HEADERS], [YANGGAO, "2017-12", *NUMBERS], [said, "2017-12", *NUMBERS]]
    read = read_file(book(tmp_path, {FINANCE: rows}))
    assert [h.county_code for h in read.return_headers] == codes
    assert [(f.rule, f.cell) for f in read.findings] == [("county_unclear", cell) for cell in cells]


def test_a_code_out_of_force_is_left_to_validation(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"封面": cover(code="140203", name="矿区", period="2018-06"), FINANCE: GOOD}))
    assert (returns(read), rules(read)) == ([("140203", "2018-06", "finance")], [])


def test_a_folder_is_its_countys_alone(tmp_path: Path) -> None:
    path = book(tmp_path, {"封面": cover(), FINANCE: GOOD})
    received = receipt_of(path)
    inside = received.receipt.model_copy(update={"file": f"tianzhen/{path.name}"})

    def found(folders: dict[str, str]) -> list[Finding]:
        return read_submission(type(received)(inside, path), Limits(), folders).findings

    assert found({}) == found({"tianzhen": YANGGAO}) == found({"tianzhen": "140200"}) == []
    (finding,) = found({"tianzhen": TIANZHEN})
    assert (finding.rule, finding.found, finding.expected) == ("wrong_folder", YANGGAO, TIANZHEN)
    assert (finding.sheet, finding.cell, finding.county_code) == ("封面", "B2", YANGGAO)


@pytest.mark.parametrize(
    ("said", "period"),
    [("2017年12月", "2017-12"), ("2017.12.31", "2017-12"), (201712, "2017-12"), ("2017年第四季度", "2017-12")],
)
def test_the_cover_may_say_the_period_in_many_ways(tmp_path: Path, said: Any, period: str) -> None:
    read = read_file(book(tmp_path, {"封面": cover(period=said), FINANCE: GOOD}))
    assert (returns(read), rules(read)) == ([(YANGGAO, period, "finance")], [])


def test_a_cover_may_say_the_county_by_its_name_alone(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"封面": cover(code=None, name="天镇"), FINANCE: GOOD}))
    assert (returns(read), rules(read)) == ([(TIANZHEN, "2017-12", "finance")], [])
    assert read.return_headers[0].county_cell == "B3"


def test_a_cover_with_a_name_of_several_counties(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"封面": cover(code=None, name="城区"), FINANCE: GOOD}))
    assert rules(read) == ["county_unclear"]
    assert (read.findings[0].sheet, read.findings[0].cell) == ("封面", "B3")
    named = read_file(book(tmp_path, {"封面": cover(code=None, name="城区"), FINANCE: GOOD}, "大同市城区.xlsx"))
    assert returns(named) == [("140202", "2017-12", "finance")]


def test_a_cover_has_its_labels_anywhere_or_before_a_colon(tmp_path: Path) -> None:
    page = [[None, "填报单位：天镇县"], [None, None, "报告期", None, "2017-12"], *cover()[4:]]
    read = read_file(book(tmp_path, {"封面": page, FINANCE: GOOD}))
    assert (returns(read), rules(read)) == ([(TIANZHEN, "2017-12", "finance")], [])


def test_lines_above_the_table_say_it_too(tmp_path: Path) -> None:
    page = [["天镇县金融扶贫统计表"], ["报告期:2017年12月", None, "填报日期:2018年1月5日"], *GOOD]
    read = read_file(book(tmp_path, {FINANCE: page}))
    assert (returns(read), rules(read)) == ([(TIANZHEN, "2017-12", "finance")], [])
    assert (read.return_headers[0].county_sheet, read.return_headers[0].county_cell) == (FINANCE, "A1")


def test_and_must_agree(tmp_path: Path) -> None:
    page = [["填报单位:天镇县扶贫办"], *GOOD]
    read = read_file(book(tmp_path, {"封面": cover(), FINANCE: page}))
    assert [(f.rule, f.sheet, f.cell) for f in read.findings] == [("county_disagrees", FINANCE, "A1")]
    page = [["报告期", "2017年11月"], *GOOD]
    read = read_file(book(tmp_path, {"封面": cover(), FINANCE: page}))
    assert [(f.rule, f.sheet, f.cell) for f in read.findings] == [("period_disagrees", FINANCE, "A1")]


def test_a_sheet_without_rows_is_a_return_that_is_refused(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"封面": cover(), FINANCE: GOOD[:1]}))
    assert (returns(read), rules(read)) == ([(YANGGAO, "2017-12", "finance")], ["empty_return"])


def test_a_name_that_may_be_a_county_that_is_no_more_is_not_settled_by_who_is_left() -> None:
    assert county("郊区", 2019)[0] == "county_unclear"
    assert county("郊区", 2019, "长治市") == "140411"
    assert county("潞城", 2019) == "140406"


def test_merged_cells_beside_the_figures_speak_for_all_their_rows(tmp_path: Path) -> None:
    path = book(tmp_path, {FINANCE: [["地市", "县名", "报告期", *HEADERS], ["长治市", "城区", "2017-12", *NUMBERS],
                                     [None, "郊区", None, *NUMBERS]]})  # fmt: skip
    pages = openpyxl.load_workbook(path)
    for area in ("A2:A3", "C2:C3"):
        pages[FINANCE].merge_cells(area)
    pages.save(path)
    read = read_file(path)
    assert (returns(read), rules(read)) == ([("140402", "2017-12", "finance"), ("140411", "2017-12", "finance")], [])


@pytest.mark.parametrize("code", ["140222000", "140222000000", "\uff11\uff14\uff10\uff12\uff12\uff12"])
def test_codes_with_zeros_or_in_full_width(code: str) -> None:
    assert county_by_code(code).values == {"140222"}


@pytest.mark.parametrize("said", ["天镇县扶贫办", "山西省大同市天镇县", "140222天镇县", "天镇县(深度贫困县)"])
def test_a_county_within_more_words(said: str) -> None:
    assert county(said) == "140222"


def test_a_day_in_a_files_name_is_no_period_unless_it_ends_a_month(tmp_path: Path) -> None:
    assert period_within("20180105天镇县金融扶贫") is None
    page = [["天镇县金融扶贫情况统计表"], ["截至2017年12月31日"], *GOOD]
    read = read_file(book(tmp_path, {FINANCE: page}, "20180105天镇县.xlsx"))
    assert (returns(read), rules(read)) == ([(TIANZHEN, "2017-12", "finance")], [])


def test_a_month_that_a_spreadsheet_may_have_cut_is_refused(tmp_path: Path) -> None:
    read = read_file(book(tmp_path, {"封面": cover(period=2017.10), FINANCE: GOOD}))
    assert rules(read) == ["cover_incomplete"]
    assert read.findings[0].found == "2017.1"


@pytest.mark.parametrize("word", ["县城区", "工矿区", "新城区", "城郊区"])
def test_ordinary_words_that_are_names_as_well_narrow_and_never_contradict(tmp_path: Path, word: str) -> None:
    page = [[f"金融扶贫({word}集中安置)情况表"], *GOOD]
    for pages in ({"封面": cover(), FINANCE: page}, {"封面": cover(), f"{FINANCE}(含{word})": GOOD}):
        read = read_file(book(tmp_path, pages))
        assert (returns(read), rules(read)) == ([(YANGGAO, "2017-12", "finance")], [])
    read = read_file(book(tmp_path, {"封面": cover(code=None, name="大同市"), FINANCE: [["城区"], *GOOD]}))
    assert returns(read) == [("140202", "2017-12", "finance")]


@pytest.mark.parametrize("title", ["运城市金融扶贫统计表", "广灵县城区金融扶贫统计表", "附表 矿区 金融扶贫统计表"])
def test_a_full_name_beside_such_a_word_contradicts_as_ever(tmp_path: Path, title: str) -> None:
    read = read_file(book(tmp_path, {"封面": cover(), FINANCE: [[title], *GOOD]}))
    assert rules(read) == ["county_disagrees"]


@pytest.mark.parametrize(
    "line",
    [
        "数据取自2018年1月5日系统,截至2018年1月5日", "填报日期:2018年1月31日", "截止日期:2018年1月5日", "2018年1月5日",
        "填报时间 2018年1月", "打印于2018年1月",
    ],
)  # fmt: skip
def test_a_date_above_the_table_is_no_period_unless_it_is_one(tmp_path: Path, line: str) -> None:
    read = read_file(book(tmp_path, {FINANCE: [[line], *GOOD]}, "阳高县_2017-12.xlsx"))
    assert (returns(read), rules(read)) == ([(YANGGAO, "2017-12", "finance")], [])


@pytest.mark.parametrize(
    "lines",
    [
        ["金融扶贫2017年12月统计表"], ["2017年1—12月金融扶贫情况统计表"], ["金融扶贫统计表(2017年度)"],
        ["金融扶贫统计表", "2017年12月"], ["金融扶贫统计表", "(二○一七年十二月)"], ["报告期:二○一七年十二月"],
        ["填报单位:阳高县扶贫办 2017年12月 单位:万元"], ["填报单位:阳高县扶贫办 报告期:2017年12月 单位:万元"],
        ["所属期：2017年10-12月"], ["截至2017年底"],
    ],
)  # fmt: skip
def test_the_period_may_stand_in_a_title_or_in_the_line_of_the_office(tmp_path: Path, lines: list[str]) -> None:
    read = read_file(book(tmp_path, {FINANCE: [*([line] for line in lines), *GOOD]}, "阳高县.xlsx"))
    assert (returns(read), rules(read)) == ([(YANGGAO, "2017-12", "finance")], [])


def test_what_the_cover_says_goes_before_a_title_that_was_left_as_it_was(tmp_path: Path) -> None:
    page = [["2017年11月金融扶贫统计表"], *GOOD]
    assert rules(read_file(book(tmp_path, {"封面": cover(), FINANCE: page}))) == []
    read = read_file(book(tmp_path, {FINANCE: page}, "阳高县_2017-12.xlsx"))
    assert rules(read) == ["period_disagrees"]


@pytest.mark.parametrize("label", ["所属期", "所属期间", "统计期", "数据时间"])
def test_the_cover_may_call_the_period_so(tmp_path: Path, label: str) -> None:
    page = [[label if cell == "报告期" else cell for cell in row] for row in cover()]
    read = read_file(book(tmp_path, {"封面": page, FINANCE: GOOD}))
    assert (returns(read), rules(read)) == ([(YANGGAO, "2017-12", "finance")], [])
