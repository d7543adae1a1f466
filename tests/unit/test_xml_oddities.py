"""Workbooks and texts that readers take otherwise than they are meant, without a word: refused, or read as meant."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from tests.builders import cover, finance, sheet, write_book
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables

SHEET = "xl/worksheets/sheet2.xml"
Change = Callable[[bytes], bytes]
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A good workbook; its second sheet has the number 7 in B2."""
    return write_book(tmp_path / "good.xlsx", {"封面": cover(), "金融扶贫": sheet("finance", finance(7))})


def changed(book: Path, change: Change, part: str = SHEET, *more: tuple[str, bytes]) -> Path:
    """The workbook with one part changed and others added."""
    other = book.with_name("changed.xlsx")
    with zipfile.ZipFile(book) as parts, zipfile.ZipFile(other, "w") as made:
        for name in parts.namelist():
            data = parts.read(name)
            made.writestr(name, change(data) if name == part else data)
        for name, data in more:
            made.writestr(name, data)
    return other


def put(old: bytes, new: bytes) -> Change:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


def refused(path: Path) -> str:
    with pytest.raises(UnreadableError) as caught:
        read_tables(path, Limits())
    assert caught.value.expected
    return caught.value.found


def as_(text: bytes) -> Change:
    """The number 7 of the second sheet written otherwise."""
    return put(b"<v>7</v>", b"<v>" + text + b"</v>")


@pytest.mark.parametrize(
    "text", [b"7<!-- -->1", b"<![CDATA[7]]>", b"7<?x y?>1", b"&#55;", b"7&#49;", b"7&nbsp;1", b"<!---->7"]
)
def test_numbers_that_are_more_than_digits_are_refused(book: Path, text: bytes) -> None:
    """Calamine takes the first piece of them, or nothing."""
    assert "a sheet with" in refused(changed(book, as_(text)))


def test_references_in_texts_are_read(book: Path) -> None:
    inline = put(b'<c r="B2" t="n"><v>7</v></c>', b'<c r="B2" t="str"><f>A1&amp;B1</f><v>a&amp;b&#49;</v></c>')
    assert read_tables(changed(book, inline), Limits())[1].rows[1][1] == "a&b1"


ERROR = b'<c r="B2" t="e"><v>#REF!</v></c>'


def test_an_error_cell_is_one_whatever_its_prefix(book: Path) -> None:
    def prefixed(data: bytes) -> bytes:
        data = put(b'<c r="B2" t="n"><v>7</v></c>', ERROR)(data).replace(b" xmlns=", b" xmlns:a-b=")
        return re.sub(rb"<(/?)(?=[A-Za-z])", rb"<\1a-b:", data)

    assert read_tables(changed(book, prefixed), Limits())[1].rows[1][1] == "#REF!"


def test_an_error_cell_stands_where_it_says(book: Path) -> None:
    far = put(b'<c r="B2" t="n"><v>7</v></c>', ERROR.replace(b"B2", b"B4"))
    rows = read_tables(changed(book, far), Limits())[1].rows
    assert (rows[1][1], rows[3][1]) == (None, "#REF!")


def test_a_sign_in_an_attribute_hides_nothing(book: Path) -> None:
    hidden = put(b'<c r="B2" t="n"><v>7</v></c>', b'<c x=">" r="B2" t="e"><v>#REF!</v></c>')
    assert "within an attribute" in refused(changed(book, hidden))
    assert read_tables(changed(book, put(b"<v>7</v>", b"<f>IF(C2>D2,7,8)</f><v>7</v>")), Limits())[1].rows[1][1] == "7"


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_parts_in_utf_16_or_with_a_document_type_are_refused(book: Path, part: str) -> None:
    """Calamine takes a sheet in UTF-16 for a blank one."""
    assert "UTF-16" in refused(changed(book, lambda data: data.decode().encode("utf-16"), part))
    assert "document type" in refused(changed(book, lambda data: b"<!DOCTYPE a>" + data, part))


@pytest.mark.parametrize("name", [SHEET, SHEET.upper(), SHEET.replace("/", "\\")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_parts_of_one_name_are_refused(book: Path, name: str) -> None:
    assert "two parts of one name" in refused(changed(book, bytes, SHEET, (name, b"<sheetData/>")))


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, lambda data: data.replace(b"sheetData", b"sheetDatum")),
        ("xl/_rels/workbook.xml.rels", put(f"{RELATIONS}/worksheet".encode(), f"{RELATIONS}/chartsheet".encode())),
        ("xl/workbook.xml", lambda data: re.sub(rb"<sheet [^>]*id=\"rId2\"[^>]*/>", b"", data)),
        ("xl/workbook.xml", put(b"</sheets>", b'<sheet name="x" sheetId="9" r:id="rId2"/>' * 3000 + b"</sheets>")),
        ("xl/workbook.xml", put("金融扶贫".encode(), "封面".encode())),
    ],
    ids=["no cells", "a chart", "not named", "named 3,000 times", "named alike"],
)  # fmt: skip
def test_sheets_that_are_not_the_parts_are_refused(book: Path, part: str, change: Change) -> None:
    changed(book, change, part)
    assert "sheets" in refused(book.with_name("changed.xlsx"))


