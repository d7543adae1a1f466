"""Archives of submissions: what is taken out of them, what is refused, and that nothing in them does harm."""

from __future__ import annotations

import io
import random
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from tests.builders import finance, loans, send
from tests.packing import Entry, mode, packed
from warehouse.intake.formats.file_labels import distinct, harmless, is_litter
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.intake.formats.zip_archive import (
    Member,
    RefusedMember,
    is_archive,
    members_of,
    take_out,
    unpack,
    unpacked_size,
    zip_findings,
)
from warehouse.store.archive import archived
from warehouse.store.files import Root

FEW = Limits(file_bytes=20_000, unpacked_bytes=50_000, members=10)


def renamed(path: Path, old: bytes, new: bytes) -> Path:
    """The same zip with other bytes for a name of the same length: what no zip writer of Python's would write."""
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def taken(path: Path, limits: Limits = FEW) -> dict[str, bytes]:
    """The members that are taken in, by label."""
    with tempfile.TemporaryDirectory() as scratch:
        found = unpack(path, limits, Path(scratch))
        return {m.label: m.path.read_bytes() for m in found if isinstance(m, Member)}


def refused(path: Path, limits: Limits = FEW) -> list[str]:
    return [found for found, _ in zip_findings(path, limits)]


def test_the_members_of_a_file_come_one_by_one_and_are_found_again_by_their_place(tmp_path: Path) -> None:
    path = packed(tmp_path / "好.zip", ("a.csv", b"1"), ("../b.csv", b"2"), ("c.csv", b"33"))
    found = [(m.label, m.place, m.path.read_bytes()) for m in members_of(path, FEW, tmp_path / "scratch")]
    assert found == [("a.csv", 0, b"1"), ("c.csv", 2, b"33")]
    assert len(list((tmp_path / "scratch").iterdir())) == 1, "each takes the place of the one before"
    for _, place, data in found:
        take_out(path, place, tmp_path / "out", FEW)
        assert (tmp_path / "out").read_bytes() == data
        assert unpacked_size(path, place) == len(data)


@pytest.mark.parametrize("data", [b"PK", b"1,2"])
def test_what_is_no_archive_has_no_members(tmp_path: Path, data: bytes) -> None:
    for name in ("x.zip", "x.csv"):
        (tmp_path / name).write_bytes(data)
        assert list(members_of(tmp_path / name, FEW, tmp_path / "scratch")) == []


# --- what is an archive --------------------------------------------------------------------------------------------


def test_a_zip_of_files_is_an_archive_and_a_workbook_is_none(tmp_path: Path) -> None:
    (book,) = send(tmp_path, loans(finance())).rglob("*.xlsx")
    assert not is_archive(book, FEW)
    assert not is_archive(book.rename(tmp_path / "book.zip"), Limits())
    assert is_archive(packed(tmp_path / "a.zip", ("a.csv", b"x")), FEW)
    assert is_archive(packed(tmp_path / "no suffix", ("a.csv", b"x")), FEW)
    assert not is_archive(packed(tmp_path / "damaged.xlsx", ("[Content_Types\x03.xml", b"x"), ("a.csv", b"x")), FEW)


@pytest.mark.parametrize(
    "part", ["[Content_Types].xml", "xl/workbook.xml", "XL\\workbook.xml", "xl/workbook.bin", "mimetype", "content.xml"]
)
def test_another_document_is_one_file_and_no_archive_of_parts(tmp_path: Path, part: str) -> None:
    assert not is_archive(packed(tmp_path / "a.docx", (part, b"x"), ("word/document.xml", b"x")), FEW)


def test_what_is_only_called_a_zip_is_an_archive_that_cannot_be_read(tmp_path: Path) -> None:
    for data in (b"", b"Rar!\x1a\x07", b"PK\x03\x04", b"PK\x05\x06"):
        (tmp_path / "a.zip").write_bytes(data)
        (tmp_path / "a.xlsx").write_bytes(data)
        assert is_archive(tmp_path / "a.zip", FEW)
        assert not is_archive(tmp_path / "a.xlsx", FEW)
        with pytest.raises(UnreadableError):
            zip_findings(tmp_path / "a.zip", FEW)


# --- names ---------------------------------------------------------------------------------------------------------


def test_names_are_utf_8_or_gb18030_whether_marked_or_not(tmp_path: Path) -> None:
    marked = packed(tmp_path / "marked.zip", ("天镇/天镇县.csv", b"x"))
    assert list(taken(marked)) == ["天镇/天镇县.csv"]
    for encoding in ("utf-8", "gb18030"):
        raw = "天镇县.csv".encode(encoding)
        bare = renamed(packed(tmp_path / "bare.zip", ("a" * len(raw), b"x")), b"a" * len(raw), raw)
        assert list(taken(bare)) == ["天镇县.csv"]


def test_a_second_character_of_gbk_that_is_a_backslash_is_no_folder(tmp_path: Path) -> None:
    raw = "乗.csv".encode("gb18030")
    assert b"\\" in raw
    bare = renamed(packed(tmp_path / "bare.zip", ("a" * len(raw), b"x")), b"a" * len(raw), raw)
    assert list(taken(bare)) == ["乗.csv"]


