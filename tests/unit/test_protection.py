"""Workbooks that programs open unasked though they are encrypted, and those with a password of their own."""

from __future__ import annotations

import io
import struct
from hashlib import md5
from pathlib import Path

import pytest
import xlwt
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher
from msoffcrypto.format.ooxml import OOXMLFile
from xlwt.CompoundDoc import XlsDoc

from tests.builders import TIANZHEN, Cells, finance, read_files, sheet, write_book
from warehouse.intake.formats.protection import MOST_ROUNDS, TRIED_FIRST, unprotected

HEADERS, NUMBERS = sheet("finance", finance())
PAGE: Cells = [["区划代码", "报告期", *HEADERS], [TIANZHEN, "2017-12", *NUMBERS]]
SALT, VERIFIER = bytes(range(16)), bytes(range(16, 32))
BEGIN_OF_FILE, FILE_PASS, BOUND_SHEET, BLOCK = 0x0809, 0x002F, 0x0085, 1024


def encrypted_xlsx(path: Path, password: str) -> Path:
    """The workbook as Excel encrypts it (MS-OFFCRYPTO, agile)."""
    made = io.BytesIO()
    OOXMLFile(io.BytesIO(path.read_bytes())).encrypt(password, made)
    path.write_bytes(made.getvalue())
    return path


def _key(password: str, block: int) -> bytes:
    """The key of a block of 1,024 bytes (MS-OFFCRYPTO 2.3.6.2)."""
    first = md5(password.encode("utf-16-le"), usedforsecurity=False).digest()[:5]
    salted = md5((first + SALT) * 16, usedforsecurity=False).digest()[:5]
    return md5(salted + struct.pack("<I", block), usedforsecurity=False).digest()


def _stream(password: str, length: int) -> bytes:
    blocks = range(-(-length // BLOCK))
    return b"".join(Cipher(ARC4(_key(password, n)), mode=None).encryptor().update(bytes(BLOCK)) for n in blocks)


def encrypted_xls(path: Path, password: str) -> Path:
    """An .xls of the page as Excel 97 encrypts it: RC4 over the bodies of its records (MS-XLS 2.2.10)."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("金融扶贫")
    for row, cells in enumerate(PAGE):
        for column, value in enumerate(cells):
            page.write(row, column, value)
    plain, records, at = book.get_biff_data(), [], 0
    while at + 4 <= len(plain):
        kind, size = struct.unpack_from("<HH", plain, at)
        records.append((kind, plain[at + 4 : at + 4 + size]))
        at += 4 + size
    cipher = Cipher(ARC4(_key(password, 0)), mode=None).encryptor()
    verifier = cipher.update(VERIFIER) + cipher.update(md5(VERIFIER, usedforsecurity=False).digest())
    own = (FILE_PASS, struct.pack("<HHH", 1, 1, 1) + SALT + verifier)
    signs, made = _stream(password, len(plain) + 100), bytearray()
    for kind, body in (records[0], own, *records[1:]):
        kept = body
        made += struct.pack("<HH", kind, len(body))
        if kind == BOUND_SHEET:  # where the sheet begins, which is further on now, is not encrypted
            kept = struct.pack("<I", struct.unpack_from("<I", body)[0] + 4 + len(own[1])) + body[4:]
        if kind not in (BEGIN_OF_FILE, FILE_PASS):
            start = 4 if kind == BOUND_SHEET else 0
            rest = bytes(a ^ b for a, b in zip(kept[start:], signs[len(made) + start :], strict=False))
            kept = kept[:start] + rest
        made += kept
    target = io.BytesIO()
    XlsDoc().save(target, bytes(made))
    path.write_bytes(target.getvalue())
    return path


def book(folder: Path, suffix: str, password: str) -> Path:
    path = folder / f"天镇县{suffix}"
    if suffix == ".xls":
        return encrypted_xls(path, password)
    return encrypted_xlsx(write_book(path, {"金融扶贫": PAGE}), password)


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_a_protected_workbook_that_opens_unasked_is_read_like_any_other(tmp_path: Path, suffix: str) -> None:
    reading = read_files(book(tmp_path, suffix, TRIED_FIRST))
    assert reading.findings == []
    assert reading.rows["finance"]["loan_households"].to_list() == [1]


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_one_with_a_password_of_its_own_is_said_to_have_one(tmp_path: Path, suffix: str) -> None:
    (finding,) = read_files(book(tmp_path, suffix, "扶贫2017")).findings
    assert finding.rule == "protected_file"
    assert "【保护工作簿】" in finding.message_zh


def test_more_rounds_than_excel_makes_are_not_made(tmp_path: Path) -> None:
    path = book(tmp_path, ".xlsx", TRIED_FIRST)
    data = path.read_bytes()
    rounds = f'spinCount="{MOST_ROUNDS}"'.encode()
    assert data.count(rounds) == 1
    many = data.replace(rounds, f'spinCount="{MOST_ROUNDS * 9}"'.encode())
    assert unprotected(data) is not None
    assert unprotected(many) is None


@pytest.mark.parametrize("part", [0, 1 / 2, 3 / 4])
def test_a_damaged_one_is_refused(tmp_path: Path, part: float) -> None:
    path = book(tmp_path, ".xlsx", TRIED_FIRST)
    data = bytearray(path.read_bytes())
    at = int(len(data) * part)
    data[at : at + 1_000] = bytes(1_000)
    path.write_bytes(data)
    (finding,) = read_files(path).findings
    assert finding.severity == "critical"
