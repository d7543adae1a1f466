"""A look at a file before any reader touches it: what it is, how large it unpacks, how far its cells reach.

Readers allocate for the whole rectangle up to the last cell; one cell at XFD1048576 would end the process
(design, section Reading). Everything is refused here that would make reading unbounded.
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
REFERENCE = re.compile(rb"\st\s*=\s*[\"']s[\"']")
ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*")
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])[^>]*")
ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"'](\d{1,7})[\"']")
ADDRESS = re.compile(rb"<(?:\w+:)?c\s(?:[^>]*?\s)?r\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
ERROR_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\bt\s*=\s*[\"']e[\"']")
MOST_TEXT_PER_CELL = 100
A_FILE = ".xlsx 或 .csv 文件 an .xlsx or .csv file"
A_WORKBOOK = "完整、未加密的 .xlsx 工作簿 a whole, unencrypted .xlsx workbook"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


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
    """How much of a file is looked at: bytes on disk, bytes unpacked, cells in a sheet's rectangle."""

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 200_000_000
    cells: int = 2_000_000


@dataclass(frozen=True)
class Passed:
    """What preflight learnt: the format, and whether some cell holds an error value such as #REF!."""

    format: Literal["xlsx", "csv"]
    has_error_cells: bool = False


def preflight(path: Path, limits: Limits) -> Passed:
    """What the file is; raises Unreadable for what cannot or must not be read."""
    if path.is_symlink() or not path.is_file():
        raise Unreadable("不是普通文件 not a regular file", "文件 a file")
    size = path.stat().st_size
    if size == 0:
        raise Unreadable("空文件 an empty file", A_FILE)
    if size > limits.file_bytes:
        raise Unreadable(f"{size} 字节 bytes", f"至多 at most {limits.file_bytes} 字节 bytes")
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(OLE):
        raise Unreadable("旧格式(.xls)或加密的工作簿 an old (.xls) or encrypted workbook", A_WORKBOOK)
    if head.startswith(b"PK"):
        return _workbook(path, limits)
    if path.suffix.lower() == ".csv":
        return Passed("csv")
    raise Unreadable(f"其他类型的文件 a file of another kind ({path.suffix or 'no suffix'})", A_FILE)


def _workbook(path: Path, limits: Limits) -> Passed:
    try:
        with zipfile.ZipFile(path) as parts:
            infos = parts.infolist()
            unpacked = sum(info.file_size for info in infos)
            if unpacked > limits.unpacked_bytes:
                raise Unreadable(
                    f"解压后 unpacked {unpacked} 字节 bytes", f"至多 at most {limits.unpacked_bytes} 字节 bytes"
                )
            if "xl/workbook.xml" not in parts.namelist():
                raise Unreadable("不是工作簿的压缩文件 a zip file that is no workbook", A_WORKBOOK)
            # A sheet may lie anywhere among the parts; what it is shows in its text.
            texts = (_part(parts, info, limits) for info in infos if not info.is_dir())
            kept = [text for text in texts if SHEET.search(text) or SHARED.search(text)]
    # A RuntimeError is what zipfile makes of an encrypted part, and of a compression that it does not know.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
        raise Unreadable(f"损坏或加密的工作簿 a damaged or encrypted workbook ({error})", A_WORKBOOK) from error
    sheets = [text for text in kept if SHEET.search(text)]
    for xml in sheets:
        _extent(xml, limits)
    _shared(sheets, [text for text in kept if not SHEET.search(text)], limits)
    return Passed("xlsx", any(ERROR_CELL.search(xml) for xml in sheets))


def _part(parts: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits) -> bytes:
    """The part's bytes; a part that unpacks to more than its directory entry admits is a bomb."""
    with parts.open(info) as part:
        data = part.read(limits.unpacked_bytes + 1)
    if len(data) > limits.unpacked_bytes:
        raise Unreadable("解压后超出声明大小的工作簿 a workbook that unpacks to more than it says", A_WORKBOOK)
    return data


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
        raise Unreadable(
            f"过大的工作表 a sheet that reaches to column {last_column}, row {last_row}",
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
