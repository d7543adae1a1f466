"""What must not be taken for a number, a day, a total, a note or an indicator, though it looks like one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import BOOK, cover, read_files, village, write_book
from tests.builders import sheet as sheet_of
from warehouse.intake.reading import Reading

PROJECTS = BOOK.datasets["projects"]
HEADERS = [i.header_zh for i in PROJECTS.indicators]
SIGNED = ["填表人:", "张三", "联系电话:", "13834567890"]


def register(tmp_path: Path, *lines: list[Any]) -> Reading:
    """A county's list of villages with these lines below the header."""
    header = sheet_of("relocation_villages")[0]
    listed = (("搬迁自然村名册", "relocation_villages", "有", "报送"),)
    return read_files(write_book(tmp_path / "阳高县.xlsx", {"封面": cover(listed), "搬迁自然村名册": [header, *lines]}))


def line(code: str, started_on: object = None) -> list[Any]:
    return [*(village(code) | {"households": None, "persons": None, "started_on": started_on}).values()]


def bundle(tmp_path: Path, *lines: list[Any]) -> Reading:
    """A prefecture's table of projects with these lines below the header."""
    rows = [["区划代码", "备注", *HEADERS], *lines]
    return read_files(write_book(tmp_path / "2017年12月汇总.xlsx", {"项目建设": rows}))


def figures(code: str, note: str | None, value: object) -> list[Any]:
    return [code, note, *[value] * len(HEADERS)]


def counties(reading: Reading) -> list[str]:
    return reading.rows["projects"]["county_code"].to_list()


@pytest.mark.parametrize("text", ["120 35", "120\n35", "1, 234", "1 234", "120①", "10⁴", "１２０ ３５", "12②", "½"])
def test_two_numbers_or_a_footnote_in_a_cell_are_no_number(tmp_path: Path, text: str) -> None:
    reading = bundle(tmp_path, figures("140221", None, text))
    assert {f.rule for f in reading.findings} == {"not_a_number"}
    assert len(reading.findings) == len(HEADERS)


@pytest.mark.parametrize("text", [" 120 ", "120 亩", "\u00a0１２０"])
def test_blanks_around_a_number_and_before_its_unit_are_no_matter(tmp_path: Path, text: str) -> None:
    reading = bundle(tmp_path, figures("140221", None, text)[:4])
    assert reading.rows["projects"]["cropland_to_forest_planned_mu"].to_list() == [120]
    assert reading.findings == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2017.1.1 2", None),
        ("2017-1-1②", None),
        ("2017-01-12 00:00:00", date(2017, 1, 12)),
        ("2017/1/12 0:00", date(2017, 1, 12)),
        ("2017 年 1 月 12 日", date(2017, 1, 12)),
    ],
)
def test_a_day_is_not_put_together_from_pieces(tmp_path: Path, text: str, day: date | None) -> None:
    reading = register(tmp_path, line("140221001001", text))
    assert reading.rows["relocation_villages"]["started_on"].to_list() == [day]
    assert [f.rule for f in reading.findings] == ([] if day else ["not_a_date"])


# --- headers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["上年同期", "其中:深度贫困村"])
def test_last_years_figures_and_parts_are_not_the_figures_asked_for(tmp_path: Path, group: str) -> None:
    groups = [None, *[group] * len(HEADERS)]
    rows = [groups, ["区划代码", *HEADERS], ["140221", *[1] * len(HEADERS)]]
    reading = read_files(write_book(tmp_path / "2017年12月.xlsx", {"项目建设": rows}))
    assert {f.rule for f in reading.findings} == {"unknown_header"}


def test_the_same_column_of_last_year_where_the_form_asks_for_it(tmp_path: Path) -> None:
    rows = [["上年", None], ["农民人均可支配收入(元)", "农村人口(人)"], [7330, 1000]]
    listed = (("减贫成效", "outcomes", "有", "报送"),)
    book = {"封面": cover(listed), BOOK.datasets["outcomes"].label_zh: rows}
    (row,) = read_files(write_book(tmp_path / "a.xlsx", book)).rows["outcomes"].to_dicts()
    assert (row["income_per_capita"], row["income_per_capita_prior_year"]) == (None, 7330)


def test_a_note_above_the_header_of_a_text_file_is_no_group(tmp_path: Path) -> None:
    path = tmp_path / "项目建设2017-12.csv"
    lines = ["其中退耕还林含上年结转", ",".join(["区划代码", *HEADERS]), ",".join(["140221", *["1"] * len(HEADERS)])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read_files(path).findings == []


def test_a_group_that_only_names_the_table_is_no_matter(tmp_path: Path) -> None:
    rows = [[None, *["项目建设情况"] * len(HEADERS)], ["区划代码", *HEADERS], ["140221", *[1] * len(HEADERS)]]
    assert read_files(write_book(tmp_path / "2017年12月.xlsx", {"项目建设": rows})).findings == []


# --- lines ---------------------------------------------------------------------------------------------------------


def test_villages_below_a_note_are_villages(tmp_path: Path) -> None:
    reading = register(tmp_path, line("140221001001"), ["注:以下为2017年新增"], line("140221001002", "2017-03-05"))
    assert reading.rows["relocation_villages"]["village_code"].to_list() == ["140221001001", "140221001002"]


def test_counties_below_a_note_are_counties_whatever_stands_behind_their_numbers(tmp_path: Path) -> None:
    rows = figures("140221", None, 1), ["注:下同"], figures("140222", None, "12亩")[:8]
    assert counties(bundle(tmp_path, *rows)) == ["140221", "140222"]


@pytest.mark.parametrize(
    "below",
    [
        [SIGNED],
        [["", "", "", *SIGNED]],
        [["填表人:张三"], ["阳高县扶贫办", None, None, "2018年1月5日"]],
        [["说明:"], ["1.退耕还林含上年结转"], ["2.危房改造以验收为准"]],
        [["填表人", "张三", "填报日期", "2018-01-05"]],
    ],
)
def test_signatures_and_notes_are_left_out(tmp_path: Path, below: list[list[Any]]) -> None:
    reading = bundle(tmp_path, figures("140221", None, 1), *below)
    assert counties(reading) == ["140221"]
    assert reading.findings == []


def test_a_note_that_speaks_of_a_total_makes_no_total_of_its_row(tmp_path: Path) -> None:
    reading = bundle(tmp_path, figures("140221", "含三年合计", 1), figures("140222", None, 2))
    assert counties(reading) == ["140221", "140222"]
    assert reading.findings == []
