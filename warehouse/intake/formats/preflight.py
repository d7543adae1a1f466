"""A look at a file before any reader touches it: what it is, how large it unpacks, how far its cells reach.

Readers allocate for the whole rectangle up to the last cell; one cell at XFD1048576 would end the process
(docs/explanation/architecture.md, "Reading"). Everything is refused here that would make reading unbounded, and noted
what a reader of values does not say: error cells, percent formats, formulas without a value, hidden rows.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from warehouse.intake.formats.cell_formats import CellFormats
from warehouse.intake.formats.xml_oddities import unusual_names, unusual_part, unusual_sheet

# Whatever way an XML writer may put it: prefixes, either quotes, blanks round the sign, no address at all.
SHEET = re.compile(rb"<(?:[^\s<>/:]+:)?sheetData\b")
ROOT = re.compile(rb"<(?![?!])(?:[^\s<>/:]+:)?(\w+)")
SHARED = re.compile(rb"<(?:[^\s<>/:]+:)?sst\b")
SHARED_TEXT = re.compile(rb"<(?:[^\s<>/:]+:)?si\b")
REFERENCE = re.compile(rb"\st\s*=\s*[\"']s[\"']")
ROW = re.compile(rb"<(?:[^\s<>/:]+:)?row\b[^>]*")
CELL = re.compile(rb"<(?:[^\s<>/:]+:)?c(?=[\s/>])[^>]*")
# An address beyond ZZ999, or what looks like one.
FAR = re.compile(rb"r\s*=\s*[\"'](?:[A-Za-z]{3}[0-9]|[A-Za-z]{0,2}[0-9]{4})")
NEAR_COLUMNS, NEAR_ROWS = 702, 999
ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")
ADDRESS = re.compile(rb"<(?:[^\s<>/:]+:)?c\s(?:[^>]*?\s)?r\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
ERROR_CELL = re.compile(rb"<(?:[^\s<>/:]+:)?c\s[^>]*?\bt\s*=\s*[\"']e[\"']")
HIDDEN_ROW = re.compile(rb"<(?:[^\s<>/:]+:)?row\s[^>]*?\bhidden\s*=\s*[\"'](?:1|true)[\"']")
# A formula followed by an empty value or none.
NO_VALUE = re.compile(
    rb"<(?:[^\s<>/:]+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:[^\s<>/:]+:)?f\s*>)\s*"
    rb"(?:<(?:[^\s<>/:]+:)?v\s*/>|<(?:[^\s<>/:]+:)?v\s*>\s*</|</(?:[^\s<>/:]+:)?c\s*>)"
)
MOST_TEXT_PER_CELL = 100
MOST_COLUMNS = 16_384  # to XFD
# The lengths of a part's name and extra field, at the end of the header before it (APPNOTE.TXT, 4.3.7).
LOCAL_HEADER = struct.Struct("<26x2H")
ENCRYPTED = 0x1
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXTS = (".csv", ".tsv", ".txt")
A_FILE = ".xlsx、.xls、.ods、.csv 或 or .zip 文件 a file"
A_WORKBOOK = "完整、未加密的工作簿 a whole, unencrypted workbook"
NO_PASSWORD = "没有密码的工作簿,请先取消密码 a workbook without a password"  # noqa: S105  (words, not one)
SAVED_ANEW = "另存为 .xlsx 的工作簿 a workbook saved as .xlsx"
Format = Literal["xlsx", "xls", "ods", "text"]


class UnreadableError(Exception):
    """The file will not be read: a fault of the data, which becomes a finding.

    `found` says what it is, `expected` what was wanted, both in zh and en.
    """

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"found {found}, expected {expected}")
        self.found = found
        self.expected = expected


@dataclass(frozen=True)
class Limits:
    """How much of a file is looked at: bytes on disk, bytes unpacked, cells in a sheet's rectangle, members of a zip;
    and what reading one may take: seconds, and bytes of memory beyond what the reader itself needs.
    """

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 200_000_000
    cells: int = 2_000_000
    members: int = 5_000
    seconds: float = 60
    memory_bytes: int = 1 << 30


@dataclass(frozen=True)
class PreflightResult:
    """What preflight learnt: the format; the sheets' parts with cells that a reader of values does not tell whole;
    which of a workbook's cell styles show percent; whether it may count days from 1904; how many parts are sheets.
    """

    format: Format
    second_look: frozenset[str] = frozenset()
    percent_styles: frozenset[int] = frozenset()
    names_an_epoch: bool = False
    sheets: int = 0


def preflight(path: Path, limits: Limits) -> PreflightResult:
    """What the file is; raises Unreadable for what cannot or must not be read."""
    if path.is_symlink() or not path.is_file():
        raise UnreadableError("不是普通文件 not a regular file", "文件 a file")
    size = path.stat().st_size
    if size == 0:
        raise UnreadableError("空文件 an empty file", A_FILE)
    if size > limits.file_bytes:
        raise UnreadableError(f"{size} 字节 bytes", f"至多 at most {limits.file_bytes} 字节 bytes")
    suffix = path.suffix.lower()
    if suffix == ".et":
        raise UnreadableError("WPS 表格(.et) a WPS spreadsheet", SAVED_ANEW)
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(OLE):
        return _compound(path)
    if head.startswith(b"PK"):
        return _zipped(path, limits)
    if suffix in TEXTS:
        return PreflightResult("text")
    raise UnreadableError(f"其他类型的文件 a file of another kind ({path.suffix or 'no suffix'})", A_FILE)


def _compound(path: Path) -> PreflightResult:
    """An old workbook, or an encrypted new one: the names of its streams, in UTF-16, say which."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise UnreadableError("加密的工作簿 an encrypted workbook", NO_PASSWORD)
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        raise UnreadableError("不是工作簿的旧格式文件 an old Office file that is no workbook", A_WORKBOOK)
    return PreflightResult("xls")


