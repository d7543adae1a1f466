"""A look at a file before any reader touches it: what it is, how large it unpacks, how far its cells reach.

Readers allocate for the whole rectangle up to the last cell; one cell at XFD1048576 would end the process
(design, section Reading). Everything is refused here that would make reading unbounded, and noted what a reader of
values does not say: error cells, percent formats, formulas without a value, hidden rows.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# Whatever way an XML writer may put it: prefixes, either quotes, blanks round the sign, no address at all.
SHEET = re.compile(rb"<(?:\w+:)?sheetData\b")
SHARED = re.compile(rb"<(?:\w+:)?sst\b")
SHARED_TEXT = re.compile(rb"<(?:\w+:)?si\b")
STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b(?P<formats>.*?)</(?:\w+:)?cellXfs>", re.DOTALL)
REFERENCE = re.compile(rb"\st\s*=\s*[\"']s[\"']")
ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])[^>]*")
ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")
ADDRESS = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
ERROR_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\bt\s*=\s*[\"']e[\"']")
HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden\s*=\s*[\"'](?:1|true)[\"']")
# A formula followed by an empty value or none.
NO_VALUE = re.compile(
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f\s*>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</|</(?:\w+:)?c\s*>)"
)
NUMBER_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s[^>]*>")
FORMAT_ID = re.compile(rb"\bnumFmtId\s*=\s*[\"'](\d+)[\"']")
CELL_FORMAT = re.compile(rb"<(?:\w+:)?xf\b[^>]*")
STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
PERCENT_IDS = frozenset((b"9", b"10"))  # ECMA-376, part 1, 18.8.30: 0% and 0.00%
MOST_TEXT_PER_CELL = 100
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXTS = (".csv", ".tsv", ".txt")
A_FILE = ".xlsx、.xls、.ods、.csv 或 or .zip 文件 a file"
A_WORKBOOK = "完整、未加密的工作簿 a whole, unencrypted workbook"
NO_PASSWORD = "没有密码的工作簿,请先取消密码 a workbook without a password"  # noqa: S105  (words, not one)
SAVED_ANEW = "另存为 .xlsx 的工作簿 a workbook saved as .xlsx"
Format = Literal["xlsx", "xls", "ods", "text"]


class Unreadable(Exception):  # noqa: N818  (what a file is, not what the program did wrong)
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
class Passed:
    """What preflight learnt: the format; the sheets' parts with cells that a reader of values does not tell whole;
    which of a workbook's cell styles show percent.
    """

    format: Format
    second_look: frozenset[str] = frozenset()
    percent_styles: frozenset[int] = frozenset()


def preflight(path: Path, limits: Limits) -> Passed:
    """What the file is; raises Unreadable for what cannot or must not be read."""
    if path.is_symlink() or not path.is_file():
        raise Unreadable("不是普通文件 not a regular file", "文件 a file")
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("空文件 an empty file", A_FILE)
    if size > limits.file_bytes:
        raise Unreadable(f"{size} 字节 bytes", f"至多 at most {limits.file_bytes} 字节 bytes")
    suffix = path.suffix.lower()
    if suffix == ".et":
        raise Unreadable("WPS 表格(.et) a WPS spreadsheet", SAVED_ANEW)
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(OLE):
        return _compound(path)
    if head.startswith(b"PK"):
        return _zipped(path, limits)
    if suffix in TEXTS:
        return Passed("text")
    raise Unreadable(f"其他类型的文件 a file of another kind ({path.suffix or 'no suffix'})", A_FILE)


def _compound(path: Path) -> Passed:
    """An old workbook, or an encrypted new one: the names of its streams, in UTF-16, say which."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Unreadable("加密的工作簿 an encrypted workbook", NO_PASSWORD)
    if not any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        raise Unreadable("不是工作簿的旧格式文件 an old Office file that is no workbook", A_WORKBOOK)
    return Passed("xls")


