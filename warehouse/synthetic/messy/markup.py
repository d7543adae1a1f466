"""A sheet as a web page, a workbook as the XML of Excel 2003: what systems export and call .xls."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from warehouse.synthetic.messy.grid import Book, Cell, Sheet
from warehouse.synthetic.messy.text import word_of

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"


def html_bytes(sheet: Sheet, encoding: str) -> bytes:
    """The sheet as a page; a merged cell's text stands in its first cell."""
    rows = "\n".join(f"<tr>{''.join(f'<td>{escape(word_of(c))}</td>' for c in cells)}</tr>" for cells in sheet.rows)
    page = f'<html><head><meta charset="{encoding}"></head><body><table border="1">\n{rows}\n</table></body></html>'
    return page.encode(encoding)


def xml_bytes(book: Book) -> bytes:
    """The workbook in SpreadsheetML."""
    sheets = "".join(
        f'<Worksheet ss:Name="{escape(s.name)}"><Table>{"".join(map(_row, s.rows))}</Table></Worksheet>'
        for s in book.sheets
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>'
    return f'{head}<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}">{sheets}</Workbook>'.encode()


def _row(cells: Sequence[Cell]) -> str:
    return f"<Row>{''.join(map(_cell, cells))}</Row>"


def _cell(cell: Cell) -> str:
    if cell.value is None:
        return "<Cell/>"
    kind = "DateTime" if cell.look == "day" else "Number" if cell.number else "String"
    return f'<Cell><Data ss:Type="{kind}">{escape(word_of(cell))}</Data></Cell>'