def _zipped(path: Path, limits: Limits) -> PreflightResult:
    data = path.read_bytes()
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            infos = parts.infolist()
            names = set(parts.namelist())
            if "xl/workbook.bin" in names:
                raise UnreadableError("二进制工作簿(.xlsb) a binary workbook", SAVED_ANEW)
            _refuse(unusual_names(info.filename for info in infos))
            if not {"xl/workbook.xml", "content.xml"} & names:
                raise UnreadableError("不是工作簿的压缩文件 a zip file that is no workbook", A_WORKBOOK)
            unpacked = sum(info.file_size for info in infos)
            if unpacked > limits.unpacked_bytes:
                raise UnreadableError(
                    f"解压后 unpacked {unpacked} 字节 bytes", f"至多 at most {limits.unpacked_bytes} 字节 bytes"
                )
            if "xl/workbook.xml" not in names:
                return PreflightResult("ods")
            # A sheet may lie anywhere among the parts; what it is shows in its text.
            texts = {info.filename: _part(data, info) for info in infos if not info.is_dir()}
    # A RuntimeError is what zipfile makes of an encrypted part, and of a compression that it does not know; a
    # ValueError of a name that is not in its encoding.
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"损坏或加密的工作簿 a damaged or encrypted workbook ({error})", A_WORKBOOK) from error
    return _workbook(texts, limits)


def _part(data: bytes, info: zipfile.ZipInfo) -> bytes:
    """The part's bytes; a part that unpacks to more than its directory entry admits is a bomb.

    Unpacked straight from the file's bytes, which takes a third of what `zipfile` takes for so many small parts; that
    a part is whole is checked by who reads it.
    """
    names, extras = LOCAL_HEADER.unpack_from(data, info.header_offset)
    start = info.header_offset + LOCAL_HEADER.size + names + extras
    packed = data[start : start + info.compress_size]
    if info.flag_bits & ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableError(f"加密或未知压缩方式的部件 a part that is encrypted ({info.filename})", A_WORKBOOK)
    unpacked = packed
    if info.compress_type == zipfile.ZIP_DEFLATED:
        unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, info.file_size + 1)
    if len(unpacked) > info.file_size:
        raise UnreadableError("解压后超出声明大小的工作簿 a workbook that unpacks to more than it says", A_WORKBOOK)
    if zlib.crc32(unpacked) != info.CRC:
        raise zipfile.BadZipFile(f"the check sum of {info.filename} is wrong")
    return unpacked


