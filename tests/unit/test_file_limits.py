"""Every limit on what is read, at its edge: what is exactly as large passes, what is one larger is refused and told."""

from __future__ import annotations

import zipfile
from collections import deque
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlwt

from flows.settings import Settings, load_settings
from tests.builders import BOOK, receipt_of
from tests.packing import packed
from warehouse.intake.formats.file_labels import LONGEST, distinct, harmless
from warehouse.intake.formats.identify import identify
from warehouse.intake.formats.preflight import MOST_COLUMNS, Limits, UnreadableError, check_extent, too_large
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.table import MOST_WHOLE, Table, as_text
from warehouse.intake.formats.zip_archive import (
    ENTRIES_PER_MEMBER,
    MOST_REFUSED,
    Member,
    RefusedMember,
    is_archive,
    unpack,
    zip_findings,
)
from warehouse.intake.layout import unread_cells
from warehouse.intake.layout.header import MOST_NAMED, ROWS_LOOKED_AT, find_header
from warehouse.intake.layout.unread_cells import LONGEST as LONGEST_BESIDE
from warehouse.intake.model.reporter import quoted
from warehouse.intake.sandbox import reader_pool
from warehouse.intake.sandbox.reader_pool import Failure, ReaderQueue
from warehouse.intake.values import EXACT, FIRST_SERIAL, LAST_SERIAL, converted, number
from warehouse.messages.errors import PermanentError
from warehouse.store.archive import LONGEST_SUFFIX, archived
from warehouse.store.files import Root
from warehouse.store.inbox import SettleTimes


def found_in(path: Path, limits: Limits) -> list[Member | RefusedMember]:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return list(unpack(path, limits, scratch))


def names(found: list[Member | RefusedMember]) -> list[str]:
    return [one.label if isinstance(one, Member) else one.found for one in found]


# --- archives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("members", [1, 2, 3])
def test_an_archive_of_exactly_as_many_members_as_may_be_is_unpacked(tmp_path: Path, members: int) -> None:
    path = packed(tmp_path / "a.zip", *((f"{n}.csv", b"x") for n in range(members)))
    assert names(found_in(path, Limits(members=members))) == [f"{n}.csv" for n in range(members)]
    with pytest.raises(UnreadableError) as one_more:
        found_in(path, Limits(members=members - 1))
    assert one_more.value.found == f"{members} 个文件 files in the archive"
    assert one_more.value.expected == f"至多 at most {members - 1}"


def test_litter_and_folders_count_as_members(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("d/", b""), ("d/.DS_Store", b"x"), ("d/a.csv", b"x"))
    assert names(found_in(path, Limits(members=3))) == ["d/a.csv"]
    with pytest.raises(UnreadableError):
        found_in(path, Limits(members=2))


@pytest.mark.parametrize("sizes", [(1,), (700, 300), (0, 1000, 0)])
def test_an_archive_may_unpack_to_exactly_the_limit_of_bytes(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    total = sum(sizes)
    path = packed(tmp_path / "a.zip", *((f"{n}.csv", b"0" * size) for n, size in enumerate(sizes)))
    assert len(found_in(path, Limits(unpacked_bytes=total))) == len(sizes)
    with pytest.raises(UnreadableError) as one_more:
        found_in(path, Limits(unpacked_bytes=total - 1))
    assert one_more.value.found == f"解压后 unpacked {total} 字节 bytes"
    assert one_more.value.expected == f"至多 at most {total - 1} 字节 bytes"


def test_a_member_may_be_exactly_as_large_as_a_file_may_be(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"0" * 1000), ("b.csv", b"0" * 1001))
    found = found_in(path, Limits(file_bytes=1000))
    assert names(found) == ["a.csv", "b.csv: 1001 字节 bytes"]
    assert isinstance(found[1], RefusedMember)
    assert found[1].expected == "至多 at most 1000 字节 bytes"