def test_folders_of_windows_programs_are_folders(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("datong\\", b""), ("datong\\a.csv", b"x"), ("./b//c.csv", b"x"), ("d/", b""))
    assert list(taken(path)) == ["datong/a.csv", "b/c.csv"]
    assert refused(path) == []


@pytest.mark.parametrize("name", ["a\nb.csv", "a\u202egsc.csv", "a\x1b[31m.csv", "a\u2028.csv", "a\x7f.csv"])
def test_what_would_harm_a_line_or_a_terminal_is_taken_out_of_names(tmp_path: Path, name: str) -> None:
    (label,) = taken(packed(tmp_path / "a.zip", (name, b"x")))
    assert "\N{REPLACEMENT CHARACTER}" in label
    assert harmless(label) == label
    assert label.endswith(".csv")


def test_a_nul_does_not_hide_the_end_of_a_name(tmp_path: Path) -> None:
    path = renamed(packed(tmp_path / "a.zip", ("a.csv0exe", b"x")), b"a.csv0exe", b"a.csv\0exe")
    assert taken(path) == {"a.csv\N{REPLACEMENT CHARACTER}exe": b"x"}


def test_a_long_name_keeps_its_end(tmp_path: Path) -> None:
    (label,) = taken(packed(tmp_path / "a.zip", (f"{'长' * 2000}/b.csv", b"x")))
    assert len(label) == 200
    assert label.endswith("长/b.csv")


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "\\\\server\\a.csv", "C:\\a.csv", "c:a.csv", "../a.csv", "a/../../b.csv", "a\\..\\b.csv", "..",
     "a/.. /b.csv", "a/.../b.csv", "//a.csv"],
)  # fmt: skip
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", (name, b"x"), ("good.csv", b"x"))
    assert list(taken(path)) == ["good.csv"]
    (found,) = refused(path)
    assert found.startswith(f"{name}: ")


def test_two_of_one_name_are_both_kept(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path / "a.zip", ("d/a.csv", b"1"), ("d/a.csv", b"2"), ("d\\a.csv", b"3"), ("d/a", b"4"))
    assert taken(path) == {"d/a.csv": b"1", "d/a (2).csv": b"2", "d/a (3).csv": b"3", "d/a": b"4"}
    assert refused(path) == []


def test_a_label_with_a_number_keeps_folder_and_suffix() -> None:
    assert distinct("a.b/.c", {"a.b/.c": 1}) == "a.b/.c (2)"
    assert distinct("a.b/c", {"a.b/c": 1, "a.b/c (2)": 1}) == "a.b/c (3)"


def test_litter_is_left_out_without_a_word(tmp_path: Path) -> None:
    names = ["__MACOSX/._a.csv", ".DS_Store", "d/Thumbs.db", "desktop.ini", "~$a.xlsx", ".~lock.a.xlsx#", "d/._a.csv"]
    path = packed(tmp_path / "a.zip", *((name, b"x") for name in names), ("a.csv", b"x"))
    assert list(taken(path)) == ["a.csv"]
    assert refused(path) == []
    assert not is_litter("a.csv")
    with pytest.raises(UnreadableError, match="空"):
        zip_findings(packed(tmp_path / "b.zip", *((name, b"x") for name in names)), FEW)


# --- members that are refused --------------------------------------------------------------------------------------


def nested() -> bytes:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("b.csv", "x")
    return inner.getvalue()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (("a.zip", nested()), "an archive inside the archive"),
        (("a.xlsx", nested()), "an archive inside the archive"),
        (("a.zip", b"damaged"), "an archive inside the archive"),
        (("a.csv", b"/etc/passwd", mode(stat.S_IFLNK)), "a symbolic link"),
        (("a.csv", b"", mode(stat.S_IFIFO)), "not a regular file"),
        (("a.csv", b"x", {"compress_type": zipfile.ZIP_LZMA}), "compression method 14"),
        (("a.csv", b"x", {"compress_type": zipfile.ZIP_BZIP2}), "compression method 12"),
        (("a.csv", b"0" * 20_001), "20001 字节 bytes"),
        (("a/", b"hidden", mode(stat.S_IFDIR)), "not a regular file"),
    ],
)
def test_a_member_that_is_no_submission_is_refused_alone(tmp_path: Path, entry: Entry, said: str) -> None:
    path = packed(tmp_path / "a.zip", ("0.csv", b"x"), entry, ("z.csv", b"x"))
    assert list(taken(path)) == ["0.csv", "z.csv"]
    (found,) = refused(path)
    assert said in found
    assert found.startswith(f"{entry[0].rstrip('/')}: ")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"x"), ("b.csv", b"x"))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert list(taken(path)) == ["b.csv"]
    assert refused(path) == ["a.csv: 加密的文件 an encrypted file"]


