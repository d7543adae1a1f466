"""XML that no spreadsheet program writes and that readers of values misread without a word; such parts are refused.

Calamine takes `<v>1<!-- -->2</v>` for 1, `<v>&#49;2</v>` for a blank and a part in UTF-16 for an empty sheet (all
tried); and the patterns of `warehouse.intake.formats.preflight` would be blind to what stands behind a `>` in an
attribute. Belongs here: how a part is written. Does not belong here: how far it reaches, what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PREFIX = rb"(?:[^\s<>/:]+:)?"
CELL_START = re.compile(rb"<" + PREFIX + rb"c(?=[\s/>])")
TEXT_CELL = re.compile(rb"^[^<>]*\st\s*=\s*[\"'](?:str|inlineStr)[\"']")
REFERENCE_IN_VALUE = re.compile(rb"<" + PREFIX + rb"v(?:\s[^<>]*)?>[^<&]*&")
# A tag with an attribute that holds a `>`, behind any number of attributes that do not.
SIGN_IN_ATTRIBUTE = re.compile(
    rb"<[^<>\"']*(?:(?:\"[^\"<>]*\"|'[^'<>]*')[^<>\"']*)*(?:\"[^\"<>]*>[^\"<]*\"|'[^'<>]*>[^'<]*')"
)
# The declaration is the only instruction, at the start or behind a byte order mark.
BEHIND_DECLARATION = 4
DOCUMENT_TYPE = b"<!DOCTYPE"
# A count of shared strings or styles for which room would be made.
LARGE_COUNT = re.compile(rb"ount\s*=\s*[\"']\d{8}")
UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
# The start of a sheet and its end; a sheet has one of each.
DATA, MARKS_OF_DATA = b"sheetData", 2


def unusual_sheet(xml: bytes) -> str | None:
    """What a workbook is whose sheet is written unusually, in zh and en; None for a usual one."""
    if b"<!" in xml or xml.find(b"<?", BEHIND_DECLARATION) >= 0:
        return "带注释、指令或 CDATA 的工作表 a sheet with comments, instructions or CDATA in its XML"
    if xml.count(DATA) > MARKS_OF_DATA:
        return "有两份数据的工作表 a sheet with two sets of cells"
    if xml.count(b"<") != xml.count(b">") and SIGN_IN_ATTRIBUTE.search(xml):
        return "属性中有 > 号的工作表 a sheet with a > within an attribute of its XML"
    if b"&" in xml and any(map(_refers, CELL_START.split(xml))):
        return "数字写成字符引用的工作表 a sheet with character references in numbers"
    return None


def unusual_part(data: bytes) -> str | None:
    """What a workbook is of which any part is written unusually, in zh and en; None for a usual one."""
    if data.startswith(UTF_16):
        return "UTF-16 编码的工作簿 a workbook with a part in UTF-16"
    if LARGE_COUNT.search(data):
        return "声明数目过大的工作簿 a workbook with a part that says it has millions of entries"
    if DOCUMENT_TYPE in data:
        return "带 DOCTYPE 的工作簿 a workbook with a document type in its XML"
    return None


def unusual_names(names: Iterable[str]) -> str | None:
    """What a workbook is two parts of which are called the same: readers take now the one, now the other."""
    seen = set()
    for name in names:
        plain = name.replace("\\", "/").lower()
        if plain in seen:
            return f"有两个同名部件的工作簿 a workbook with two parts of one name ({name})"
        seen.add(plain)
    return None


def _refers(cell: bytes) -> bool:
    """Whether a cell that is no text has a character reference in its value."""
    return bool(REFERENCE_IN_VALUE.search(cell)) and not TEXT_CELL.match(cell)