def test_the_archive_itself_may_be_exactly_as_large_as_a_file_may_be(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"x"))
    size = path.stat().st_size
    assert names(found_in(path, Limits(file_bytes=size))) == ["a.csv"]
    with pytest.raises(UnreadableError) as one_more:
        found_in(path, Limits(file_bytes=size - 1))
    assert one_more.value.found == f"{size} 字节 bytes"
    assert one_more.value.expected == f"至多 at most {size - 1} 字节 bytes"
    assert is_archive(path, Limits(file_bytes=size - 1)), "it is called so, and is said to be too large on reading"
    unnamed = path.rename(tmp_path / "unnamed")
    assert is_archive(unnamed, Limits(file_bytes=size))
    assert not is_archive(unnamed, Limits(file_bytes=size - 1))


def test_an_empty_file_is_no_archive_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"")
    with pytest.raises(UnreadableError, match="an empty file"):
        found_in(path, Limits())


@pytest.mark.parametrize(("marks", "refused"), [(ENTRIES_PER_MEMBER * 2, False), (ENTRIES_PER_MEMBER * 2 + 1, True)])
def test_the_directory_may_have_exactly_so_many_marks_of_entries(
    tmp_path: Path,
    marks: int,
    refused: bool,  # noqa: FBT001
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + b"PK\x01\x02" * marks)
    with pytest.raises(UnreadableError) as told:
        zip_findings(path, Limits(members=2))
    assert told.value.found.startswith(f"{marks} 个文件" if refused else "损坏的压缩包")


@pytest.mark.parametrize("more", [0, 1, 2])
def test_so_many_refused_members_are_named_and_the_rest_counted(tmp_path: Path, more: int) -> None:
    path = packed(tmp_path / "a.zip", *((f"../{n}", b"x") for n in range(MOST_REFUSED + more)))
    told = [found for found, _ in zip_findings(path, Limits())]
    assert len(told) == MOST_REFUSED + bool(more)
    assert told[:MOST_REFUSED] == [f"../{n}: 指向上级文件夹 a name with .." for n in range(MOST_REFUSED)]
    assert told[MOST_REFUSED:] == ([f"另有 {more} 个文件 {more} more members"] if more else [])


# --- files ---------------------------------------------------------------------------------------------------------


