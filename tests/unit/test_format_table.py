"""The table of formats holds of the files themselves: what each is known by, and which limits bound it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import xlwt

from tests.builders import write_book
from tests.packing import packed
from warehouse.intake.formats.identify import identify
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.registry import A_FILE, ARCHIVE, FORMATS, REFUSED, Bound, FileFormat, TableFormat
from warehouse.intake.formats.spreadsheetml import SPACE
from warehouse.intake.formats.zip_archive import zip_findings

CELLS = [["甲", "乙"], ["1", "2"]]
OASIS = "urn:oasis:names:tc:opendocument:xmlns"
ODS = (
    f'<o:document-content xmlns:o="{OASIS}:office:1.0" xmlns:t="{OASIS}:table:1.0" xmlns:x="{OASIS}:text:1.0">'
    "<o:body><o:spreadsheet><t:table t:name='表'>{}</t:table></o:spreadsheet></o:body></o:document-content>"
)


def xls(path: Path) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("表")
    for row, values in enumerate(CELLS):
        for column, value in enumerate(values):
            sheet.write(row, column, value)
    book.save(str(path))


def ods(path: Path) -> None:
    cell = '<t:table-cell o:value-type="string"><x:p>{}</x:p></t:table-cell>'
    rows = (f"<t:table-row>{''.join(map(cell.format, row))}</t:table-row>" for row in CELLS)
    packed(path, ("content.xml", ODS.replace("{}", "".join(rows)).encode()))


DATA = '<Cell><Data ss:Type="String">{}</Data></Cell>'

# A file of each format with the same cells.
WRITTEN: dict[str, Callable[[Path], object]] = {
    "xlsx": lambda path: write_book(path, {"表": CELLS}),
    "xls": xls,
    "ods": ods,
    "spreadsheetml": lambda path: path.write_text(
        f'<?xml version="1.0"?><Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}"><Worksheet ss:Name="表"><Table>'
        + "".join(f"<Row>{''.join(map(DATA.format, row))}</Row>" for row in CELLS)
        + "</Table></Worksheet></Workbook>",
        encoding="utf-8",
    ),
    "html": lambda path: path.write_text(
        f"<html><table>{''.join('<tr><td>' + '<td>'.join(row) + '</tr>' for row in CELLS)}</table></html>",
        encoding="utf-8",
    ),
    "text": lambda path: path.write_text("\n".join(map(",".join, CELLS)), encoding="utf-8"),
}


@pytest.fixture(params=WRITTEN)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(name: str, tmp_path: Path) -> Path:
    path = tmp_path / f"a{FORMATS[name].suffixes[0]}"
    WRITTEN[name](path)
    return path


def test_a_file_of_each_format_is_known_and_read(name: str, file: Path) -> None:
    for suffix in FORMATS[name].suffixes:
        file = file.rename(file.with_suffix(suffix))
        assert identify(file, Limits()).format == name
        assert [table.rows for table in read_tables(file, Limits())] == [CELLS]


def test_what_its_content_tells_is_known_whatever_it_is_called(name: str, file: Path) -> None:
    other = file.rename(file.with_suffix(".xyz"))
    if FORMATS[name].magic:
        assert identify(other, Limits()).format == name
    else:
        with pytest.raises(UnreadableError, match="another kind"):
            identify(other, Limits())


@pytest.mark.parametrize("bound", get_args(Bound))
def test_a_format_has_just_the_limits_that_the_table_names(name: str, file: Path, bound: Bound) -> None:
    limits = replace(Limits(), **{bound: 1})
    if bound in FORMATS[name].limits:
        with pytest.raises(UnreadableError) as caught:
            read_tables(file, limits)
        assert "at most 1 " in caught.value.expected
    else:
        assert [table.rows for table in read_tables(file, limits)] == [CELLS]


@pytest.mark.parametrize("bound", get_args(Bound))
def test_an_archive_has_just_the_limits_that_the_table_names(tmp_path: Path, bound: Bound) -> None:
    archive = packed(tmp_path / "a.zip", ("a.csv", b"1,2"), ("b.csv", b"1,2"))
    limits = replace(Limits(), **{bound: 1})
    if bound in ARCHIVE.limits:
        with pytest.raises(UnreadableError, match="at most 1"):
            zip_findings(archive, limits)
    else:
        assert zip_findings(archive, limits) == []


@pytest.mark.parametrize("kind", REFUSED, ids=lambda kind: kind.suffixes[0])
def test_what_is_refused_by_name_is_to_be_saved_anew(tmp_path: Path, kind: FileFormat) -> None:
    path = tmp_path / f"a{kind.suffixes[0]}"
    with zipfile.ZipFile(path, "w") as made:
        for part in kind.parts:
            made.writestr(part, b"x")
    with pytest.raises(UnreadableError) as caught:
        identify(path, Limits())
    assert caught.value.found == f"{kind.label_zh}({path.suffix}) a {kind.label_en}"
    assert ".xlsx" in caught.value.expected


def test_no_suffix_is_of_two_kinds_and_what_is_wanted_names_each_format() -> None:
    suffixes = [suffix for kind in (*FORMATS.values(), ARCHIVE, *REFUSED) for suffix in kind.suffixes]
    assert len(suffixes) == len(set(suffixes))
    assert all(kind.suffixes[0] in A_FILE for kind in (*FORMATS.values(), ARCHIVE))


def test_a_format_of_its_own_beginning_is_known_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = TableFormat("列存文件", "columnar file", (".col",), b"COL1", (), ("cells",), FORMATS["text"].read)
    monkeypatch.setattr("warehouse.intake.formats.identify.FORMATS", {"text": FORMATS["text"], "columns": columns})
    for name, data, known in (("a.xyz", b"COL1 and more", "columns"), ("a.csv", b"COL", "text")):
        (tmp_path / name).write_bytes(data)
        assert identify(tmp_path / name, Limits()).format == known
    (tmp_path / "a.col").write_bytes(b"something else")
    with pytest.raises(UnreadableError, match="another kind"):
        identify(tmp_path / "a.col", Limits())