def test_two_sets_of_cells_are_refused(book: Path) -> None:
    twice = put(b"</sheetData>", b'</sheetData><sheetData><row r="9"><c r="A9"><v>1</v></c></row></sheetData>')
    assert "two sets" in refused(changed(book, twice))


def test_a_part_with_another_check_sum_is_refused(book: Path) -> None:
    data = bytearray(changed(book, bytes).read_bytes())
    data[data.find(b"<v>7</v>") + 3] += 1  # the part is stored as it is
    book.write_bytes(data)
    assert "check sum" in refused(book)


def test_a_name_in_no_encoding_is_refused(book: Path) -> None:
    data = changed(book, bytes, SHEET, ("xl/天", b"")).read_bytes()
    book.write_bytes(data.replace("xl/天".encode(), b"xl/\xff\xff\xff"))
    assert "damaged" in refused(book)


@pytest.mark.parametrize("column", [b"XFE", b"ZZZ"])
def test_columns_beyond_a_spreadsheets_are_refused(book: Path, column: bytes) -> None:
    assert "reaches to" in refused(changed(book, put(b'r="B2"', b'r="' + column + b'2"')))


def test_counts_for_which_there_is_no_room_are_refused(tmp_path: Path) -> None:
    """Calamine makes room for as many strings as a part says that it has, and aborts."""
    with xlsxwriter.Workbook(tmp_path / "good.xlsx") as made:
        made.add_worksheet("表").write(0, 0, "a")
    large = re.compile(rb'uniqueCount="1"')
    found = changed(
        tmp_path / "good.xlsx", lambda d: large.sub(b'uniqueCount="9223372036854775807"', d), "xl/sharedStrings.xml"
    )
    assert "millions" in refused(found)


@pytest.mark.parametrize("form", ["0.0%", '0.00%" 左右"', "0%"])
def test_percents_whose_formats_were_lost_are_refused(tmp_path: Path, form: str) -> None:
    """0.107 that showed 10.7% would be read as 0.107."""
    with xlsxwriter.Workbook(tmp_path / "good.xlsx") as made:
        made.add_worksheet("表").write(0, 0, 0.107, made.add_format({"num_format": form}))
    assert read_tables(tmp_path / "good.xlsx", Limits())[0].rows[0][0] == "10.7%"
    styles = "xl/styles.xml"
    bare = changed(tmp_path / "good.xlsx", lambda data: data.replace(b"cellXfs", b"cellXf_"), styles)
    assert "formats" in refused(bare)
    if form != "0%":
        bare = changed(tmp_path / "good.xlsx", lambda data: re.sub(rb"<numFmts.*</numFmts>", b"", data), styles)
        assert "formats" in refused(bare)


# --- texts ---------------------------------------------------------------------------------------------------------


def text(folder: Path, data: bytes) -> Path:
    (folder / "a.csv").write_bytes(data)
    return folder / "a.csv"


def test_a_quote_that_is_left_open_is_refused(tmp_path: Path) -> None:
    """It would take the lines that follow into its cell."""
    assert ".csv" in refused(text(tmp_path, b'a,b\r\n1,"2\r\n3,4\r\n5,6\r\n'))
    whole = text(tmp_path, b'a,b\r\n1,"2,\r\n""3"""\r\n')
    assert read_tables(whole, Limits())[0].rows == [["a", "b"], ["1", '2, "3"']]


@pytest.mark.parametrize("end", [b"3", b"3,4", b"\xe5\xa4\xa9"])
def test_a_last_line_that_is_cut_off_is_refused(tmp_path: Path, end: bytes) -> None:
    assert "cut off" in refused(text(tmp_path, b"a,b,c\r\n1,2,3\r\n" + end))


@pytest.mark.parametrize("end", ["4,5,6", "4,5,6\r\n7", "填表人:张三", "注:金额为万元", "4\n"])
def test_a_last_line_may_have_no_end_or_fewer_fields(tmp_path: Path, end: str) -> None:
    data = f"a,b,c\r\n1,2,3\r\n{end}".encode()
    if end.endswith("7"):
        assert "cut off" in refused(text(tmp_path, data))
    else:
        assert len(read_tables(text(tmp_path, data), Limits())[0].rows) == 3


@pytest.mark.parametrize("odd", ["天镇县", "９％", "（贫困）", "注：—"])
def test_one_field_in_another_encoding_is_refused(tmp_path: Path, odd: str) -> None:
    """GB18030 would take it for other Chinese."""
    lines = "区划代码,村名,备注\r\n140222,某村,".encode("gb18030")
    assert "two encodings" in refused(text(tmp_path, lines + odd.encode() + b"\r\n"))
    assert read_tables(text(tmp_path, lines + odd.encode("gb18030") + b"\r\n"), Limits())[0].rows[1][2]


def test_wider_than_any_spreadsheet_is_refused(tmp_path: Path) -> None:
    assert "reaches to" in refused(text(tmp_path, b"1," * 20_000 + b"1\n"))
