"""Files as tables of text, every cell at its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.builders import write_book
from warehouse.intake.formats.delimited import decode
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.table import Table, as_text, column_letters


def book(path: Path, fill: Callable[[Any, Any], None]) -> Table:
    """The only table of a workbook that xlsxwriter fills."""
    with xlsxwriter.Workbook(str(path)) as made:
        fill(made.add_worksheet("表"), made)
    (table,) = read_tables(path, Limits())
    return table


def plain(path: Path, data: bytes) -> Table:
    path.write_bytes(data)
    (table,) = read_tables(path, Limits())
    return table


def test_leading_blank_rows_and_columns_keep_cells_at_their_places(tmp_path: Path) -> None:
    table = book(tmp_path / "a.xlsx", lambda page, _: page.write("D7", "2,487"))
    assert table.rows[6][3] == "2,487"
    assert table.cell(6, 3) == "D7"
    assert sum(value is not None for row in table.rows for value in row) == 1


def test_numbers_texts_dates_and_flags_become_text(tmp_path: Path) -> None:
    def fill(page: Any, made: Any) -> None:
        day = made.add_format({"num_format": "yyyy-mm-dd"})
        page.write_number("A1", 8382.0001)
        page.write_string("B1", "00123")
        page.write_datetime("C1", datetime(2017, 12, 31), day)  # noqa: DTZ001
        page.write_boolean("D1", True)  # noqa: FBT003
        page.write_boolean("E1", False)  # noqa: FBT003
        page.write_number("F1", 140221)
        page.write_number("G1", 1e15)
        page.write_string("H1", "  两 \n 行 ")
        page.write_number("I1", 0.1 + 0.2)

    (row,) = book(tmp_path / "a.xlsx", fill).rows
    assert row == ["8382.0001", "00123", "2017-12-31", "是", "否", "140221", "1000000000000000", "两 行", "0.3"]


def test_a_formula_counts_with_its_cached_value(tmp_path: Path) -> None:
    table = book(tmp_path / "a.xlsx", lambda page, _: page.write_formula("A1", "=1+1", value=2))
    assert table.rows == [["2"]]


def test_an_error_cell_is_no_blank(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"一": [["甲", None], [None, "#REF!"]], "二": [["#DIV/0!"]]})
    first, second = read_tables(path, Limits())
    assert first.rows == [["甲", None], [None, "#REF!"]]
    assert second.rows == [["#DIV/0!"]]


def test_sheets_keep_their_order_and_names(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"乙": [["1"]], "甲": [["2"]], "空": []})
    assert [t.sheet for t in read_tables(path, Limits())] == ["乙", "甲", "空"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_csv_is_read_in_the_encodings_that_counties_use(tmp_path: Path, encoding: str) -> None:
    table = plain(tmp_path / "a.csv", "区划代码,名称\r\n00123,天镇县\r\n".encode(encoding))
    assert table.sheet is None
    assert table.rows == [["区划代码", "名称"], ["00123", "天镇县"]]


def test_a_csv_keeps_blank_lines_and_quoted_line_ends_in_place(tmp_path: Path) -> None:
    table = plain(tmp_path / "a.csv", b'a,b\n\n"x\ny",\n')
    assert table.rows == [["a", "b"], [], ["x y", None]]


@pytest.mark.parametrize("data", [b"a,b\n1,\x002\n", b"\xff\xfea", b"\x81\x20\xff,1\n"])
def test_bytes_that_are_no_text_are_unreadable(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(UnreadableError):
        read_tables(tmp_path / "a.csv", Limits())


def test_a_csv_field_without_end_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'"' + b"x" * 200_000)
    with pytest.raises(UnreadableError, match=r"damaged \.csv"):
        read_tables(tmp_path / "a.csv", Limits())


def test_utf8_is_tried_before_gb18030() -> None:
    assert decode("县".encode()) == "县"
    assert decode("县".encode("gb18030")) == "县"


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_column_letters(index: int, letters: str) -> None:
    assert column_letters(index) == letters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None), ("", None), ("   ", None), (7, "7"), (7.0, "7"), (1e-7, "0.0000001"), (True, "是"),
        (date(2017, 12, 31), "2017-12-31"), (datetime(2017, 12, 31, 8, 30), "2017-12-31 08:30:00"),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_cells_as_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text