def workbook(path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    for values in rows:
        book.active.append(values)
    book.save(path)
    return path


def old_workbook(path: Path, rows: int, columns: int) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("表")
    for row in range(rows):
        for column in range(columns):
            page.write(row, column, 1)
    book.save(str(path))
    return path


def text(path: Path, rows: int, columns: int) -> Path:
    path.write_text("\n".join(",".join("1" * columns) for _ in range(rows)) + "\n", encoding="utf-8")
    return path


OFFICE = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
ONE = '<table:table-cell office:value-type="float" office:value="1"/>'


def open_document(path: Path, rows: str) -> Path:
    xml = (
        f'<office:document-content {OFFICE}><table:table table:name="表">{rows}</table:table></office:document-content>'
    )
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("content.xml", xml)
    return path


def repeated(rows: int, columns: int) -> str:
    one = ONE.replace("<table:table-cell", f'<table:table-cell table:number-columns-repeated="{columns}"')
    return f'<table:table-row table:number-rows-repeated="{rows}">{one}</table:table-row>'


def refused(path: Path, limits: Limits) -> UnreadableError:
    with pytest.raises(UnreadableError) as told:
        read_tables(path, limits)
    return told.value


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv", "ods"])
def test_a_file_may_be_exactly_as_large_as_the_limit_says(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    match kind:
        case "xlsx":
            workbook(path, [1, 1])
        case "xls":
            old_workbook(path, 1, 2)
        case "csv":
            text(path, 1, 2)
        case _:
            open_document(path, repeated(1, 2))
    size = path.stat().st_size
    (table,) = read_tables(path, Limits(file_bytes=size))
    assert table.rows == [["1", "1"]]
    told = refused(path, Limits(file_bytes=size - 1))
    assert (told.found, told.expected) == (f"{size} 字节 bytes", f"至多 at most {size - 1} 字节 bytes")


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv", "ods"])
def test_a_sheet_may_reach_over_exactly_as_many_cells_as_the_limit_says(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a.{kind}"
    match kind:
        case "xlsx":
            # Small sheets are not looked at closely: no limit is as low as that.
            monkeypatch.setattr("warehouse.intake.formats.preflight.NEAR_COLUMNS", 1)
            monkeypatch.setattr("warehouse.intake.formats.preflight.NEAR_ROWS", 1)
            workbook(path, *([1] * 4 for _ in range(3)))
        case "xls":
            old_workbook(path, 3, 4)
        case "csv":
            text(path, 3, 4)
        case _:
            open_document(path, repeated(3, 4))
    (table,) = read_tables(path, Limits(cells=12))
    assert table.rows == [["1"] * 4] * 3
    told = refused(path, Limits(cells=11))
    assert told.found == "过大的工作表 a sheet that reaches to column 4, row 3"
    assert told.expected == "每表至多 at most 11 个单元格 cells a sheet"


@pytest.mark.parametrize(
    ("rows", "columns", "cells", "passes"),
    [
        (1, MOST_COLUMNS, 1 << 40, True),
        (1, MOST_COLUMNS + 1, 1 << 40, False),
        (4, 5, 20, True),
        (5, 4, 20, True),
        (3, 7, 20, False),
        (21, 1, 20, False),
        (20, 1, 20, True),
        (0, 0, 0, True),
    ],
)
def test_the_rectangle_counts_and_no_sheet_is_wider_than_a_spreadsheet(
    rows: int,
    columns: int,
    cells: int,
    passes: bool,  # noqa: FBT001
) -> None:
    if passes:
        check_extent(rows, columns, Limits(cells=cells))
    else:
        with pytest.raises(UnreadableError) as told:
            check_extent(rows, columns, Limits(cells=cells))
        assert told.value.found == too_large(rows, columns, Limits(cells=cells)).found


@pytest.mark.parametrize(("rows", "passes"), [(repeated(2, 3) + repeated(1, 1), True), (repeated(3, 3), False)])
def test_rows_that_repeat_are_counted_before_room_is_made_for_them(
    tmp_path: Path,
    rows: str,
    passes: bool,  # noqa: FBT001
) -> None:
    path = open_document(tmp_path / "a.ods", rows)
    if passes:
        assert read_tables(path, Limits(cells=6))[0].rows[:2] == [["1"] * 3] * 2
    else:
        assert "row 3" in refused(path, Limits(cells=6)).found


@pytest.mark.parametrize("times", ["0", "-1"])
def test_a_cell_that_is_there_less_than_once_is_refused(tmp_path: Path, times: str) -> None:
    rows = repeated(1, 1).replace('columns-repeated="1"', f'columns-repeated="{times}"')
    told = refused(open_document(tmp_path / "a.ods", rows), Limits())
    assert f"cells that are there {times} times" in told.found


def test_what_a_workbook_unpacks_to_may_be_exactly_the_limit(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [1])
    with zipfile.ZipFile(path) as parts:
        total = sum(info.file_size for info in parts.infolist())
    assert identify(path, Limits(unpacked_bytes=total)).format == "xlsx"
    with pytest.raises(UnreadableError) as one_more:
        identify(path, Limits(unpacked_bytes=total - 1))
    assert one_more.value.found == f"解压后 unpacked {total} 字节 bytes"
    assert one_more.value.expected == f"至多 at most {total - 1} 字节 bytes"


def test_the_limits_are_what_the_settings_say_they_are_by_default() -> None:
    assert Limits() == Limits(50_000_000, 200_000_000, 2_000_000, 5_000, 60, 2**30)


# --- texts and numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, LONGEST - 1, LONGEST])
def test_a_label_of_the_greatest_length_stays_whole(length: int) -> None:
    assert harmless("字" * length) == "字" * length
    assert quoted("字" * length) == "字" * length


def test_a_label_that_is_one_too_long_keeps_its_end_and_a_quotation_its_beginning() -> None:
    text = "甲" + "字" * (LONGEST - 1) + "乙"
    assert harmless(text) == "…" + "字" * (LONGEST - 2) + "乙"
    assert len(harmless(text)) == LONGEST
    assert quoted(text) == "甲" + "字" * (LONGEST - 2) + "…"
    assert len(quoted(text)) == LONGEST


def test_two_labels_of_one_name_are_told_apart_as_often_as_need_be() -> None:
    taken: set[str] = set()
    for wanted in ("d/a.xlsx", "d/a (2).xlsx", "d/a (3).xlsx"):
        label = distinct("d/a.xlsx", taken)
        assert label == wanted
        taken.add(label)
    assert distinct(".hidden", {".hidden"}) == ".hidden (2)"
    assert distinct("d.e/name", {"d.e/name"}) == "d.e/name (2)"


@pytest.mark.parametrize(("length", "kept"), [(LONGEST_SUFFIX, True), (LONGEST_SUFFIX + 1, False)])
def test_a_suffix_in_the_archive_is_no_longer_than_one_may_be(root: Root, length: int, kept: bool) -> None:  # noqa: FBT001
    suffix = "." + "x" * (length - 1)
    path = archived(root, "ab" * 32, f"a{suffix}")
    assert path == root.archive / "ab" / ("ab" * 32 + (suffix if kept else ""))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MOST_WHOLE - 1, "999999999999999"),
        (-(MOST_WHOLE - 1), "-999999999999999"),
        (MOST_WHOLE, "1000000000000000"),
        (123456789012345678, "123456789012346000"),
        (0.1 + 0.2, "0.3"),
        (1.5, "1.5"),
        (2.0, "2"),
        (-0.5, "-0.5"),
        (True, "是"),
        (False, "否"),
    ],
)
def test_a_number_keeps_the_fifteen_digits_that_a_spreadsheet_keeps(value: float, text: str) -> None:
    assert as_text(value) == text


