"""Formulas of an old workbook (.xls) whose result is blank, by its records: xlrd says the same of those without one.

Source: [MS-XLS] 2.4.28 BoundSheet8, 2.4.127 Formula, 2.5.133 FormulaValue, 2.5.198.89 PtgStr.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

from xlrd.compdoc import CompDoc

STREAM = "Workbook"
HEAD, CELL, POSITION = struct.Struct("<2H"), struct.Struct("<2H"), struct.Struct("<I")
BEGIN, SHEET, FORMULA = 0x0809, 0x0085, 0x0006
RESULT, TOKENS = slice(6, 14), 22
# The first byte of a result that is no number, behind which stand two of FF.
NO_NUMBER, TEXT, BLANK = b"\xff\xff", 0, 3
# A text of no signs in the formula: =IF(A1="","",A1).
NOTHING = b"\x17\0\0"


def blank_results(data: bytes) -> dict[str, set[tuple[int, int]]]:
    """Row and column of each formula whose result is blank, by sheet: it has none, or says so, and has a blank text
    among what it may come to. One without such a text was never calculated: some programs write the same for both.

    Raises whatever comes of a damaged file.
    """
    stream, base, size = CompDoc(data).locate_named_stream(STREAM)
    if stream is None:
        return {}
    records = bytes(stream[base : base + size])
    names: dict[int, str] = {}
    found: dict[str, set[tuple[int, int]]] = defaultdict(set)
    sheet = ""
    for at, kind, body in _records(records):
        if kind == SHEET:
            names[POSITION.unpack_from(body)[0]] = _name(body)
        elif kind == BEGIN and at in names:
            sheet = names[at]
        elif kind == FORMULA and _is_blank(body):
            row, column = CELL.unpack_from(body)
            found[sheet].add((row, column))
    return found


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + HEAD.size <= len(stream):
        kind, size = HEAD.unpack_from(stream, at)
        yield at, kind, stream[at + HEAD.size : at + HEAD.size + size]
        at += HEAD.size + size


def _name(body: bytes) -> str:
    """A sheet's name: its length, whether its signs take two bytes, its signs."""
    signs, wide = body[6], body[7] & 1
    return body[8 : 8 + signs * (1 + wide)].decode("utf-16-le" if wide else "latin-1")


def _is_blank(body: bytes) -> bool:
    return body[RESULT][6:] == NO_NUMBER and body[RESULT][0] in (TEXT, BLANK) and NOTHING in body[TOKENS:]
