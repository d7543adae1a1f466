"""A grid as .xls (BIFF8), the format of Excel 97 to 2003, the same bytes each time; and one with a password."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from datetime import date

import xlwt
from xlwt.CompoundDoc import XlsDoc

from warehouse.synthetic.messy.grid import Book, Cell, Sheet

NUMBER_FORMATS = {"": "General", "bold": "General", "day": "yyyy-mm-dd", "percent": "0.0%", "error": "General"}
# Records of the stream: those that stay as they are in an encrypted workbook, and the one that says it is encrypted.
BEGIN_OF_FILE, FILE_PASS = 0x0809, 0x002F
SECRET = bytes((7 * place + 3) % 256 for place in range(251))  # stands for a cipher: nobody needs to read it again


def xls_bytes(book: Book, *, encrypted: bool = False) -> bytes:
    """The workbook as .xls; encrypted, only its password could open it, and nobody has one."""
    out = xlwt.Workbook(encoding="utf-8")
    out.dates_1904 = book.epoch_1904
    styles = {look: _style(look) for look in NUMBER_FORMATS}
    for sheet in book.sheets:
        _write(out.add_sheet(sheet.name), sheet, styles)
    made = io.BytesIO()
    if encrypted:
        XlsDoc().save(made, _encrypt(out.get_biff_data()))
    else:
        out.save(made)
    return made.getvalue()


def _style(look: str) -> xlwt.XFStyle:
    style = xlwt.XFStyle()
    style.num_format_str = NUMBER_FORMATS[look]
    style.font.bold = look == "bold"
    return style


def _write(out: xlwt.Worksheet, sheet: Sheet, styles: dict[str, xlwt.XFStyle]) -> None:
    starts = {(first, left) for first, left, _, _ in sheet.merged}
    for first, left, last, right in sheet.merged:
        out.write_merge(first, last, left, right, str(sheet.rows[first][left].value), styles["bold"])
    for row, cells in enumerate(sheet.rows):
        for column, cell in enumerate(cells):
            if (row, column) not in starts:
                _write_cell(out, (row, column), cell, styles[cell.look])
    for row in sheet.hidden:
        out.row(row).hidden = True


def _write_cell(out: xlwt.Worksheet, place: tuple[int, int], cell: Cell, style: xlwt.XFStyle) -> None:
    value, (row, column) = cell.value, place
    if cell.look == "error":
        out.row(row).set_cell_error(column, value, style)
    elif isinstance(value, str | date):
        out.write(row, column, value, style)
    elif value is not None:
        out.write(row, column, float(value), style)


def _encrypt(stream: bytes) -> bytes:
    """The stream as a password leaves it: a FILEPASS record after the first, the bodies of the others unreadable."""
    first, *others = _records(stream)
    made = bytearray(_record(*first))
    made += _record(FILE_PASS, struct.pack("<HHH", 1, 1, 1) + SECRET[:48])  # RC4: salt, verifier, its hash
    for kind, body in others:
        scrambled = bytes(byte ^ SECRET[i % len(SECRET)] for i, byte in enumerate(body))
        made += _record(kind, body if kind == BEGIN_OF_FILE else scrambled)
    return bytes(made)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + size]
        place += 4 + size
