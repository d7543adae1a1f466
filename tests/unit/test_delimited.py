"""Text files as tables: encodings, separators and last lines, each at its edge."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import BOOK
from warehouse.intake.formats.delimited import (
    LINES_LOOKED_AT,
    _is_cut_off,
    _is_utf_8,
    _separator,
    decode,
    read_delimited,
)
from warehouse.intake.formats.preflight import Limits, PreflightResult, UnreadableError

CHINESE = "区划代码,县名\n140222,天镇县\n"
FOOTER = next(word for word, known in BOOK.words.items() if known.meaning == "footer")


def rows(path: Path, data: bytes, limits: Limits | None = None) -> list[list[str | None]]:
    path.write_bytes(data)
    return read_delimited(path, PreflightResult("text", limits or Limits()))[0].rows


# --- encodings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
@pytest.mark.parametrize("text", [CHINESE, "a,b\n1,2\n", "", "联通\n", "天镇县—合计\n"])
def test_a_text_is_read_in_the_encoding_it_has(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_utf_16_is_told_by_its_mark_in_either_order() -> None:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        assert decode(mark + CHINESE.encode(encoding)) == CHINESE


@pytest.mark.parametrize(
    "data", [b"\xff\xfea", b"\xfe\xff\xd8\x00", b"\x81\x20\xff", b"\xff", b"a,b\n\xff\xff\xff,1\n"]
)
def test_what_is_in_no_known_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="text in an unknown encoding") as told:
        decode(data)
    assert told.value.expected == "UTF-8、UTF-16 或 or GB18030"


@pytest.mark.parametrize("separator", [",", ";", "\t", "\n", "\r\n", '"'])
def test_two_encodings_in_one_text_are_refused_wherever_they_meet(separator: str) -> None:
    data = separator.encode().join(("天镇县".encode("gb18030"), "阳高县".encode()))
    with pytest.raises(UnreadableError, match="text in two encodings"):
        decode(data)


@pytest.mark.parametrize(
    ("field", "sure"),
    [
        (b"", False),
        (b"abc", False),
        ("天镇县".encode(), True),
        ("天镇 1".encode(), True),
        ("（万元）".encode(), True),
        ("“甲”—".encode(), True),
        ("é".encode(), False),
        ("天é".encode(), False),
        ("天镇县".encode("gb18030"), False),
        ("联通".encode("gb18030"), False),
    ],
)
def test_a_field_is_utf_8_beyond_doubt_where_all_its_signs_are_chinese(field: bytes, sure: bool) -> None:  # noqa: FBT001
    assert _is_utf_8(field) == sure


# --- separators ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("a;b\n1;2\n", ";"),
        ("a\n1\n", ","),
        ("", ","),
        ("1,234;5,678\n2,345;6,789\n", ","),
        ("1,234,567;2,345\n345;6\n", ";"),
        ("a;b;c\n1,5;2;3\n4;5,5;6\n", ";"),
        ("标题\na\tb\tc\n1\t2\t3\n", "\t"),
    ],
)
def test_the_separator_is_the_one_that_lines_have_equally_often(text: str, separator: str) -> None:
    assert _separator(text) == separator


def test_only_the_first_lines_tell_the_separator() -> None:
    first = "a;b\n" * LINES_LOOKED_AT
    assert _separator(first + "a,b,c,d\n" * 100) == ";"
    assert _separator("a;b\n" * (LINES_LOOKED_AT // 2 - 1) + "a,b\n" * 100) == ","


# --- lines ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cut_off"),
    [
        ("a,b\n1,2\n", False),
        ("a,b\n1,2", False),
        ("a,b\n1\n", False),
        ("a,b\n1\r", False),
        ("a,b\n1", True),
        ("a,b,c\n1,2,3\n4,5", True),
        ("a", False),
        ("a,b\n1,2,3", False),
        (f"a,b\n1,2\n{FOOTER}:张三", False),
        (f"a,b\n1,2\n {FOOTER} ", False),
        (f"a,b\n1,2\nx{FOOTER}", True),
        ("a,b\n1,2\n数据截至12月底", False),
        ("a,b\n1,2\n※逾期为90天以上", False),
        ("a,b\n1,2\n1、金额取自人行", False),
        ("a,b\n1,2\n天镇", True),
        ("a,b\n1,2\n14022", True),
        ("a,b,c\n1,2,3\n数据截至,5", True),
    ],
)
def test_a_last_line_without_an_end_and_with_fewer_fields_is_cut_off(text: str, cut_off: bool) -> None:  # noqa: FBT001
    lines = [line.split(",") for line in text.splitlines()]
    assert _is_cut_off(text, lines) == cut_off


def test_lines_become_rows_of_one_length(tmp_path: Path) -> None:
    assert rows(tmp_path / "a.csv", b"a,b,c\n1\n\n2,3\n") == [
        ["a", "b", "c"], ["1", None, None], [], ["2", "3", None],
    ]  # fmt: skip
    assert rows(tmp_path / "a.csv", b"") == []
    assert rows(tmp_path / "a.csv", b'"a\nb",c\n') == [["a b", "c"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a,b\n1,\x002\n", "NUL bytes"),
        (b'a,b\n"1,2\n', "a damaged .csv file"),
        (b'a,b\n"1"x,2\n', "a damaged .csv file"),
        (b"a,b\n1,2\n3", "cut off"),
    ],
)
def test_a_damaged_text_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(UnreadableError, match=said):
        rows(tmp_path / "a.csv", data)


def test_the_widest_line_counts_for_the_rectangle(tmp_path: Path) -> None:
    data = b"a\n1,2,3\n4\n"
    assert len(rows(tmp_path / "a.csv", data, Limits(cells=9))) == 3
    with pytest.raises(UnreadableError, match="column 3, row 3"):
        rows(tmp_path / "a.csv", data, Limits(cells=8))


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("\ufeff\ufeff甲,乙\n1,2\n", [["甲", "乙"], ["1", "2"]]),
        ('\ufeff\ufeff"甲","乙"\n1,2\n', [["甲", "乙"], ["1", "2"]]),
        ('甲,乙\n="140222",="0.5"\n', [["甲", "乙"], ["140222", "0.5"]]),
        ('甲,乙\n"=""140222""",=A1\n', [["甲", "乙"], ["140222", "=A1"]]),
        ("甲,乙\n'140222,’2017-12\n", [["甲", "乙"], ["140222", "2017-12"]]),
        ("甲|乙\n1|2\n", [["甲", "乙"], ["1", "2"]]),
        ('"甲", "乙"\n"1", "2"\n', [["甲", "乙"], ["1", "2"]]),
        ("sep=;\n甲;乙\n1,5;2\n", [[], ["甲", "乙"], ["1,5", "2"]]),
        ("甲,乙\n',2\n", [["甲", "乙"], ["'", "2"]]),
    ],
)
def test_a_text_file_as_programs_write_it(tmp_path: Path, text: str, cells: list[list[str]]) -> None:
    assert rows(tmp_path / "a.csv", text.encode()) == cells
