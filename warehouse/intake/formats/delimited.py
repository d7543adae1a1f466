"""A text file (.csv, .tsv, .txt) as one table: its encoding, its separator, its lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from warehouse.intake.formats.preflight import PreflightResult, UnreadableError, check_extent
from warehouse.intake.formats.table import Table, as_texts
from warehouse.intake.layout.furniture import is_note, is_signature

A_TEXT = ".csv 文本文件 a .csv text file"
AN_ENCODING = "UTF-8、UTF-16 或 or GB18030"
# A file may have two: what adds it to one that has it.
MARK = "\ufeff"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS = ",\t;|"
# What Excel puts before the lines, to say which it is.
SAYS_SEPARATOR = re.compile(r"sep=(.)\r?\n")
# Cells kept as texts: ="140222", '140222.
KEPT, AS_TEXT = re.compile("[='’]"), re.compile(r"=\"([^\"]*)\"|['’](.+)", re.DOTALL)
LINES_LOOKED_AT = 20
FIELD_END = re.compile(rb"[,;\t\r\n\"]+")
# Chinese, its punctuation and signs of full width; dashes, quotes and the like.
CJK = (range(0x4E00, 0xA000), range(0x3000, 0x3040), range(0xFF00, 0xFFF0), range(0x2010, 0x2040))


def read_delimited(path: Path, passed: PreflightResult) -> list[Table]:
    """The file's lines as rows of equal length, in one table; raises Unreadable for what is no text or too large."""
    text = decode(path.read_bytes())
    if "\0" in text:
        raise UnreadableError("含 NUL 字节的文件 a file with NUL bytes", A_TEXT)
    said = SAYS_SEPARATOR.match(text)
    separator = said[1] if said else _separator(text)
    try:
        # Strict, for a quote that is not closed would take all lines that follow into one cell.
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
        rows = [as_texts(row) for row in (map(_bared, lines) if KEPT.search(text) else lines)]
    except csv.Error as error:
        raise UnreadableError(f"损坏的 .csv 文件 a damaged .csv file ({error})", A_TEXT) from error
    if said:
        rows[0] = []
    if _is_cut_off(text, rows):
        raise UnreadableError("最后一行不完整的文件 a file whose last line is cut off", A_TEXT)
    width = max(map(len, rows), default=0)
    check_extent(len(rows), width, passed.limits)
    fields = tuple(map(len, rows))
    if set(fields) <= {0, width}:
        return [Table(None, rows)]
    return [Table(None, [row and row + [None] * (width - len(row)) for row in rows], fields=fields)]


def decode(data: bytes) -> str:
    """The text of a CSV by its byte order mark, else UTF-8, else GB18030 (measured: right 7 of 7).

    Raises Unreadable where it is neither, or some fields are the one and some the other: GB18030 would take both.
    """
    try:
        if data.startswith(UTF_16):
            return data.decode("utf-16").lstrip(MARK)
        return data.decode("utf-8").lstrip(MARK)
    except UnicodeDecodeError:
        pass
    if any(map(_is_utf_8, FIELD_END.split(data))):
        raise UnreadableError("混用两种编码的文本 text in two encodings", AN_ENCODING)
    try:
        return data.decode("gb18030")
    except UnicodeDecodeError as error:
        raise UnreadableError("编码不明的文本 text in an unknown encoding", AN_ENCODING) from error


def _bared(row: Sequence[str]) -> list[str]:
    """The texts of cells, without the signs by which a spreadsheet keeps them texts."""
    kept = ((cell, AS_TEXT.fullmatch(cell)) for cell in row)
    return [(found[1] or found[2] or "") if found else cell for cell, found in kept]


def _is_cut_off(text: str, rows: Sequence[Sequence[str | None]]) -> bool:
    """Whether the last line has no end and fewer fields than the line before it, and is no note below the table."""
    if text.endswith(("\n", "\r")) or len(rows) < len(("header", "last")) or len(rows[-1]) >= len(rows[-2]):
        return False
    said = [cell for cell in rows[-1] if cell]
    return not (said and (is_signature(said[0]) or (len(said) == 1 and is_note(said[0]))))


def _is_utf_8(field: bytes) -> bool:
    """Whether a field is UTF-8 beyond doubt: some Chinese in it, and nothing else than ASCII."""
    if field.isascii():
        return False
    try:
        strange = [sign for sign in field.decode("utf-8") if not sign.isascii()]
    except UnicodeDecodeError:
        return False
    # Two signs of GB18030 may by chance be one of UTF-8 (联通 is two Cyrillic-like ones): Chinese ones hardly are.
    return all(any(ord(sign) in signs for signs in CJK) for sign in strange)


def _separator(text: str) -> str:
    """The separator that most of the first lines have equally often; a comma where they have none.

    Which it has most of would not do: 1,234,567;2,345,678 has more commas than separators.
    """
    lines = list(islice(io.StringIO(text, newline=""), LINES_LOOKED_AT))
    used = [sign for sign in SEPARATORS if any(sign in line for line in lines)]
    if len(used) == 1:
        return used[0]

    def agreement(sign: str) -> tuple[int, int]:
        counts = Counter(line.count(sign) for line in lines if sign in line)
        return max(((times, count) for count, times in counts.items()), default=(0, 0))

    return max(SEPARATORS, key=agreement)
