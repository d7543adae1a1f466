"""Files that do harm to whoever reads them carelessly; each builder writes one into a folder and gives its path."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.builders import cover, finance, sheet, write_book
from warehouse.synthetic.messy.grid import Book, Cell, Sheet
from warehouse.synthetic.messy.ods import ods_bytes
from warehouse.synthetic.messy.xls import xls_bytes

Build = Callable[[Path], Path]
Change = Callable[[bytes], bytes]
SHEET, BOOK, RELATIONS = "xl/worksheets/sheet2.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LAUGHS = 12
ENTRY = 46  # of a zip's directory, before the name
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def good(folder: Path, name: str = "good.xlsx") -> Path:
    """A good workbook."""
    return write_book(folder / name, {"封面": cover(), "金融扶贫": sheet("finance", finance(7))})


def with_parts(folder: Path, changes: dict[str, Change | None]) -> Path:
    """A workbook with parts changed, or left out where there is None."""
    source = good(folder, "source.xlsx")
    path = folder / "a.xlsx"
    with zipfile.ZipFile(source) as parts, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in parts.namelist():
            change = changes.get(name, bytes)
            if change:
                made.writestr(name, change(parts.read(name)))
    source.unlink()
    return path


def with_rows(rows: bytes, before: bytes = b"", after: bytes = b"") -> Build:
    """A workbook whose second sheet has these rows, something before and something after them."""
    xml = b"<worksheet %s>%s<sheetData>%s</sheetData>%s</worksheet>" % (MAIN, before, rows, after)
    return lambda folder: with_parts(folder, {SHEET: lambda _: xml})


def replaced(part: str, old: bytes, new: bytes) -> Build:
    def change(data: bytes) -> bytes:
        assert re.search(old, data)
        return re.sub(old, lambda _: new, data, count=1)

    return lambda folder: with_parts(folder, {part: change})


def without(part: str) -> Build:
    return lambda folder: with_parts(folder, {part: None})


def plain(name: str, data: bytes) -> Build:
    def build(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return build


def truncated(folder: Path) -> Path:
    path = good(folder)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def bomb(folder: Path) -> Path:
    """989 MB in a sheet of a workbook of less than 3."""
    path = with_parts(folder, {SHEET: None})
    start = b"<worksheet %s><sheetData>" % MAIN
    chunk = b'<row><c t="inlineStr"><is><t>' + b"a" * 999_000 + b"</t></is></c></row>"
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as made, made.open(SHEET, "w") as part:
        part.write(start)
        for _ in range(989):
            part.write(chunk)
        part.write(b"</sheetData></worksheet>")
    return path


def lying_bomb(folder: Path) -> Path:
    """The same, but its directory says a kilobyte, and that kilobyte's own check sum."""
    path = bomb(folder)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as parts, parts.open(SHEET) as part:
        check = zipfile.crc32(part.read(1000))  # type: ignore[attr-defined]
    at = data.rfind(SHEET.encode()) - ENTRY
    data[at + 16 : at + 20] = check.to_bytes(4, "little")
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    return path


def encrypted_part(folder: Path) -> Path:
    path = good(folder)
    data = bytearray(path.read_bytes())
    data[data.rfind(SHEET.encode()) - ENTRY + 8] |= 1
    path.write_bytes(data)
    return path


def laughs(element: str) -> bytes:
    """Entities that grow a hundred millionfold and more."""
    lines = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, LAUGHS))
    return f'<?xml version="1.0"?><!DOCTYPE {element} [<!ENTITY a0 "ha">{lines}]>'.encode()


def behind(prologue: bytes) -> Change:
    """The XML behind another prologue, with the last entity in its first text."""
    entity = re.findall(rb"ENTITY (\w+)", prologue)[-1]

    def change(xml: bytes) -> bytes:
        bare = re.sub(rb"^<\?xml[^>]*\?>\s*", b"", xml)
        return prologue + re.sub(rb"(?<=>)[^<>]+(?=</)", b"&" + entity + b";", bare, count=1)

    return change


def external(target: str) -> bytes:
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "{target}">]>'.encode()


def old_book(*, encrypted: bool = False) -> bytes:
    cells = tuple(tuple(Cell(text) for text in line) for line in (("贷款户数(户)", "村"), ("1", "甲")))
    return xls_bytes(Book((Sheet("金融扶贫", cells),)), encrypted=encrypted)


def open_document(change: Change) -> Build:
    """An .ods file with its content changed."""

    def build(folder: Path) -> Path:
        made = Book(
            (Sheet("金融扶贫", tuple(tuple(Cell(t) for t in line) for line in (("贷款户数", "村"), ("1", "甲")))),)
        )
        (folder / "source").write_bytes(ods_bytes(made))
        with zipfile.ZipFile(folder / "source") as parts, zipfile.ZipFile(folder / "a.ods", "w") as other:
            for name in parts.namelist():
                data = parts.read(name)
                other.writestr(name, change(data) if name == "content.xml" else data)
        (folder / "source").unlink()
        return folder / "a.ods"

    return build


def first(old: bytes, new: bytes) -> Change:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


def wide(folder: Path, lines: int) -> Path:
    """A text as wide as a sheet may be."""
    line = b",".join(b"h%d" % place for place in range(16_384)) + b"\n"
    return plain("140221_2017-12_finance.csv", line * lines)(folder)


