"""Files of each format, as tables: what their cells say, also where a reader of values would not tell it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.builders import write_book
from warehouse.intake.formats.delimited import decode
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Row, Table

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def only(path: Path, limits: Limits | None = None) -> Table:
    (table,) = read_tables(path, limits or Limits())
    return table


def spreadsheet(path: Path, **cells: Any) -> Path:
    """A workbook with these cells; a value with a format is a pair."""
    book = openpyxl.Workbook()
    for address, value in cells.items():
        given, code = value if isinstance(value, tuple) else (value, None)
        book.active[address] = given
        if code:
            book.active[address].number_format = code
    book.save(path)
    return path


# --- .xlsx ---------------------------------------------------------------------------------------------------------


def test_percents_are_read_as_they_are_shown(tmp_path: Path) -> None:
    path = spreadsheet(
        tmp_path / "a.xlsx", A1=(0.107, "0.0%"), B1=0.107, C1=(0.1, "0%"), D1=("文字", "0%"), E1=(1, "0.00%")
    )
    assert only(path).rows == [["10.7%", "0.107", "10%", "文字", "100%"]]


def test_a_format_of_ones_own_with_percent(tmp_path: Path) -> None:
    assert only(spreadsheet(tmp_path / "a.xlsx", A1=(0.0025, "0.000%;[Red]-0.000%"))).rows == [["0.25%"]]


@pytest.mark.parametrize("code", ['0.00"%"', "0.00\\%"])
def test_a_percent_sign_that_is_only_written_behind_multiplies_nothing(tmp_path: Path, code: str) -> None:
    assert only(spreadsheet(tmp_path / "a.xlsx", A1=(10.7, code))).rows == [["10.7%"]]


def test_a_workbook_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    path = spreadsheet(tmp_path / "a.xlsx", A1=1)
    assert only(path.rename(tmp_path / "a.xls")).rows == [["1"]]


def test_formulas_with_a_value_are_their_value_and_without_one_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("表")
        sheet.write_formula("A1", "=1+1", value=2)
        sheet.write_formula("B1", '=""', value="")
        sheet.write_formula("C1", "=1/0", value="#DIV/0!")
    assert only(path).rows[0][0] == "2"
    assert only(path).rows[0][2] == "#DIV/0!"
    assert only(spreadsheet(tmp_path / "b.xlsx", A1="=1+1", B1=5)).rows == [["=1+1", "5"]]


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_error_cells_are_said(tmp_path: Path, error: str) -> None:
    assert only(spreadsheet(tmp_path / "a.xlsx", A1="x", B2=error)).rows == [["x", None], [None, error]]


def test_hidden_rows_merged_cells_and_the_epoch(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet["A1"], sheet["A2"], sheet["A3"] = "标题", date(2017, 12, 31), 41638
    sheet.merge_cells("A1:C1")
    sheet.row_dimensions[2].hidden = True
    book.save(tmp_path / "a.xlsx")
    table = only(tmp_path / "a.xlsx")
    assert [row[0] for row in table.rows] == ["标题", "2017-12-31", "41638"]
    assert (table.merged, table.hidden, table.epoch) == (((0, 0, 0, 2),), {1}, EPOCH_1904)
    assert only(spreadsheet(tmp_path / "b.xlsx", A1=1)).epoch == EPOCH_1900


def test_a_hidden_sheet_is_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = 1
    book.create_sheet("藏").sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    assert [t.visible for t in read_tables(tmp_path / "a.xlsx", Limits())] == [True, False]


def test_borders_down_to_the_last_row_are_no_cells(tmp_path: Path) -> None:
    def bordered(cell: str) -> Path:
        rows = "".join(f'<row r="{at}">{cell.format(f"A{at}")}{cell.format(f"H{at}")}</row>' for at in (3, 1_048_576))
        return repacked(tmp_path, "xl/worksheets/sheet1.xml", b"</sheetData>", f"{rows}</sheetData>".encode())

    for blank in ('<c r="{}" s="1"/>', '<c r="{}" s="1" ></c>', "<c r='{}' s='0' t='n' />"):
        assert only(bordered(blank)).rows == [["甲", "乙"], ["1", "2"]]
    for filled in (
        '<c r="{}"><v>1</v></c>',
        '<c r="{}"><f>1+1</f></c>',
        "<c s='1'/>" * 3 + '<c r="{}" t="b"><v>1</v></c>',
    ):
        with pytest.raises(UnreadableError, match="过大的工作表"):
            read_tables(bordered(filled), Limits())


def repacked(folder: Path, part: str, old: bytes, new: bytes, names: Callable[[str], str] = str) -> Path:
    """A workbook with a part changed, its parts under other names."""
    write_book(folder / "plain.xlsx", {"表": [["甲", "乙"], [1, 2]]})
    with zipfile.ZipFile(folder / "plain.xlsx") as own, zipfile.ZipFile(folder / "a.xlsx", "w") as made:
        for name in own.namelist():
            data = own.read(name)
            made.writestr(names(name), data.replace(old, new) if name == part else data)
    return folder / "a.xlsx"


def test_the_strokes_in_the_names_of_parts_may_go_either_way(tmp_path: Path) -> None:
    path = repacked(tmp_path, "", b"", b"", lambda name: name.replace("/", "\\"))
    assert only(path).rows == [["甲", "乙"], ["1", "2"]]
    error = b'<c r="B3" t="e"><v>#REF!</v></c></row></sheetData>'
    path = repacked(
        tmp_path, "xl/worksheets/sheet1.xml", b"</row></sheetData>", error, lambda name: name.replace("/", "\\")
    )
    assert only(path).rows[2] == [None, "#REF!"]


@pytest.mark.parametrize("book", ["workbook2", "book"])
def test_the_book_itself_may_be_another_part(tmp_path: Path, book: str) -> None:
    path = repacked(
        tmp_path, "_rels/.rels", b"xl/workbook.xml", f"xl/{book}.xml".encode(),
        lambda name: name.replace("xl/workbook.xml", f"xl/{book}.xml").replace("workbook.xml.rels", f"{book}.xml.rels"),
    )  # fmt: skip
    assert only(path).rows == [["甲", "乙"], ["1", "2"]]


@pytest.mark.parametrize("target", ["xl/nothing.xml", "docProps/core.xml", "../../etc/passwd", ""])
def test_a_book_that_is_nowhere_is_refused(tmp_path: Path, target: str) -> None:
    path = repacked(
        tmp_path, "_rels/.rels", b"xl/workbook.xml", target.encode(), lambda n: n.replace("xl/workbook.xml", "xl/w.xml")
    )
    with pytest.raises(UnreadableError):
        read_tables(path, Limits())


def test_an_excel_4_macro_sheet_is_named(tmp_path: Path) -> None:
    path = repacked(tmp_path, "", b"", b"")
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("xl/macrosheets/sheet1.xml", "<xm:macrosheet><sheetData/></xm:macrosheet>")
    with pytest.raises(UnreadableError, match="an Excel 4 macro sheet"):
        read_tables(path, Limits())


# --- .xls ----------------------------------------------------------------------------------------------------------


def test_an_old_workbook(tmp_path: Path) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("金融")
    sheet.write_merge(0, 0, 0, 2, "标题")
    sheet.write(1, 0, "00123")
    sheet.write(1, 1, 0.107, xlwt.easyxf(num_format_str="0.0%"))
    sheet.write(1, 2, date(2017, 12, 31), xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    sheet.write(2, 0, xlwt.Formula("1+1"))
    sheet.row(3).set_cell_error(0, "#REF!")
    sheet.row(3).set_cell_boolean(1, True)  # noqa: FBT003
    sheet.row(3).hidden = True
    book.save(str(tmp_path / "a.xls"))
    table = only(tmp_path / "a.xls")
    assert table.rows == [
        ["标题", None, None], ["00123", "10.7%", "2017-12-31"], ["=?", None, None], ["#REF!", "是", None],
    ]  # fmt: skip
    assert (table.sheet, table.merged, table.hidden, table.epoch) == ("金融", ((0, 0, 0, 2),), {3}, EPOCH_1900)


@pytest.mark.parametrize(
    ("formula", "text"), [('IF(A1="","",A1)', None), ('A1&""', None), ("A1+1", "=?"), ('IF(A1="x",1,2)', "=?")]
)
def test_a_blank_result_of_an_old_workbook_is_a_blank_where_the_formula_may_give_one(
    tmp_path: Path, formula: str, text: str | None
) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    book.add_sheet("空").write(0, 0, "=?")
    book.add_sheet("金融").write(1, 1, xlwt.Formula(formula))
    book.save(str(tmp_path / "a.xls"))
    first, second = read_tables(tmp_path / "a.xls", Limits())
    assert (first.rows, second.rows[1]) == ([["=?"]], [None, text])


def test_an_old_workbook_too_large_or_damaged(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("a").write(60_000, 200, 1)
    book.save(str(tmp_path / "a.xls"))
    with pytest.raises(UnreadableError, match="row 60001"):
        read_tables(tmp_path / "a.xls", Limits())
    data = (tmp_path / "a.xls").read_bytes()
    (tmp_path / "b.xls").write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableError):
        read_tables(tmp_path / "b.xls", Limits())


# --- .ods ----------------------------------------------------------------------------------------------------------


def document(folder: Path, rows: str, declared: str = "") -> Path:
    """An OpenDocument file whose one sheet has these rows, in XML."""
    path = folder / "a.ods"
    content = f"<office:document-content {SPACES} {CALC}><office:body><office:spreadsheet><table:table table:name='表'>"
    content = declared + content + rows + "</table:table></office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", content)
    return path


def row(*cells: str, **more: str) -> str:
    attributes = "".join(f" table:{name.replace('_', '-')}='{value}'" for name, value in more.items())
    return f"<table:table-row{attributes}>{''.join(cells)}</table:table-row>"


def cell(kind: str, shown: str = "", **more: str) -> str:
    attributes = "".join(f" {name.replace('__', ':').replace('_', '-')}='{value}'" for name, value in more.items())
    return f"<table:table-cell office:value-type='{kind}'{attributes}><text:p>{shown}</text:p></table:table-cell>"


BLANK = "<table:table-cell/>"


def test_an_open_document(tmp_path: Path) -> None:
    path = document(
        tmp_path,
        row(cell("string", "标题", table__number_columns_spanned="2"), "<table:covered-table-cell/>")
        + row(cell("percentage", "10.7%", office__value="0.107"), cell("float", "1,234", office__value="1234"))
        + row(cell("date", "x", office__date_value="2017-12-31"), cell("boolean", "真", office__boolean_value="true"))
        + row(cell("string", "#REF!", calcext__value_type="error"), "<table:table-cell table:formula='of:=A1'/>"),
    )
    table = only(path)
    assert table.rows == [
        ["标题", None], ["10.7%", "1234"], ["2017-12-31", "是"], ["#REF!", "=A1"],
    ]  # fmt: skip
    assert table.merged == ((0, 0, 0, 1),)


def test_what_repeats_in_an_open_document(tmp_path: Path) -> None:
    again = "<table:table-cell table:number-columns-repeated='16384'/>"
    twice = cell("float", "7", office__value="7", table__number_columns_repeated="2")
    path = document(
        tmp_path,
        row(twice, again) + row(again, number_rows_repeated="3") + row(BLANK, twice, number_rows_repeated="2")
        + row(again, number_rows_repeated="1048570"),
    )  # fmt: skip
    seven: Row = ["7", "7", None]
    assert only(path).rows == [seven, *([[None, None, None]] * 3), *([[None, "7", "7"]] * 2)]


@pytest.mark.parametrize(
    "rows",
    [
        row(
            cell("float", "7", office__value="7", table__number_columns_repeated="16384"),
            number_rows_repeated="1048576",
        ),
        row(cell("float", "7", office__value="7", table__number_columns_repeated="1000000000")),
        row(BLANK, number_rows_repeated="1000000000") + row(cell("float", "7", office__value="7")),
    ],
)
def test_an_open_document_that_would_grow_without_end_is_refused(tmp_path: Path, rows: str) -> None:
    with pytest.raises(UnreadableError, match="at most"):
        read_tables(document(tmp_path, rows), Limits())


@pytest.mark.parametrize("entity", ['"9"', 'SYSTEM "file:///etc/hostname"', 'SYSTEM "http://127.0.0.1:9/a"'])
def test_an_open_document_that_declares_an_entity_is_refused_before_it_is_used(tmp_path: Path, entity: str) -> None:
    path = document(tmp_path, row(cell("string", "9")), f"<!DOCTYPE a [<!ENTITY b {entity}>]>")
    with pytest.raises(UnreadableError, match="声明实体的工作簿 a workbook that declares entities"):
        read_tables(path, Limits())


# --- text ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le-bom"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_in_any_encoding_and_with_any_separator(tmp_path: Path, encoding: str, separator: str) -> None:
    text = (
        separator.join(["区划代码", "小额信贷投放(万元)"]) + "\r\n" + separator.join(["140222", '"1,234.5"']) + "\r\n"
    )
    data = "\ufeff".encode("utf-16-le") + text.encode("utf-16-le") if "bom" in encoding else text.encode(encoding)
    (tmp_path / "a.csv").write_bytes(data)
    assert only(tmp_path / "a.csv").rows == [["区划代码", "小额信贷投放(万元)"], ["140222", "1,234.5"]]


def test_the_separator_is_what_lines_have_equally_often(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("甲;乙;丙\n1,234,567;2,345,678;3\n1;2,345;3\n", encoding="utf-8")
    assert only(tmp_path / "a.csv").rows[1] == ["1,234,567", "2,345,678", "3"]


def test_text_in_two_encodings_is_refused() -> None:
    with pytest.raises(UnreadableError, match="two encodings"):
        decode("区划代码,县名\n".encode() + "140222,天镇县\n".encode("gb18030"))
    assert decode("联通,区划代码".encode("gb18030")) == "联通,区划代码"


def test_a_text_of_a_million_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a," * 1_000_000 + "\n" + "1," * 1_000_000 + "\n1,1,1\n")
    with pytest.raises(UnreadableError, match="row 3"):
        only(tmp_path / "a.csv")


# --- signs that nobody sees ----------------------------------------------------------------------------------------


def test_signs_that_nobody_sees_are_taken_out_and_told_where_they_were(tmp_path: Path) -> None:
    typed = {"A1": "甲\u200b", "B1": "\u202d60\u202c", "A2": "\ufeff161", "B2": "1\u00ad2", "C2": "\u2060"}
    table = only(spreadsheet(tmp_path / "a.xlsx", **typed))
    assert (table.rows, table.unseen) == ([["甲", "60", None], ["161", "12", None]], "A1")
    assert only(spreadsheet(tmp_path / "b.xlsx", A1="甲\u3000乙 丙")).unseen is None