def exact(said: str) -> str | None:
    (value,) = pl.select(number(pl.lit(said)).cast(pl.String)).to_series()
    return value


@pytest.mark.parametrize("said", ["9" * 15, "-" + "9" * 15, "+" + "9" * 15, "999,999,999,999,999"])
def test_fifteen_digits_before_the_point_are_a_number(said: str) -> None:
    whole = said.replace(",", "").lstrip("+")
    assert exact(said) == f"{whole}.{'0' * 12}"


@pytest.mark.parametrize(
    "said", ["9" * 16, "1,999,999,999,999,999", "0." + "1" * 13, "1,00", "1,0000", ",1", "1.2.3", "", ".", "1e3", "--1"]
)
def test_a_digit_more_than_is_kept_or_a_comma_in_a_wrong_place_is_no_number(said: str) -> None:
    assert exact(said) is None


@pytest.mark.parametrize("said", ["0." + "1" * 12, "7.", "0", "00012"])
def test_twelve_digits_behind_the_point_are_a_number(said: str) -> None:
    assert exact(said) is not None
    assert EXACT.scale == 12


STARTED = "started_on"


def day(said: str, epoch: date | None) -> date | None:
    dataset = BOOK.datasets["relocation_villages"]
    place = {"receipt": 1, "sheet": "表", "row": 2, "county_code": "140221", "period": "2017-12"}
    raw = pl.DataFrame([{**place, STARTED: said}])
    done, _ = converted(raw, dataset, {STARTED: 1}, epoch)
    value: date | None = done[STARTED][0]
    return value


@pytest.mark.parametrize(
    ("serial", "wanted"),
    [
        (FIRST_SERIAL - 1, None),
        (FIRST_SERIAL, date(1985, 12, 19)),
        (LAST_SERIAL, date(2100, 2, 19)),
        (LAST_SERIAL + 1, None),
        (43_100, date(2017, 12, 31)),
    ],
)
def test_a_serial_number_is_a_day_within_a_century_and_no_other_number_is(serial: int, wanted: date | None) -> None:
    assert day(str(serial), date(1899, 12, 30)) == wanted
    assert day(str(serial), None) is None


# --- headers -------------------------------------------------------------------------------------------------------

FINANCE = BOOK.datasets["finance"]
HEADERS = [indicator.header_zh for indicator in FINANCE.indicators]


