"""Sheets whose cells show another thing than they hold, in each format that can have them; what is found there."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import xlsxwriter
import xlwt

from tests.builders import BOOK, read_files
from warehouse.intake.reading import Reading

# A cell as it is typed: runs of text, each with what its font does; or a value with a number format.
STRIKE, RAISE, LOWER, PLAIN = "strike", "super", "sub", ""
Runs = list[tuple[str, str]]
NAMESPACES = {
    "office": "office", "table": "table", "text": "text", "style": "style", "fo": "xsl-fo-compatible",
}  # fmt: skip
POSITIONS = {RAISE: "33% 58%", LOWER: "sub 58%"}


def write_xlsx(path: Path, name: str, rows: list[list[Any]], **look: Any) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet(name)
        fonts = {
            PLAIN: book.add_format({"bold": True}), STRIKE: book.add_format({"font_strikeout": True}),
            RAISE: book.add_format({"font_script": 1}), LOWER: book.add_format({"font_script": 2}),
        }  # fmt: skip
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                match value:
                    case [(text, font)]:
                        page.write(at, place, text, fonts[font])
                    case list():
                        page.write_rich_string(
                            at, place, *(part for text, font in value for part in (fonts[font], text))
                        )
                    case (number, code):
                        page.write(at, place, number, book.add_format({"num_format": code}))
                    case _:
                        page.write(at, place, value)
        for column in look.get("hidden", ()):
            page.set_column(column, column, None, None, {"hidden": True})


def write_xls(path: Path, name: str, rows: list[list[Any]], **look: Any) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(name)
    fonts = {PLAIN: "bold on", STRIKE: "struck_out on", RAISE: "escapement superscript", LOWER: "escapement subscript"}
    for at, row in enumerate(rows):
        for place, value in enumerate(row):
            match value:
                case [(text, font)]:
                    page.write(at, place, text, xlwt.easyxf(f"font: {fonts[font]}"))
                case list():
                    runs = tuple((text, xlwt.easyfont(fonts[font])) for text, font in value)
                    page.write_rich_text(at, place, runs)
                case (number, code):
                    page.write(at, place, number, xlwt.easyxf(num_format_str=code))
                case _ if value is not None:
                    page.write(at, place, value)
    for column in look.get("hidden", ()):
        page.col(column).hidden = True
    book.save(str(path))


def write_ods(path: Path, name: str, rows: list[list[Any]], **look: Any) -> None:
    hidden = look.get("hidden", ())
    names = " ".join(f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}:1.0"' for k, v in NAMESPACES.items())
    lines = 'style:text-line-through-style="solid" style:text-line-through-type="single"'
    looks = {STRIKE: lines, **{font: f'style:text-position="{place}"' for font, place in POSITIONS.items()}}
    styles = "".join(
        f'<style:style style:name="{family[-4:]}{font}" style:family="{family}"><style:text-properties {how}/>'
        "</style:style>"
        for family in ("text", "table-cell")
        for font, how in looks.items()
    )
    collapsed = ' table:visibility="collapse"'
    columns = "".join(f"<table:table-column{collapsed if at in hidden else ''}/>" for at in range(40))
    cells = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content {names}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:spreadsheet>"
        f'<table:table table:name="{name}">{columns}{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("content.xml", content)


def ods_cell(value: Any) -> str:
    match value:
        case None:
            return "<table:table-cell/>"
        case [(text, font)]:
            return _ods_cell("string", text, f' table:style-name="cell{font}"' if font else "")
        case list():
            runs = (f'<text:span text:style-name="text{f}">{t}</text:span>' if f else t for t, f in value)
            return _ods_cell("string", "".join(runs))
        case (number, shown):
            return _ods_cell("float", shown, f' office:value="{number}"')
        case int() | float():
            return ods_cell((value, value))
        case _:
            return _ods_cell("string", escape(str(value)))


def _ods_cell(kind: str, shown: Any, more: str = "") -> str:
    return f'<table:table-cell office:value-type="{kind}"{more}><text:p>{shown}</text:p></table:table-cell>'


Write = Callable[..., None]
WRITERS: dict[str, Write] = {"xlsx": write_xlsx, "xls": write_xls, "ods": write_ods}
every_format = pytest.mark.parametrize("suffix", WRITERS)
FINANCE = [i.header_zh for i in BOOK.datasets["finance"].indicators]


def read(tmp_path: Path, suffix: str, dataset: str, rows: list[list[Any]], **look: Any) -> Reading:
    """The reading of one county's table with these rows, its own header the first of them."""
    name = BOOK.datasets[dataset].label_zh
    path = tmp_path / f"140221_2017-12.{suffix}"
    WRITERS[suffix](path, name, rows, **look)
    return read_files(path)


def money(tmp_path: Path, suffix: str, cell: Any, place: int = 4, **look: Any) -> Reading:
    """A table of finance in 万元 with one cell of another making."""
    values: list[Any] = [1, 5, 5, 0, 7, 0, 0, 0]
    values[place] = cell
    return read(tmp_path, suffix, "finance", [FINANCE, values], **look)


def said(reading: Reading) -> list[tuple[str, str, str | None]]:
    return [(f.rule, f.severity, f.cell) for f in reading.findings]