def _zipped(path: Path, limits: Limits) -> Passed:
    try:
        with zipfile.ZipFile(path) as parts:
            infos = parts.infolist()
            names = set(parts.namelist())
            if "xl/workbook.bin" in names:
                raise Unreadable("二进制工作簿(.xlsb) a binary workbook", SAVED_ANEW)
            if not {"xl/workbook.xml", "content.xml"} & names:
                raise Unreadable("不是工作簿的压缩文件 a zip file that is no workbook", A_WORKBOOK)
            unpacked = sum(info.file_size for info in infos)
            if unpacked > limits.unpacked_bytes:
                raise Unreadable(
                    f"解压后 unpacked {unpacked} 字节 bytes", f"至多 at most {limits.unpacked_bytes} 字节 bytes"
                )
            if "xl/workbook.xml" not in names:
                return Passed("ods")
            # A sheet may lie anywhere among the parts; what it is shows in its text.
            texts = {info.filename: _part(parts, info, limits) for info in infos if not info.is_dir()}
    # A RuntimeError is what zipfile makes of an encrypted part, and of a compression that it does not know.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise Unreadable(f"损坏或加密的工作簿 a damaged or encrypted workbook ({error})", A_WORKBOOK) from error
    return _workbook(texts, limits)


def _part(parts: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The part's bytes; a part that unpacks to more than its directory entry admits is a bomb."""
    with parts.open(info) as part:
        data = part.read(limits.unpacked_bytes + 1)
    if len(data) > limits.unpacked_bytes:
        raise Unreadable("解压后超出声明大小的工作簿 a workbook that unpacks to more than it says", A_WORKBOOK)
    return data


def _workbook(texts: dict[str, bytes], limits: Limits) -> Passed:
    sheets = {name: text for name, text in texts.items() if SHEET.search(text)}
    for xml in sheets.values():
        _extent(xml, limits)
    shared = [text for name, text in texts.items() if name not in sheets and SHARED.search(text)]
    _shared(list(sheets.values()), shared, limits)
    percent = frozenset(int(place) for text in texts.values() for place in _percent_styles(text))
    styles = frozenset(str(place).encode() for place in percent)
    looked = (name for name, xml in sheets.items() if _more_to_tell(xml, styles))
    return Passed("xlsx", frozenset(looked), percent)


def _percent_styles(text: bytes) -> list[int]:
    """The places, among the cell formats of a part that has styles, of those that show percent."""
    found = STYLES.search(text)
    if found is None:
        return []
    own = (FORMAT_ID.search(f) for f in NUMBER_FORMAT.findall(text) if b"%" in f)
    ids = PERCENT_IDS | {match[1] for match in own if match}
    formats = (FORMAT_ID.search(f) for f in CELL_FORMAT.findall(found["formats"]))
    return [place for place, match in enumerate(formats) if match and match[1] in ids]


def _more_to_tell(xml: bytes, percent_styles: frozenset[bytes]) -> bool:
    return bool(
        ERROR_CELL.search(xml)
        or HIDDEN_ROW.search(xml)
        or NO_VALUE.search(xml)
        or (percent_styles and not percent_styles.isdisjoint(STYLE.findall(xml)))
    )


def _extent(xml: bytes, limits: Limits) -> None:
    """Refuses a sheet whose rectangle is too large; cells and rows without an address count from where they stand."""
    addresses = ADDRESS.findall(xml)
    starts = ROW.findall(xml)
    numbers = {found[1] for found in map(ROW_NUMBER.search, starts) if found}
    widest = 0
    if len(addresses) < len(CELL.findall(xml)):
        widest = max(len(CELL.findall(row)) for row in ROW.split(xml))
    columns = {letters for letters, _ in addresses}
    last_column = max([1, widest, *(column_number(letters.decode().upper()) for letters in columns)])
    last_row = max([1, len(starts), *map(int, numbers | {row for _, row in addresses})])
    if last_column * last_row > limits.cells:
        raise too_large(last_row, last_column, limits)


def too_large(rows: int, columns: int, limits: Limits) -> Unreadable:
    """What is said of a sheet whose rectangle is over the limit."""
    return Unreadable(
        f"过大的工作表 a sheet that reaches to column {columns}, row {rows}",
        f"每表至多 at most {limits.cells} 个单元格 cells a sheet",
    )


def _shared(sheets: list[bytes], shared: list[bytes], limits: Limits) -> None:
    """Refuses a long text that very many cells refer to: it is written once and read as often as it is referred to."""
    longest = max((len(text) for part in shared for text in SHARED_TEXT.split(part)[1:]), default=0)
    references = max((len(REFERENCE.findall(sheet)) for sheet in sheets), default=0)
    if longest * references > MOST_TEXT_PER_CELL * limits.cells:
        raise Unreadable(
            f"过长的重复文本 a text of {longest} bytes that {references} cells refer to",
            f"每表至多 at most {MOST_TEXT_PER_CELL * limits.cells} 字节 bytes of text a sheet",
        )


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