@pytest.mark.parametrize(("titles", "seen"), [(ROWS_LOOKED_AT - 1, True), (ROWS_LOOKED_AT, False)])
def test_a_header_is_looked_for_in_so_many_rows(titles: int, seen: bool) -> None:  # noqa: FBT001
    rows: list[list[str | None]] = [["某表"], *([[None]] * (titles - 1)), [*HEADERS], ["1"] * len(HEADERS)]
    header = find_header(Table("表", rows), FINANCE)
    assert (header is not None) == seen
    if header:
        assert header.top == titles


@pytest.mark.parametrize(("named", "seen"), [(MOST_NAMED, True), (MOST_NAMED + 1, False)])
def test_a_row_of_more_names_than_any_form_has_is_no_header(named: int, seen: bool) -> None:  # noqa: FBT001
    others: list[str | None] = [f"其他{n}" for n in range(named - len(HEADERS))]
    header = find_header(Table("表", [["题"], [*HEADERS, *others], ["1"] * named]), FINANCE)
    assert (header is not None and header.top == 1) == seen


# --- processes -----------------------------------------------------------------------------------------------------


def files(folder: Path, *sizes: int) -> list[Any]:
    folder.mkdir()
    made = []
    for receipt, size in enumerate(sizes, start=1):
        path = folder / f"{receipt}.csv"
        path.write_bytes(b"0" * size)
        made.append(receipt_of(path, receipt))
    return made


def parts(received: list[Any]) -> list[list[int]]:
    return [[one.receipt.receipt for one in part] for part in reader_pool._parts(received)]


@pytest.mark.parametrize(
    ("processors", "count", "wanted"),
    [
        (1, 0, []),
        (1, 1, [[1]]),
        (1, 3, [[1, 2, 3]]),
        (2, 3, [[1, 2], [3]]),
        (2, 4, [[1, 2], [3, 4]]),
        (4, 2, [[1], [2]]),
        (3, 7, [[1, 2, 3], [4, 5, 6], [7]]),
    ],
)
def test_files_are_shared_out_evenly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int, count: int, wanted: list[list[int]]
) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: processors)
    assert parts(files(tmp_path / "in", *[1] * count)) == wanted


@pytest.mark.parametrize(("count", "wanted"), [(4, [4]), (5, [3, 2]), (8, [4, 4]), (9, [3, 3, 3])])
def test_a_part_has_at_most_so_many_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, wanted: list[int]
) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    monkeypatch.setattr(reader_pool, "FILES", 4)
    assert [len(part) for part in parts(files(tmp_path / "in", *[1] * count))] == wanted


def test_a_part_has_at_most_so_many_bytes_but_always_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    monkeypatch.setattr(reader_pool, "BYTES", 10)
    assert parts(files(tmp_path / "in", 4, 6, 1, 11, 5, 5)) == [[1, 2], [3], [4], [5, 6]]


@pytest.mark.parametrize(
    ("error", "of_limits"), [(None, True), ("Traceback: MemoryError", True), ("Traceback: KeyError", False)]
)
def test_a_child_that_failed_without_a_word_or_for_memory_was_at_a_limit(error: str | None, of_limits: bool) -> None:  # noqa: FBT001
    assert Failure(1, error).of_limits == of_limits


def todo(tmp_path: Path, *left: list[Any]) -> ReaderQueue:
    return ReaderQueue(deque(left), Limits(), {}, tmp_path)


def said(todo: ReaderQueue, part: list[Any], failure: Failure) -> tuple[list[str], list[list[int]]]:
    """What is found of the file, and what is left to be read."""
    readings = reader_pool._failed(todo, part, failure)
    findings = [finding.found for reading in readings for finding in reading.findings]
    return findings, [[one.receipt.receipt for one in left] for left in todo.parts]


def test_the_file_in_hand_is_to_blame_and_the_others_are_read_again(tmp_path: Path) -> None:
    part = files(tmp_path / "in", 1, 1, 1)
    assert said(todo(tmp_path), part, Failure(2, "KeyError")) == ([reader_pool.NOT_READ], [[1], [3]])
    assert said(todo(tmp_path), part, Failure(1, None)) == ([reader_pool.TOO_MUCH], [[2, 3]])
    assert said(todo(tmp_path), part, Failure(3, None)) == ([reader_pool.TOO_MUCH], [[1, 2]])


