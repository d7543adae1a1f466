"""Every limit on what is read, at its edge: what is exactly as large passes, what is one larger is refused and told."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwt

from tests.builders import receipt_of
from tests.packing import packed
from warehouse.intake.formats import zip_archive
from warehouse.intake.formats.identify import identify
from warehouse.intake.formats.preflight import MOST_COLUMNS, Limits, UnreadableError, check_extent, too_large
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.zip_archive import (
    ENTRIES_PER_MEMBER,
    MOST_REFUSED,
    Member,
    RefusedMember,
    is_archive,
    unpack,
    zip_findings,
)
from warehouse.intake.submission import read_submission


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


def test_an_archive_may_grow_exactly_so_many_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of an archive for ever is bounded by what was sent."""
    monkeypatch.setattr(zip_archive, "SMALL", 1000)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", b"1,2\n" * 5_000)
    times = 20_000 // path.stat().st_size
    assert times > 50
    assert names(found_in(path, Limits(archive_growth=times + 1))) == ["a.csv"]
    with pytest.raises(UnreadableError, match="times its size"):
        found_in(path, Limits(archive_growth=times))
    monkeypatch.setattr(zip_archive, "SMALL", 20_000)
    assert names(found_in(path, Limits(archive_growth=1))) == ["a.csv"], "little may grow as it likes"


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


# --- returns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notes", [0, 2])
def test_a_file_has_so_many_returns_and_notes_at_the_most(tmp_path: Path, notes: int) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "金融扶贫"
    for line in (["区划代码", "报告期", "贷款户数(户)"], *(["140221", f"2017-{month:02d}", 1] for month in (1, 2, 3))):
        sheet.append(line)
    said = book.create_sheet("填报说明")
    for line in (["报表", "指标", "规则", "说明"], *([["金融扶贫", "", "", "因为"]] * notes)):
        said.append(line)
    book.save(tmp_path / "a.xlsx")
    one = receipt_of(tmp_path / "a.xlsx")
    assert len(read_submission(one, Limits(returns=3 + notes)).return_headers) == 3
    refused = read_submission(one, Limits(returns=2 + notes))
    assert (refused.return_headers, refused.sheets, refused.notes) == ([], [], [])
    (finding,) = refused.findings
    assert (finding.rule, finding.found) == (
        "over_limit", f"超过 more than {2 + notes} 张报表和答复 returns and notes",
    )  # fmt: skip