def _workbook(texts: dict[str, bytes], limits: Limits) -> PreflightResult:
    # A plain search is much quicker than a pattern: that goes over what may hold something only.
    sheets = {name: text for name, text in texts.items() if b"sheetData" in text and _is_sheet(text)}
    for text in texts.values():
        _refuse(unusual_part(text))
    for xml in sheets.values():
        _refuse(unusual_sheet(xml))
        _extent(xml, limits)
    shared = [text for name, text in texts.items() if name not in sheets and b"sst" in text and SHARED.search(text)]
    _shared(list(sheets.values()), shared, limits)
    formats = CellFormats.of(texts.values())
    if any(map(formats.lost_in, sheets.values())):
        raise UnreadableError("缺少单元格格式的工作簿 a workbook without the formats of its cells", A_WORKBOOK)
    looked = (name for name, xml in sheets.items() if _more_to_tell(xml) or formats.percent_in(xml))
    return PreflightResult(
        "xlsx", frozenset(looked), formats.percent, b"date1904" in texts["xl/workbook.xml"], len(sheets)
    )


def _is_sheet(xml: bytes) -> bool:
    """Whether a part has cells of the workbook's own; what another workbook's cells were last is kept in such too."""
    root = ROOT.search(xml)
    return SHEET.search(xml) is not None and not (root and root[1] == b"externalLink")


def _refuse(what: str | None) -> None:
    if what:
        raise UnreadableError(what, SAVED_ANEW)


def _more_to_tell(xml: bytes) -> bool:
    """Whether a sheet has error cells, hidden rows or formulas without a value."""
    return bool(
        ((b'"e"' in xml or b"'e'" in xml) and ERROR_CELL.search(xml))
        or (b"hidden" in xml and HIDDEN_ROW.search(xml))
        or ((b"<f" in xml or b":f" in xml) and NO_VALUE.search(xml))
    )


def _extent(xml: bytes, limits: Limits) -> None:
    """Refuses a sheet whose rectangle is too large; cells and rows without an address count from where they stand."""
    if not FAR.search(xml):
        most_columns = max(NEAR_COLUMNS, xml.count(b"<c") + xml.count(b":c"))
        if most_columns * max(NEAR_ROWS, xml.count(b"<row") + xml.count(b":row")) <= limits.cells:
            return
    addresses = ADDRESS.findall(xml)
    starts = ROW.findall(xml)
    numbers = {found[1] for found in map(ROW_NUMBER.search, starts) if found}
    columns = {letters for letters, _ in addresses}
    widest = 0
    if len(addresses) < _count(xml, CELL, b"<c"):
        widest = max(len(CELL.findall(row)) for row in ROW.split(xml))
    last_column = max([1, widest, *map(_column, columns)])
    last_row = max([1, len(starts), *map(int, numbers | {row for _, row in addresses})])
    check_extent(last_row, last_column, limits)


def check_extent(rows: int, columns: int, limits: Limits) -> None:
    """Raises Unreadable for a sheet whose rectangle is over the limit, or wider than any spreadsheet's."""
    if rows * columns > limits.cells or columns > MOST_COLUMNS:
        raise too_large(rows, columns, limits)


def too_large(rows: int, columns: int, limits: Limits) -> UnreadableError:
    """What is said of a sheet whose rectangle is over the limit."""
    return UnreadableError(
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
        raise UnreadableError(
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