def test_a_file_whose_reader_was_killed_is_read_once_more_alone_and_then_no_more(tmp_path: Path) -> None:
    part = files(tmp_path / "in", 1, 1)
    left = todo(tmp_path)
    assert said(left, part, Failure(1, None, died=True)) == ([], [[2], [1]])
    assert said(left, part[:1], Failure(1, None, died=True)) == ([reader_pool.TOO_MUCH], [[2], [1]])
    assert said(left, part[1:], Failure(2, None, died=True)) == ([], [[2], [1], [2]])


def test_where_no_file_is_to_blame_halves_are_read_until_one_is_left(tmp_path: Path) -> None:
    part = files(tmp_path / "in", *[1] * 5)
    assert said(todo(tmp_path), part, Failure(None, "KeyError")) == ([], [[1, 2], [3, 4, 5]])
    assert said(todo(tmp_path), part[:2], Failure(None, "KeyError")) == ([], [[1], [2]])
    assert said(todo(tmp_path), part[:1], Failure(None, "KeyError")) == ([reader_pool.NOT_READ], [])


def test_parts_are_taken_one_by_one_each_with_a_folder_of_its_own(tmp_path: Path) -> None:
    one, two = files(tmp_path / "in", 1, 1)
    left = todo(tmp_path, [one], [two])
    first, second = left.take(), left.take()
    assert first is not None
    assert second is not None
    assert (first[0], second[0]) == ([one], [two])
    assert first[1] != second[1]
    assert left.take() is None
    left.give_back([], [two])
    third = left.take()
    assert third is not None
    assert third[1] not in (first[1], second[1])


# --- settings ------------------------------------------------------------------------------------------------------


def test_every_limit_is_a_setting_with_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().limits == Limits()
    assert Settings().patience == SettleTimes()
    values = {
        "MAX_FILE_BYTES": 1, "MAX_UNPACKED_BYTES": 2, "MAX_SHEET_CELLS": 3, "MAX_ARCHIVE_MEMBERS": 4,
        "MAX_READ_SECONDS": 5, "MAX_READ_MEMORY_BYTES": 6, "SETTLE_SECONDS": 7, "STALE_LOCK_HOURS": 8,
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"XIANBAO_{name}", str(value))
    assert load_settings().limits == Limits(1, 2, 3, 4, 5, 6)
    assert load_settings().patience == SettleTimes(7, 8)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("MAX_READ_SECONDS", "0.001"),
        ("MAX_READ_MEMORY_BYTES", "1"),
        ("SETTLE_SECONDS", "0"),
        ("STALE_LOCK_HOURS", "0"),
        ("KEEP_DAYS", "0"),
    ],
)
def test_the_least_value_of_a_setting_is_taken_and_one_below_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, least: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"XIANBAO_{name}", least)
    load_settings()
    below = "0" if name.startswith("MAX") else "-0.001"
    monkeypatch.setenv(f"XIANBAO_{name}", below)
    with pytest.raises(PermanentError, match=name.lower()):
        load_settings()


@pytest.mark.parametrize("length", [0, LONGEST_BESIDE, LONGEST_BESIDE + 1, 2 * LONGEST_BESIDE])
def test_what_stands_beside_a_table_is_said_up_to_a_length(length: int) -> None:
    text = "".join(str(n % 10) for n in range(length))
    said = unread_cells._short(text)
    assert len(said) <= LONGEST_BESIDE
    assert said == (text if length <= LONGEST_BESIDE else text[: LONGEST_BESIDE - 1] + "…")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([4], "4"), ([1, 2, 3, 7], "1-3, 7"), ([7, 2, 1], "1-2, 7"), ([1, 3, 5, 6], "1, 3, 5-6")],
)
def test_rows_are_named_as_ranges(numbers: list[int], said: str) -> None:
    assert ", ".join(unread_cells._ranges(numbers)) == said