def test_a_damaged_member_is_refused_and_the_others_are_taken(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"x" * 9), ("b.csv", random.Random(1).randbytes(999)), ("c.csv", b"c"))
    data = bytearray(path.read_bytes())
    data[600] ^= 1
    path.write_bytes(data)
    assert taken(path) == {"a.csv": b"x" * 9, "c.csv": b"c"}
    assert refused(path) == ["b.csv: 损坏 damaged"]


def test_only_so_many_are_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", *((f"../{n}", b"x") for n in range(150)))
    found = refused(path, Limits())
    assert len(found) == 101
    assert found[-1] == "另有 50 个文件 50 more members"


# --- archives that are refused whole -------------------------------------------------------------------------------


def test_an_archive_that_unpacks_to_too_much_is_refused_before_anything_is_unpacked(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "a.zip", *((f"{n}.csv", b"0" * 20_000) for n in range(3)))
    with pytest.raises(UnreadableError, match="60000"):
        next(unpack(bomb, FEW, tmp_path))
    many = packed(tmp_path / "b.zip", *((f"{n}.csv", b"") for n in range(11)))
    with pytest.raises(UnreadableError, match="11"):
        next(unpack(many, FEW, tmp_path))


def test_a_size_that_is_a_lie_gives_no_more_than_it_says(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"0" * 1_000_000), ("b.csv", b"x"))
    data = path.read_bytes().replace(struct.pack("<L", 1_000_000), struct.pack("<L", 7))
    path.write_bytes(data)
    assert taken(path) == {"b.csv": b"x"}
    assert refused(path) == ["a.csv: 损坏 damaged"]


def test_members_that_share_their_bytes_are_counted_each(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"0" * 19_000), ("b.csv", b"1"), ("c.csv", b"2"))
    data = path.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    first = data[start : data.index(b"PK\x01\x02", start + 1)]
    directory = first * 3
    tail = data[:start] + directory + data[end : end + 12] + struct.pack("<LLH", len(directory), start, 0)
    path.write_bytes(tail)
    with pytest.raises(UnreadableError, match="57000"):
        next(unpack(path, FEW, tmp_path))


def test_a_directory_of_a_million_entries_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + b"PK\x01\x02" * 100_001)
    with pytest.raises(UnreadableError, match="100001"):
        zip_findings(path, Limits())
    with pytest.raises(UnreadableError, match="400008"):
        zip_findings(path, FEW)


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    for entries in ((), (("d/", b""),)):
        with pytest.raises(UnreadableError, match="空的压缩包"):
            zip_findings(packed(tmp_path / "a.zip", *entries), FEW)


# --- whatever it is ------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@drawn(raw=st.binary(min_size=1, max_size=40), marked=st.booleans())
def test_a_name_of_any_bytes_is_a_harmless_label_or_refused(raw: bytes, marked: bool) -> None:  # noqa: FBT001
    with tempfile.TemporaryDirectory() as folder:
        path = packed(Path(folder) / "a.zip", ("q" * len(raw), b"x"))
        renamed(path, b"q" * len(raw), raw)
        if marked:
            data = path.read_bytes()
            for mark, at in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
                place = data.index(mark) + at
                data = data[:place] + bytes([data[place] | 8]) + data[place + 1 :]
            path.write_bytes(data)
        try:
            labels = list(taken(path))
        except UnreadableError:
            return
        root = Root(Path(folder) / "root")
        for label in labels:
            assert harmless(label) == label
            assert not label.startswith("/")
            assert ".." not in label.split("/")
            kept = archived(root, "ab" * 32, f"a.zip/{label}")
            assert kept.parent == root.archive / "ab"
            assert kept.name.startswith("ab" * 32)
            assert len(kept.name.encode()) < 230
            kept.resolve().relative_to(root.path.resolve())


@settings(max_examples=200, deadline=None)
@drawn(changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6))
def test_an_archive_with_changed_bytes_gives_its_own_members_or_none(changes: list[tuple[float, int]]) -> None:
    given = {"a.csv": b"a" * 500, "天镇.csv": random.Random(1).randbytes(500), "c.csv": b""}
    with tempfile.TemporaryDirectory() as folder:
        path = packed(Path(folder) / "a.zip", *given.items())
        data = bytearray(path.read_bytes())
        for place, value in changes:
            data[int(place * len(data))] = value
        path.write_bytes(data)
        try:
            found = taken(path, Limits())
            assert len(zip_findings(path, Limits())) + len(found) <= len(given) + 1
        except UnreadableError:
            return
        assert set(found.values()) <= set(given.values())


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_an_archive_that_was_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    path = packed(tmp_path / "a.zip", ("a.csv", b"x" * 500), ("b.csv", b"y" * 500))
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(UnreadableError):
        zip_findings(path, FEW)


def test_nothing_is_unpacked_anywhere_but_in_the_scratch_folder(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("../../evil.csv", b"x"), ("/tmp/evil.csv", b"x"), ("a/b.csv", b"x"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for member in unpack(path, FEW, scratch):
        if not isinstance(member, RefusedMember):
            assert member.path.parent == scratch
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "scratch"]
    assert [p.name for p in scratch.iterdir()] == ["member"]
