"""Which format a file is, whatever it is called, and whether it may be read: before any reader touches it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import chain
from pathlib import Path

from warehouse.intake.formats.delimited import UTF_16
from warehouse.intake.formats.part_names import plain_names
from warehouse.intake.formats.preflight import (
    A_WORKBOOK,
    NO_PASSWORD,
    PROTECTED,
    SAVED_ANEW,
    Limits,
    OverLimitError,
    PreflightResult,
    ProtectedError,
    UnreadableError,
    WrongKindError,
    look_at_workbook,
    refuse,
)
from warehouse.intake.formats.protection import unprotected
from warehouse.intake.formats.registry import A_FILE, ANY, FORMATS, NO_TABLES, OLE, REFUSED, ZIP, FileFormat
from warehouse.intake.formats.xml_oddities import unusual_names

NEAR_THE_BEGINNING = 4_096
# Byte order marks and blanks.
BLANKS = b"\xef\xbb\xbf\xff\xfe \t\r\n"
TEXT, SEPARATED = "text", (b"\t", b",")
# The lengths of a part's name and extra field, at the end of the header before it (APPNOTE.TXT, 4.3.7).
LOCAL_HEADER = struct.Struct("<26x2H")
ENCRYPTED = 0x1


def identify(path: Path, limits: Limits) -> PreflightResult:
    """What the file is; raises Unreadable for what cannot or must not be read."""
    if path.is_symlink() or not path.is_file():
        raise UnreadableError("不是普通文件 not a regular file", "文件 a file")
    size = path.stat().st_size
    if size == 0:
        raise UnreadableError("空文件 an empty file", A_FILE)
    if size > limits.file_bytes:
        raise over_size(size, limits)
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        head = file.read(NEAR_THE_BEGINNING)
    by_name = (kind for kind in REFUSED if suffix in kind.suffixes and not kind.parts)
    known = (*REFUSED, *NO_TABLES)
    by_beginning = (kind for kind in known if kind.magic not in (OLE, ZIP) and head.startswith(kind.magic))
    for kind in chain(by_name, by_beginning):
        raise _refused(kind)
    if head.startswith(OLE):
        return _compound(path, limits)
    if head.startswith(ZIP):
        return _zipped(path.read_bytes(), limits)
    own = (name for name, known in FORMATS.items() if known.magic != ANY and head.startswith(known.magic))
    if found := next(own, None) or _written(head, suffix):
        return PreflightResult(found, limits)
    raise WrongKindError(f"其他类型的文件 a file of another kind ({path.suffix or 'no suffix'})", A_FILE)


def _written(head: bytes, suffix: str) -> str | None:
    """Which of the formats without a beginning of their own a file is: what is called a workbook, or as they are, by
    what stands near its beginning, else by its suffix. What is called a workbook and has separators is a text.
    """
    workbook, marked, named = _without_magic(suffix)
    if marked and head.translate(None, b"\0").lstrip(BLANKS).startswith(b"<"):
        begins = head.translate(None, b"\0").lower()
        return next((name for name, parts in marked.items() if any(part in begins for part in parts)), None)
    if workbook and (head.startswith(UTF_16) or b"\0" not in head) and any(sign in head for sign in SEPARATED):
        return TEXT
    return named


@cache
def _without_magic(suffix: str) -> tuple[bool, dict[str, tuple[bytes, ...]], str | None]:
    """Of a suffix: whether it is a workbook's, the formats by what is near their beginning, the one by its name."""
    written = {name: known for name, known in FORMATS.items() if known.magic == ANY}
    workbook = any(suffix in known.suffixes for known in FORMATS.values() if known.magic != ANY)
    marked = {name: tuple(part.encode() for part in known.parts) for name, known in written.items() if known.parts}
    own = workbook or any(suffix in written[name].suffixes for name in marked)
    named = (name for name, known in written.items() if not known.parts and suffix in known.suffixes)
    return workbook, marked if own else {}, next(named, None)


def over_size(size: int, limits: Limits) -> UnreadableError:
    """What is said of a file that is too large."""
    return OverLimitError(f"{size} 字节 bytes", f"至多 at most {limits.file_bytes} 字节 bytes")


def _refused(kind: FileFormat) -> UnreadableError:
    found = f"{kind.label_zh}({kind.suffixes[0]}) a {kind.label_en}"
    return UnreadableError(found, SAVED_ANEW) if kind in REFUSED else WrongKindError(found, A_FILE)


def _compound(path: Path, limits: Limits) -> PreflightResult:
    """An old workbook, or an encrypted new one: the names of its streams, in UTF-16, say which."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        plain = unprotected(data)
        if plain is None or not plain.startswith(ZIP):
            raise ProtectedError(PROTECTED, NO_PASSWORD)
        return replace(_zipped(plain, limits), content=plain)
    for name, known in FORMATS.items():
        if known.magic == OLE and any(stream.encode("utf-16-le") in data for stream in known.parts):
            return PreflightResult(name, limits)
    for kind in NO_TABLES:
        if kind.magic == OLE and any(stream.encode("utf-16-le") in data for stream in kind.parts):
            raise _refused(kind)
    raise WrongKindError("不是工作簿的旧格式文件 an old Office file that is no workbook", A_FILE)


def _zipped(data: bytes, limits: Limits) -> PreflightResult:
    try:
        with zipfile.ZipFile(BytesIO(data)) as parts:
            infos = parts.infolist()
            plain = plain_names(parts)
            names = set(plain)
            for kind in (*REFUSED, *NO_TABLES):
                if kind.magic == ZIP and names.intersection(kind.parts):
                    raise _refused(kind)
            refuse(unusual_names(info.filename for info in infos))
            found = next((n for n, f in FORMATS.items() if f.magic == ZIP and names.intersection(f.parts)), None)
            if found is None:
                raise WrongKindError("不是工作簿的压缩文件 a zip file that is no workbook", A_FILE)
            unpacked = sum(info.file_size for info in infos)
            if unpacked > limits.unpacked_bytes:
                raise OverLimitError(
                    f"解压后 unpacked {unpacked} 字节 bytes", f"至多 at most {limits.unpacked_bytes} 字节 bytes"
                )
            if found != "xlsx":
                return PreflightResult(found, limits)
            # A sheet may lie anywhere among the parts; what it is shows in its text.
            texts = {name: _part(data, info) for name, info in plain.items() if not name.endswith("/")}
    # A RuntimeError is what zipfile makes of an encrypted part, and of a compression that it does not know; a
    # ValueError of a name that is not in its encoding.
    except (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"损坏或加密的工作簿 a damaged or encrypted workbook ({error})", A_WORKBOOK) from error
    passed = look_at_workbook(texts, limits)
    return replace(passed, renamed=plain.keys() != {info.filename for info in infos})


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
