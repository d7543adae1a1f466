"""A grid as .ods (OpenDocument), the same bytes each time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

from warehouse.synthetic.layout import SYNTHETIC, TITLE
from warehouse.synthetic.messy.archive import zip_bytes
from warehouse.synthetic.messy.grid import Book, Cell, Sheet

KIND = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"), ("manifest", "manifest"),
                        ("meta", "meta"))
)  # fmt: skip
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
MANIFEST = (
    f'{HEAD}<manifest:manifest {NAMES} manifest:version="1.2">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{KIND}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    '<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
META = (
    f'{HEAD}<office:document-meta {NAMES} xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2">'
    f"<office:meta><dc:title>{TITLE} ({SYNTHETIC})</dc:title></office:meta></office:document-meta>"
)


def ods_bytes(book: Book) -> bytes:
    """The workbook as .ods."""
    tables = "".join(map(_table, book.sheets))
    content = (
        f'{HEAD}<office:document-content {NAMES} office:version="1.2">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    parts = {"mimetype": KIND, "content.xml": content, "meta.xml": META, "META-INF/manifest.xml": MANIFEST}
    return zip_bytes({name: text.encode() for name, text in parts.items()}, stored=("mimetype",))


def _table(sheet: Sheet) -> str:
    spans = {(first, left): (last - first + 1, right - left + 1) for first, left, last, right in sheet.merged}
    covered = {
        (row, column)
        for first, left, last, right in sheet.merged
        for row in range(first, last + 1)
        for column in range(left, right + 1)
    } - spans.keys()
    width = max(map(len, sheet.rows), default=1)
    rows = "".join(_row(sheet, row, width, spans, covered) for row in range(len(sheet.rows)))
    column = f'<table:table-column table:number-columns-repeated="{width}"/>'
    return f"<table:table table:name={quoteattr(sheet.name)}>{column}{rows}</table:table>"


def _row(
    sheet: Sheet, row: int, width: int, spans: dict[tuple[int, int], tuple[int, int]], covered: set[tuple[int, int]]
) -> str:
    cells = sheet.rows[row]
    made = []
    for column in range(width):
        cell = cells[column] if column < len(cells) else Cell()
        if (row, column) in covered:
            made.append("<table:covered-table-cell/>")
        else:
            made.append(_cell(cell, spans.get((row, column))))
    hidden = ' table:visibility="collapse"' if row in sheet.hidden else ""
    return f"<table:table-row{hidden}>{''.join(made)}</table:table-row>"


def _cell(cell: Cell, span: tuple[int, int] | None) -> str:
    said, shown = _value(cell)
    if span:
        said += f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"'
    return f"<table:table-cell{said}>{f'<text:p>{escape(shown)}</text:p>' if shown else ''}</table:table-cell>"


def _value(cell: Cell) -> tuple[str, str]:
    """The attributes of a cell's value, and its text."""
    value = cell.value
    if value is None:
        return "", ""
    if isinstance(value, date):
        return f' office:value-type="date" office:date-value="{value.isoformat()}"', value.isoformat()
    if isinstance(value, str):
        return ' office:value-type="string"', value
    number = Decimal(value)
    kind, shown = ("percentage", f"{number * 100:f}%") if cell.look == "percent" else ("float", f"{number:f}")
    return f' office:value-type="{kind}" office:value="{number:f}"', shown
