"""A look at a file before any reader touches it: what it is, how large it unpacks, how far its cells reach.

Readers allocate for the whole rectangle up to the last cell; one cell at XFD1048576 would end the process
(docs/explanation/architecture.md, "Reading"). Everything is refused here that would make reading unbounded, and noted
what a reader of values does not say: error cells, formulas without a value, hidden rows and columns, numbers that are
shown otherwise than they are kept, text that is struck out or raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from warehouse.intake.formats.cell_formats import CellFormats, marks_within
from warehouse.intake.formats.xml_oddities import unusual_part, unusual_sheet

# Whatever way an XML writer may put it: prefixes, either quotes, blanks round the sign, no address at all. No pattern
# goes past the next `<`, which cannot stand in a tag: so each byte is looked at a few times, however it is written
# (tests/unit/test_patterns.py pumps them all).
SHEET = re.compile(rb"<(?:[^\s<>/:]+:)?sheetData\b")
ROOT = re.compile(rb"<(?![?!])(?:[^\s<>/:]+:)?(\w+)")
SHARED = re.compile(rb"<(?:[^\s<>/:]+:)?sst\b")
SHARED_TEXT = re.compile(rb"<(?:[^\s<>/:]+:)?si\b")
REFERENCE = re.compile(rb"\st\s*=\s*[\"']s[\"']")
ROW = re.compile(rb"<(?:[^\s<>/:]+:)?row\b[^<>]*")
CELL = re.compile(rb"<(?:[^\s<>/:]+:)?c(?=[\s/>])[^<>]*")
# An address beyond ZZ999, or what looks like one.
FAR = re.compile(rb"r\s*=\s*[\"'](?:[A-Za-z]{3}[0-9]|[A-Za-z]{0,2}[0-9]{4})")
NEAR_COLUMNS, NEAR_ROWS = 702, 999
ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")
ADDRESS = re.compile(rb"<(?:[^\s<>/:]+:)?c\s(?:[^<>]*?\s)?r\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
# A cell at an address with nothing in it, and a row without a cell.
BLANK_CELL = re.compile(
    rb"<(?:[^\s<>/:]+:)?c\sr\s*=\s*[\"'][A-Za-z]{1,3}\d{1,7}[\"'][^<>]*(?:(?<=/)>|>\s*</(?:[^\s<>/:]+:)?c\s*>)"
)
EMPTY_ROW = re.compile(rb"<(?:[^\s<>/:]+:)?row\b[^<>]*(?:(?<=/)>|>\s*</(?:[^\s<>/:]+:)?row\s*>)")
ERROR_CELL = re.compile(rb"<(?:[^\s<>/:]+:)?c\s[^<>]*?\bt\s*=\s*[\"']e[\"']")
# Hidden, or of no width or height.
MAY_HIDE = (b"hidden", b'width="0', b"width='0", b'ht="0', b"ht='0")
HIDDEN = re.compile(
    rb"<(?:[^\s<>/:]+:)?(?:row|col)\s[^<>]*?\b(?:hidden\s*=\s*[\"'](?:1|true)|(?:width|ht)\s*=\s*[\"']0(?:\.0*)?)[\"']"
)
# A formula followed by an empty value or none.
NO_VALUE = re.compile(
    rb"<(?:[^\s<>/:]+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:[^\s<>/:]+:)?f\s*>)\s*"
    rb"(?:<(?:[^\s<>/:]+:)?v\s*/>|<(?:[^\s<>/:]+:)?v\s*>\s*</|</(?:[^\s<>/:]+:)?c\s*>)"
)
MOST_TEXT_PER_CELL = 100
MOST_COLUMNS = 16_384  # to XFD
A_WORKBOOK = "完整、未加密的工作簿 a whole, unencrypted workbook"
PROTECTED = "加密的工作簿 an encrypted workbook"
NO_PASSWORD = "没有打开密码的工作簿 a workbook that opens without a password"  # noqa: S105  (words, not one)
MACRO_SHEETS = "xl/macrosheets/"
NO_MACROS = (
    "删去宏表(右键工作表标签,取消隐藏后删除)并另存为 .xlsx the same without it: unhide and delete it, save as .xlsx"
)
SAVED_ANEW = "另存为 .xlsx 的工作簿 a workbook saved as .xlsx"


class UnreadableError(Exception):
    """The file will not be read: a fault of the data, which becomes a finding.

    `found` says what it is, `expected` what was wanted, both in zh and en; `rule` is the check of the codebook, which
    says what to do about it.
    """

    rule = "unreadable_file"

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected


class WrongKindError(UnreadableError):
    """What is no file of tables, whatever it is called: a document, a picture."""

    rule = "wrong_kind"


class ProtectedError(UnreadableError):
    """What has a password of its own."""

    rule = "protected_file"


class OverLimitError(UnreadableError):
    """What is more than one file may be, or may take."""

    rule = "over_limit"


# The checks of files of which nothing was read.
UNREAD = tuple(one.rule for one in (UnreadableError, WrongKindError, ProtectedError, OverLimitError))


@dataclass(frozen=True)
class Limits:
    """How much of a file is looked at: bytes on disk, bytes unpacked, cells in a sheet's rectangle, members of a zip,
    returns and notes together; and what reading one may take: seconds, and bytes of memory beyond what the reader
    itself needs. How many times its own size an archive may unpack to. What many files may take together:
    `warehouse.intake.model.budget`.
    """

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 200_000_000
    cells: int = 2_000_000
    members: int = 5_000
    seconds: float = 60
    memory_bytes: int = 1 << 30
    archive_growth: float = 100
    returns: int = 5_000


@dataclass(frozen=True)
class PreflightResult:
    """What preflight learnt: the format's name, and the limits that hold for its reader; the sheets' parts with cells
    that a reader of values does not tell whole; the formats of a workbook's cells; its parts of shared texts of which
    some are struck out or raised; whether it may count days from 1904; how many parts are sheets; whether its parts
    have other names than readers look for (`renamed`); the workbook itself where the file has it encrypted (`content`).
    """

    format: str
    limits: Limits
    second_look: frozenset[str] = frozenset()
    cell_formats: CellFormats = field(default_factory=CellFormats)
    marked_texts: frozenset[str] = frozenset()
    names_an_epoch: bool = False
    sheets: int = 0
    renamed: bool = False
    content: bytes | None = None


def look_at_workbook(texts: dict[str, bytes], limits: Limits) -> PreflightResult:
    """What the parts of an .xlsx say, by name; raises Unreadable for what would be read wrongly or without bound."""
    if macros := next((name for name in texts if name.startswith(MACRO_SHEETS)), None):
        raise UnreadableError(f"带 Excel 4.0 宏表的工作簿 a workbook with an Excel 4 macro sheet ({macros})", NO_MACROS)
    # A plain search is much quicker than a pattern: that goes over what may hold something only.
    sheets = {name: text for name, text in texts.items() if b"sheetData" in text and _is_sheet(text)}
    for text in texts.values():
        refuse(unusual_part(text))
    for xml in sheets.values():
        refuse(unusual_sheet(xml))
        _extent(xml, limits)
    shared = {n: text for n, text in texts.items() if n not in sheets and b"sst" in text and SHARED.search(text)}
    _shared(list(sheets.values()), list(shared.values()), limits)
    formats = CellFormats.of(texts.values())
    if any(map(formats.lost_in, sheets.values())):
        raise UnreadableError("缺少单元格格式的工作簿 a workbook without the formats of its cells", A_WORKBOOK)
    marked = frozenset(name for name, text in shared.items() if marks_within(text))
    looked = frozenset(name for name, xml in sheets.items() if marked or _more_to_tell(xml) or formats.tell_of(xml))
    epoch = b"date1904" in texts["xl/workbook.xml"]
    return PreflightResult("xlsx", limits, looked, formats, marked, epoch, len(sheets))


def _is_sheet(xml: bytes) -> bool:
    """Whether a part has cells of the workbook's own; what another workbook's cells were last is kept in such too."""
    root = ROOT.search(xml)
    return SHEET.search(xml) is not None and not (root and root[1] == b"externalLink")


def refuse(what: str | None) -> None:
    """Raises Unreadable for what is found unusual, if anything is: a workbook saved anew is wanted."""
    if what:
        raise UnreadableError(what, SAVED_ANEW)


def _more_to_tell(xml: bytes) -> bool:
    """Whether a sheet has error cells, hidden rows or columns, formulas without a value, texts in several runs of which
    one is struck out or raised.
    """
    return bool(
        ((b'"e"' in xml or b"'e'" in xml) and ERROR_CELL.search(xml))
        or (any(word in xml for word in MAY_HIDE) and HIDDEN.search(xml))
        or marks_within(xml)
        or ((b"<f" in xml or b":f" in xml) and NO_VALUE.search(xml))
    )


def _extent(xml: bytes, limits: Limits) -> None:
    """Refuses a sheet whose rectangle is too large; cells and rows without an address count from where they stand."""
    if not FAR.search(xml):
        most_columns = max(NEAR_COLUMNS, xml.count(b"<c") + xml.count(b":c"))
        if most_columns * max(NEAR_ROWS, xml.count(b"<row") + xml.count(b":row")) <= limits.cells:
            return
    rows, columns = _reach(xml)
    if rows * columns > limits.cells:
        # Readers make no room for cells that are blank and only look like something: borders down to the last row.
        filled = BLANK_CELL.sub(b"", xml)
        if len(ADDRESS.findall(filled)) == _count(filled, CELL, b"<c"):
            rows, columns = _reach(EMPTY_ROW.sub(b"", filled))
    check_extent(rows, columns, limits)


def _reach(xml: bytes) -> tuple[int, int]:
    """The last row and column of a sheet."""
    addresses = ADDRESS.findall(xml)
    starts = ROW.findall(xml)
    numbers = {found[1] for found in map(ROW_NUMBER.search, starts) if found}
    columns = {letters for letters, _ in addresses}
    widest = 0
    if len(addresses) < _count(xml, CELL, b"<c"):
        widest = max(len(CELL.findall(row)) for row in ROW.split(xml))
    last_column = max([1, widest, *map(_column, columns)])
    last_row = max([1, len(starts), *map(int, numbers | {row for _, row in addresses})])
    return last_row, last_column


def check_extent(rows: int, columns: int, limits: Limits) -> None:
    """Raises Unreadable for a sheet whose rectangle is over the limit, or wider than any spreadsheet's."""
    if rows * columns > limits.cells or columns > MOST_COLUMNS:
        raise too_large(rows, columns, limits)


