"""What systems export and call .xls: web pages, the XML of Excel 2003, texts with tabs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import BOOK, TIANZHEN, finance, read_file, sheet
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.read import read_tables
from warehouse.intake.formats.spreadsheetml import SPACE
from warehouse.intake.formats.table import EPOCH_1904, Row

HEADERS, NUMBERS = sheet("finance", finance())
LINES = [["区划代码", "报告期", *HEADERS], [TIANZHEN, "2017-12", *map(str, NUMBERS)]]
ROWS = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in LINES)
PAGE = f"<html><head><meta charset=gb2312><style>td {{x: 1}}</style></head><body><table border=1>{ROWS}</table></html>"
DATA = '<Cell><Data ss:Type="String">{}</Data></Cell>'


def book(body: str, before: str = "") -> str:
    return f'<?xml version="1.0"?>{before}<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}">{body}</Workbook>'


def worksheet(rows: str, about: str = "") -> str:
    return f'<Worksheet ss:Name="金融扶贫"><Table>{rows}</Table>{about}</Worksheet>'


XML = book(worksheet("".join(f"<Row>{''.join(map(DATA.format, line))}</Row>" for line in LINES)))
TABS = "".join("\t".join(line) + "\n" for line in LINES)


def cells(path: Path, text: str, encoding: str = "utf-8") -> list[list[Row]]:
    path.write_text(text, encoding=encoding)
    return [table.rows for table in read_tables(path, Limits())]


@pytest.mark.parametrize("suffix", [".xls", ".xlsx"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (PAGE, "gb18030"), (PAGE, "utf-8"), (PAGE, "utf-8-sig"), (PAGE, "utf-16"), (f"<table>\n {ROWS}", "utf-8"),
        (XML, "utf-8"), (XML, "utf-8-sig"), (TABS, "gb18030"), (TABS, "utf-16"), (TABS.replace("\t", ","), "utf-8"),
    ],
)  # fmt: skip
def test_what_is_called_a_workbook_and_is_none_is_read_as_what_it_is(
    tmp_path: Path, text: str, encoding: str, suffix: str
) -> None:
    path = tmp_path / f"金融扶贫{suffix}"
    path.write_text(text, encoding=encoding)
    read = read_file(path)
    assert read.findings == []
    assert [(h.county_code, h.period, h.dataset) for h in read.return_headers] == [(TIANZHEN, "2017-12", "finance")]
    assert {c.column for c in read.sheets[0].columns} >= set(BOOK.datasets["finance"].columns)


@pytest.mark.parametrize(
    "text", ["<html><body>没有表格</body></html>", "<table></table>", "<svg><td>1</td></svg>", "一段话"]
)
def test_what_has_no_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableError):
        cells(tmp_path / "a.xls", text)


# --- web pages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("467<sup>1</sup>", "4671"), ("<s>176</s>196", "176196"), ("贷款<br>余额", "贷款 余额"), ("<b>1</b>2", "12"),
        ("&lt;5&amp;&nbsp;6", "<5& 6"),
        ("<script>9</script>1", "1"), ("<!-- 9 -->1", "1"), ("&#49;2", "12"), (" ", None), ("1 < 2", "1 2"),
    ],
)  # fmt: skip
def test_a_cell_of_a_page_is_what_it_shows(tmp_path: Path, cell: str, text: str | None) -> None:
    assert cells(tmp_path / "a.html", f"<table><tr><td>甲<td>{cell}<td>乙</table>") == [[["甲", text, "乙"]]]


STYLES = "<style><!-- .font5 {color: red; vertical-align: super} .xl7\n{text-decoration:line-through;} --></style>"


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ("<td>467<sup>1</sup>", ("raised_text", False)), ("<td><s>176</s>196", ("struck_out", False)),
        ("<td><strike>176</strike>", ("struck_out", True)), ("<td><del>1</del>2", ("struck_out", False)),
        ("<td>467<font class=font5>1</font>", ("raised_text", False)), ("<td class='a xl7'>176", ("struck_out", True)),
        ("<td>9<span style='mso-x:1;TEXT-DECORATION: underline line-through'>8", ("struck_out", False)),
        ("<td style='text-decoration:line-through'>9<b>8</b></td>", ("struck_out", True)),
        ("<td style='vertical-align:middle'>9", None), ("<td><s></s>9<b>8</s>7", None),
    ],
)  # fmt: skip
def test_what_a_page_shows_raised_or_struck_out_is_marked(
    tmp_path: Path, cell: str, mark: tuple[str, bool] | None
) -> None:
    (tmp_path / "a.html").write_text(f"{STYLES}<table><tr><td>甲{cell}<td>乙</table>", encoding="utf-8")
    (table,) = read_tables(tmp_path / "a.html", Limits())
    assert {at: (found.kind, found.whole) for at, found in table.marks.items()} == ({(0, 1): mark} if mark else {})


@pytest.mark.parametrize(
    "text",
    [
        "<table><col><col span=2 style='display:none'><tr><td>1<td>2<td>3</table>",
        "<table><tr><td>1<td style='display:none'>2<td style='display:none'>3</table>",
    ],
)
def test_hidden_columns_of_a_page(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    (table,) = read_tables(tmp_path / "a.html", Limits())
    assert table.hidden_columns == {1, 2}


def test_cells_that_reach_further_and_hidden_rows(tmp_path: Path) -> None:
    text = "<table><tr><td rowspan=2>甲<td colspan='2'>乙</tr><tr style='display: none'><td>1<td>2</tr></table>"
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    (table,) = read_tables(tmp_path / "a.html", Limits())
    assert table.rows == [["甲", "乙", None], [None, "1", "2"]]
    assert (table.merged, table.hidden) == (((0, 1, 0, 0), (0, 0, 1, 2)), {1})


def test_each_table_is_one_also_within_another(tmp_path: Path) -> None:
    text = "<table><tr><td>外<table><tr><td>内</table></td></tr></table><table><tr><td>后</table>"
    assert cells(tmp_path / "a.html", text) == [[["内"]], [["外"]], [["后"]]]


@pytest.mark.parametrize(
    "text",
    [
        "<table><tr>" + "<td colspan=9999999>" * 3_000, "<table>" * 100_000, "<table><tr><td>x" * 500,
        "<table>" + "<tr>" * 2_000 + "<td colspan=16384>x" * 200,
    ],
)  # fmt: skip
def test_a_page_that_would_take_all_room_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableError):
        cells(tmp_path / "a.html", text)


@pytest.mark.parametrize("piece", ["<!", "<!--", "<a", "<td a='", "<?", "&", "<script>", "</", "<![CDATA["])
def test_a_page_that_never_ends_is_read_in_the_time_of_one_that_does(tmp_path: Path, piece: str) -> None:
    assert cells(tmp_path / "a.html", f"<table><tr><td>1</table>{piece * 200_000}") == [[["1"]]]


# --- the XML of Excel 2003 -----------------------------------------------------------------------------------------


def test_an_xml_workbook_is_read_as_what_it_shows(tmp_path: Path) -> None:
    styles = (
        '<Styles><Style ss:ID="Default"><Font ss:Size="11"/></Style>'
        '<Style ss:ID="w"><NumberFormat ss:Format="0!.0,&quot;万元&quot;"/></Style>'
        '<Style ss:ID="v"><NumberFormat ss:Format="0!.0,"/></Style>'
        '<Style ss:ID="s"><Font ss:StrikeThrough="1"/></Style><Style ss:ID="t" ss:Parent="s"/>'
        '<Style ss:ID="m"><NumberFormat ss:Format="yyyy&quot;年&quot;m&quot;月&quot;"/></Style>'
        '<Style ss:ID="d"><NumberFormat ss:Format="Short Date"/></Style></Styles>'
    )
    cell = '<Cell ss:StyleID="{}"><Data ss:Type="{}">{}</Data></Cell>'
    numbers = [cell.format(style, "Number", 10452400) for style in ("Default", "w", "v", "s", "t")]
    days = [cell.format(style, "DateTime", "2017-03-01T00:00:00.000") for style in ("m", "d")]
    texts = [
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">467<Sup>1</Sup></ss:Data></Cell>',
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><S>176</S>196</ss:Data></Cell>',
    ]
    columns = '<Column ss:Index="3" ss:Hidden="1" ss:Span="1"/>'
    (tmp_path / "a.xls").write_text(
        book(styles + worksheet(f"{columns}<Row>{''.join([*numbers, *days, *texts])}</Row>")), encoding="utf-8"
    )
    (table,) = read_tables(tmp_path / "a.xls", Limits())
    assert table.rows == [
        ["10452400", "1045.24万元", "10452400", "10452400", "10452400", "2017年3月", "2017-03-01", "4671", "176196"]
    ]
    assert {at: (mark.kind, mark.whole) for (_, at), mark in table.marks.items()} == {
        2: ("shown_otherwise", True), 3: ("struck_out", True), 4: ("struck_out", True),
        7: ("raised_text", False), 8: ("struck_out", False),
    }  # fmt: skip
    assert table.hidden_columns == {2, 3}


def test_values_of_an_xml_workbook_are_what_they_show(tmp_path: Path) -> None:
    styles = (
        '<Styles><Style ss:ID="p"><NumberFormat ss:Format="0.0%"/></Style>'
        '<Style ss:ID="q"><NumberFormat ss:Format="Percent"/></Style></Styles>'
    )
    rows = (
        '<Row ss:Index="2"><Cell ss:StyleID="p"><Data ss:Type="Number">0.107</Data></Cell>'
        '<Cell ss:Index="3" ss:MergeAcross="1"><Data ss:Type="DateTime">2017-12-31T00:00:00.000</Data></Cell>'
        '<Cell><Data ss:Type="Boolean">1</Data></Cell><Cell><Data ss:Type="Error">#REF!</Data></Cell></Row>'
        '<Row ss:Hidden="1"><Cell ss:Formula="=A1+1"/><Cell ss:StyleID="q"><Data ss:Type="Number">1</Data></Cell>'
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">467<Sup>1</Sup></ss:Data></Cell></Row>'
    )
    hidden = worksheet(rows, "<WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions>")
    text = book(
        f"<ExcelWorkbook><Date1904/></ExcelWorkbook>{styles}{hidden}", '<?mso-application progid="Excel.Sheet"?>'
    )
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    (table,) = read_tables(tmp_path / "a.xml", Limits())
    assert table.rows[1:] == [
        ["10.7%", None, "2017-12-31", None, "是", "#REF!"], ["=A1+1", "100%", "4671", None, None, None],
    ]  # fmt: skip
    assert (table.merged, table.hidden, table.visible, table.epoch) == (((1, 1, 2, 3),), {2}, False, EPOCH_1904)


@pytest.mark.parametrize(
    "text",
    [
        book(worksheet(f'<Row ss:Index="99999999">{DATA.format(1)}{DATA.format(1)}</Row>')),
        book(worksheet('<Row><Cell ss:Index="99999999"><Data ss:Type="String">1</Data></Cell></Row>')),
        book(worksheet('<Row><Cell><Data ss:Type="Number">x</Data></Cell></Row>')),
        book(worksheet(DATA), '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>').replace("{}", "&b;"),
        book(worksheet(DATA), '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>').replace("{}", "&a;"),
        XML[:-30],
    ],
    ids=["far row", "far column", "no number", "entities", "a file", "cut off"],
)
def test_an_xml_workbook_that_is_harmful_or_damaged_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableError):
        cells(tmp_path / "a.xls", text)
