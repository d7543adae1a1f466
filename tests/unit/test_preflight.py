"""What preflight turns away before any reader touches it."""

from __future__ import annotations

import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import cover, finance, sheet, write_book
from warehouse.intake.formats.identify import identify
from warehouse.intake.formats.preflight import Limits, UnreadableError, column_number
from warehouse.intake.formats.read import read_tables

MAIN = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A good workbook."""
    return write_book(tmp_path / "good.xlsx", {"封面": cover(), "金融扶贫": sheet("finance", finance())})


def refused(path: Path, limits: Limits | None = None) -> str:
    """What preflight says that the file is."""
    with pytest.raises(UnreadableError) as caught:
        identify(path, limits or Limits())
    assert caught.value.expected
    return caught.value.found


def changed(book: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> Path:
    """The workbook with each part changed."""
    other = book.with_name("changed.xlsx")
    with zipfile.ZipFile(book) as parts, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as made:
        for name in parts.namelist():
            made.writestr(*change(name, parts.read(name)))
    return other


def with_rows(book: Path, rows: bytes) -> Path:
    """The workbook whose second sheet has these rows."""
    xml = f"<?xml version='1.0' encoding='UTF-8'?><worksheet {MAIN}><sheetData>".encode()
    xml += rows + b"</sheetData></worksheet>"
    return changed(book, lambda name, data: (name, xml if name.endswith("sheet2.xml") else data))


def test_a_workbook_and_a_csv_pass(book: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    assert identify(book, Limits()).format == "xlsx"
    assert not identify(book, Limits()).second_look
    assert identify(tmp_path / "a.csv", Limits()).format == "text"


def test_error_cells_are_noticed(tmp_path: Path) -> None:
    assert identify(write_book(tmp_path / "a.xlsx", {"表": [["#REF!"]]}), Limits()).second_look == {
        "xl/worksheets/sheet1.xml"
    }


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xlsx", b"", "empty"),
        ("a.csv", b"", "empty"),
        ("a.xlsx", b"\x00\x01\x02garbage", "another kind"),
        ("a.pdf", b"%PDF-1.4", "PDF"),
        ("a", b"abc", "another kind"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on", "no workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("a.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "WPS"),
        ("a.xlsx", b"PK\x03\x04 and no more", "damaged"),
        ("a.csv", b"PK\x03\x04 and no more", "damaged"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    assert said in refused(tmp_path / name)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_workbook_is_refused(book: Path, kept: float) -> None:
    data = book.read_bytes()
    book.write_bytes(data[: int(len(data) * kept)])
    assert "damaged" in refused(book)


def test_a_zip_without_a_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as made:
        made.writestr("readme.txt", "hello")
    assert "no workbook" in refused(tmp_path / "a.xlsx")


def test_links_and_folders_are_refused(book: Path, tmp_path: Path) -> None:
    (tmp_path / "link.xlsx").symlink_to(book)
    assert "not a regular file" in refused(tmp_path / "link.xlsx")
    assert "not a regular file" in refused(tmp_path)


def test_limits_on_disk_and_unpacked(book: Path) -> None:
    size = book.stat().st_size
    assert str(size) in refused(book, Limits(file_bytes=size - 1))
    assert "unpacked" in refused(book, Limits(unpacked_bytes=1000))
    assert identify(book, Limits(file_bytes=size)).format == "xlsx"


def test_a_bomb_is_refused_by_its_unpacked_size(book: Path) -> None:
    bomb = changed(book, lambda n, d: (n, d + b" " * 30_000_000 if n.endswith("sheet2.xml") else d))
    assert bomb.stat().st_size < 1_000_000
    assert "unpacked" in refused(bomb, Limits(unpacked_bytes=20_000_000))


def test_a_part_that_unpacks_to_more_than_it_admits_is_refused(book: Path) -> None:
    data = bytearray(
        changed(book, lambda n, d: (n, d + b" " * 5_000_000 if n.endswith("sheet2.xml") else d)).read_bytes()
    )
    at = data.rfind(b"xl/worksheets/sheet2.xml") - 46  # its entry in the directory at the end
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    book.write_bytes(data)
    with pytest.raises(UnreadableError):
        read_tables(book, Limits(unpacked_bytes=1_000_000))


FAR = {
    "address": b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "other attributes first": b'<row r="1048576"><c s="1" t="n" r="XFD1048576"><v>1</v></c></row>',
    "single quotes": b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    "blanks round the sign": b'<row r = "1048576"><c r = "XFD1048576"><v>1</v></c></row>',
    "no address but the row's": b'<row r="1048576">' + b"<c><v>1</v></c>" * 16_384 + b"</row>",
    "far on either side": b'<row r="1"><c r="XFD1"><v>1</v></c></row>'
    b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
}


@pytest.mark.parametrize("rows", FAR.values(), ids=FAR.keys())
def test_a_cell_at_the_far_end_is_refused(book: Path, rows: bytes) -> None:
    said = refused(with_rows(book, rows))
    assert "reaches to" in said
    assert "16384" in said
    assert "1048576" in said


def test_a_far_cell_is_refused_wherever_its_sheet_lies(book: Path) -> None:
    def move(name: str, data: bytes) -> tuple[str, bytes]:
        return name.replace("worksheets/sheet2", "pages/two"), data.replace(b"worksheets/sheet2", b"pages/two")

    moved = changed(with_rows(book, FAR["address"]).rename(book.with_name("far.xlsx")), move)
    assert "reaches to" in refused(moved)


READ = """
import sys
from pathlib import Path
from tests.builders import read_file
print(read_file(Path(sys.argv[1])).unreadable)
"""


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@pytest.mark.parametrize("rows", [FAR["single quotes"], FAR["no address but the row's"]], ids=["quotes", "no address"])
def test_no_file_ends_the_process(book: Path, rows: bytes) -> None:
    path = with_rows(book, rows)
    done = subprocess.run(
        [sys.executable, "-c", READ, path],
        cwd=Path(__file__).parents[2], preexec_fn=bounded, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr[-500:]


@pytest.mark.parametrize(("letters", "number"), [("A", 1), ("Z", 26), ("AA", 27), ("XFD", 16_384)])
def test_column_numbers(letters: str, number: int) -> None:
    assert column_number(letters) == number