def too_large(rows: int, columns: int, limits: Limits) -> UnreadableError:
    """What is said of a sheet whose rectangle is over the limit."""
    return OverLimitError(
        f"过大的工作表 a sheet that reaches to column {columns}, row {rows}",
        f"每表至多 at most {limits.cells} 个单元格 cells a sheet",
    )


def _shared(sheets: list[bytes], shared: list[bytes], limits: Limits) -> None:
    """Refuses a long text that very many cells refer to: it is written once and read as often as it is referred to."""
    most = MOST_TEXT_PER_CELL * limits.cells
    longest = max((len(text) for part in shared for text in SHARED_TEXT.split(part)[1:]), default=0)
    if longest * max(map(len, sheets), default=0) <= most:
        return
    references = max((len(REFERENCE.findall(sheet)) for sheet in sheets), default=0)
    if longest * references > most:
        raise OverLimitError(
            f"过长的重复文本 a text of {longest} bytes that {references} cells refer to",
            f"每表至多 at most {most} 字节 bytes of text a sheet",
        )


def _count(xml: bytes, pattern: re.Pattern[bytes], start: bytes) -> int:
    """How often an element begins; where none has a prefix, a plain search of its possible beginnings says it."""
    if b":" + start[1:] in xml:
        return len(pattern.findall(xml))
    return sum(xml.count(start + after) for after in (b" ", b">", b"/", b"\n", b"\t", b"\r"))


@lru_cache(maxsize=1000)
def _column(letters: bytes) -> int:
    return column_number(letters.decode().upper())


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