def long(folder: Path) -> Path:
    """A form as long as may be read: it takes its time."""
    header, line = "区划代码,报告期,贷款余额(万元),贷款户数(户)", "140221,2017-12,1,1"
    return plain("140221_2017-12_finance.csv", "\n".join([header, *[line] * 400_000, ""]).encode())(folder)


DEEP = 300_000
CELL = b"<table:table-cell"
ROWS, COLUMNS = b'<table:table-row table:number-rows-repeated="%s"><', CELL + b' table:number-columns-repeated="%s"'
NEST = b"<x>" * DEEP + b"</x>" * DEEP
FAR_ROW = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
MANY_SHEETS = b"".join(b'<sheet name="s%d" sheetId="%d" r:id="rId2"/>' % (n, n + 9) for n in range(20_000))
# What it is, how it is built; each is refused whole.
REFUSED: dict[str, Build] = {
    "a far cell": with_rows(FAR_ROW, b'<dimension ref="A1:XFD1048576"/>'),
    "a far cell, a dimension that lies": with_rows(FAR_ROW, b'<dimension ref="A1:B2"/>'),
    "a far row and a far column": with_rows(
        b'<row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>'
    ),
    "a bomb": bomb,
    "a bomb that lies": lying_bomb,
    "cut short": truncated,
    "an empty workbook": plain("a.xlsx", b""),
    "an empty text": plain("a.csv", b""),
    "no file of any kind": plain("a.pdf", b"%PDF-1.4"),
    "an encrypted new workbook": plain("a.xlsx", OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")),
    "an encrypted old workbook": plain("a.xls", old_book(encrypted=True)),
    "an encrypted part": encrypted_part,
    "no sheet's part": without(SHEET),
    "no workbook's part": without(BOOK),
    "no relations": without(RELATIONS),
    "a relation out of the package": replaced(RELATIONS, rb"/?(xl/)?worksheets/sheet2.xml", b"../../../../etc/passwd"),
    "a relation to the net": replaced(RELATIONS, rb"/?(xl/)?worksheets/sheet2.xml", b"http://127.0.0.1:9/sheet2.xml"),
    "bad XML": with_rows(b'<row r="1"><c r="A1"><v>1</w></c></row>'),
    "entities that grow": lambda folder: with_parts(folder, {SHEET: behind(laughs("worksheet"))}),
    "entities that grow in the workbook's part": lambda folder: with_parts(folder, {BOOK: behind(laughs("workbook"))}),
    "entities that grow in .ods": open_document(behind(laughs("a"))),
    "an entity from a file": lambda folder: with_parts(folder, {SHEET: behind(external("file:///etc/hostname"))}),
    "an entity from a file in .ods": open_document(behind(external("file:///etc/hostname"))),
    "an entity from the net in .ods": open_document(behind(external("http://127.0.0.1:9/a"))),
    "NUL bytes": plain("a.csv", b"a,b\n1,\0\n"),
    "zeros": plain("a.csv", b"\0" * 1_000_000),
    "a million columns": plain("a.csv", b"1," * 1_000_000 + b"1\n2\n"),
    "one endless line": plain("a.csv", b"a" * 20_000_000),
    "one endless line of quotes": plain("a.csv", b'"' * 20_000_001),
    "a quote that is left open": plain("140221_2017-12_finance.csv", '贷款户数,"村\n1,甲\n2,乙\n'.encode()),
    "sheets named 20,000 times": replaced(BOOK, rb"</sheets>", MANY_SHEETS + b"</sheets>"),
    "rows repeated into the billions": open_document(first(b"<table:table-row><", ROWS % b"9999999999")),
    "columns repeated into the billions": open_document(first(CELL, COLUMNS % b"9999999999")),
    "columns repeated a number of digits": open_document(first(CELL, COLUMNS % (b"9" * 9000))),
    "rows repeated less than once": open_document(first(b"<table:table-row><", ROWS % b"-1")),
    "an old workbook cut short": plain("a.xls", old_book()[:-3000]),
    "an old workbook of zeros": plain("a.xls", old_book()[:512] + b"\0" * 9000),
    "a workbook's name on something else": plain("a.xlsx", b"PK\x03\x04" + b"\xff" * 5000),
}  # fmt: skip
# What may be read as far as it goes, without harm.
OTHERS: dict[str, Build] = {
    "deep XML": with_rows(NEST),
    "deep XML in .ods": open_document(first(b"<text:p>", b"<text:p>" + NEST)),
    "cells merged to the far end": with_rows(
        b'<row r="1"><c r="A1"><v>1</v></c></row>', after=b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    ),
    "cells merged 100,000 times": with_rows(
        b'<row r="1"><c r="A1"><v>1</v></c></row>',
        after=b"<mergeCells>" + b'<mergeCell ref="A1:B2"/>' * 100_000 + b"</mergeCells>",
    ),
    "far spans in .ods": open_document(
        first(CELL, CELL + b' table:number-columns-spanned="9999999999" table:number-rows-spanned="9999999999"')
    ),
    "a text as wide as a sheet": lambda folder: wide(folder, lines=3),
    "a fault in each of 40,000 cells": plain(
        "140221_2017-12_finance.csv", ("贷款余额(万元),贷款户数(户)\n" + "x,y\n" * 20_000).encode()
    ),
}
