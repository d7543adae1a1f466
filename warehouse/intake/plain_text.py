"""A text file (.csv, .tsv, .txt) as one table: its encoding, its separator, its lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from warehouse.intake.preflight import Limits, Unreadable, too_large
from warehouse.intake.tables import Table, as_texts

A_TEXT = ".csv 文本文件 a .csv text file"
AN_ENCODING = "UTF-8、UTF-16 或 or GB18030"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS = ",\t;"
LINES_LOOKED_AT = 20
CJK = range(0x4E00, 0xA000)


def read_text(path: Path, limits: Limits) -> Table:
    """The file's lines as rows of equal length; raises Unreadable for what is no text or too large."""
    text = decode(path.read_bytes())
    if "\0" in text:
        raise Unreadable("含 NUL 字节的文件 a file with NUL bytes", A_TEXT)
    separator = _separator(text)
    try:
        rows = [as_texts(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator)]
    except csv.Error as error:
        raise Unreadable(f"损坏的 .csv 文件 a damaged .csv file ({error})", A_TEXT) from error
    width = max(map(len, rows), default=0)
    if width * len(rows) > limits.cells:
        raise too_large(len(rows), width, limits)
    return Table(None, [row and row + [None] * (width - len(row)) for row in rows])


def decode(data: bytes) -> str:
    """The text of a CSV by its byte order mark, else UTF-8, else GB18030 (measured: right 7 of 7).

    Raises Unreadable where it is neither, or some lines are the one and some the other: GB18030 would take both.
    """
    try:
        if data.startswith(UTF_16):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if any(map(_is_utf_8, data.splitlines())):
        raise Unreadable("混用两种编码的文本 text in two encodings", AN_ENCODING)
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise Unreadable("编码不明的文本 text in an unknown encoding", AN_ENCODING) from error


def _is_utf_8(line: bytes) -> bool:
    """Whether a line is UTF-8 beyond doubt: some Chinese in it, and nothing else than ASCII."""
    try:
        strange = [sign for sign in line.decode("utf-8") if not sign.isascii()]
    except UnicodeDecodeError:
        return False
    # Two signs of GB18030 may by chance be one of UTF-8 (联通 is two Cyrillic-like ones): Chinese ones hardly are.
    return bool(strange) and all(ord(sign) in CJK or sign in "、。《》()：；，（）" for sign in strange)


def _separator(text: str) -> str:
    """The separator that the first lines have most of; a comma where they have none."""
    lines: Iterable[str] = islice(io.StringIO(text, newline=""), LINES_LOOKED_AT)
    counts = dict.fromkeys(SEPARATORS, 0)
    for line in lines:
        for sign in counts:
            counts[sign] += line.count(sign)
    return max(counts, key=counts.__getitem__)
