"""What the system refuses: files of the inbox wait, are named and stop no other; of the root, it is a sentence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NO_WAIT
from tests.unit.test_receiving import file
from warehouse.messages.disk_errors import system_error
from warehouse.messages.errors import DiskError
from warehouse.store import inbox as inbox_module
from warehouse.store import journal
from warehouse.store.files import Root, write_durably
from warehouse.store.inbox import Arrivals, new_files


def look(inbox: Path) -> Arrivals:
    return new_files(inbox, {}, NO_WAIT)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO, errno.ENAMETOOLONG, errno.ESTALE, errno.ELOOP])
@pytest.mark.parametrize("asked", ["stat", "is_dir", "open", "lock"])
def test_a_file_that_the_system_refuses_waits_is_named_and_stops_no_other(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int, asked: str
) -> None:
    for name in ("a.csv", "b.csv"):
        file(inbox / name)
    if asked == "lock":
        file(inbox / "~$a.csv")
    refused(monkeypatch, "~$a.csv" if asked == "lock" else "a.csv", code, asked)
    arrivals = look(inbox)
    assert (list(arrivals.files), arrivals.waiting) == (["b.csv"], ["a.csv"])
    assert f"a.csv 现在无法读取,留待下次处理; it cannot be read now ({os.strerror(code)})" in caplog.text
    monkeypatch.undo()
    (inbox / "~$a.csv").unlink(missing_ok=True)
    assert list(look(inbox).files) == ["a.csv", "b.csv"]


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
@pytest.mark.parametrize("asked", ["stat", "open"])
def test_what_is_no_matter_of_a_file_stops_the_night(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, code: int, asked: str
) -> None:
    file(inbox / "a.csv")
    refused(monkeypatch, "a.csv", code, asked)
    with pytest.raises(OSError, match=os.strerror(code)):
        look(inbox)


def refused(monkeypatch: pytest.MonkeyPatch, name: str, code: int, asked: str) -> None:
    """The system refuses a file of this name: to look at it, also while its folder is listed, or to open it."""
    own = "open" if asked == "open" else "stat"
    plain, listed = getattr(os, own), os.scandir

    def refuse(path: Any, *args: Any, **kwargs: Any) -> Any:
        if Path(path).name == name:
            raise OSError(code, os.strerror(code), str(path))
        return plain(path, *args, **kwargs)

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.path, self.is_dir = entry.path, entry.is_dir
            if entry.name == name:
                self.is_dir = lambda **_: refuse(entry.path)

    @contextmanager
    def listing(folder: Path) -> Iterator[list[Entry]]:
        with listed(folder) as entries:
            yield list(map(Entry, entries))

    monkeypatch.setattr(os, own, refuse)
    if asked == "is_dir":
        monkeypatch.setattr(inbox_module.os, "scandir", listing)


def test_a_path_that_is_too_long_for_the_system_waits(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As a client leaves one that goes folder by folder: below the inbox it fits, from the root of the disk not."""
    file(inbox / "a.csv")
    with monkeypatch.context() as patched:
        patched.chdir(inbox)
        for _ in range(4096 // 200 + 1):
            Path("d" * 200).mkdir()
            os.chdir("d" * 200)
        Path("f.csv").write_bytes(b"x")
    arrivals = look(inbox)
    assert list(arrivals.files) == ["a.csv"]
    assert [name[-5:] for name in arrivals.waiting] == ["dddd/"]
    assert "File name too long" in caplog.text


def test_an_inbox_that_cannot_be_read_stops_the_night(inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(folder: Path) -> Any:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(inbox_module.os, "scandir", closed)
    with pytest.raises(DiskError, match=r"there is no leave.*inbox"):
        look(inbox)


# --- the root -------------------------------------------------------------------------------------------------------

SAID = {
    errno.ENOSPC: ("磁盘已满", "the disk is full"),
    errno.EDQUOT: ("配额已用尽", "the quota of this user"),
    errno.EROFS: ("磁盘只读", "cannot be written"),
    errno.EIO: ("磁盘读写出错", "failed to read or write"),
    errno.EACCES: ("没有权限", "there is no leave"),
    errno.ENAMETOOLONG: ("路径过长", "the path is too long"),
    errno.ESTALE: ("请重新挂载网络盘", "mount it again"),
    errno.EMFILE: ("打开的文件过多", "too many files are open"),
    errno.ENOMEM: ("内存不足", "no memory left"),
}


@pytest.mark.parametrize("code", SAID)
def test_each_refusal_has_its_own_sentence_in_both_languages_with_the_path(code: int) -> None:
    said = str(system_error(OSError(code, os.strerror(code), "/srv/root/journal/000001.json")))
    assert [words for words in SAID.values() if all(one in said for one in words)] == [SAID[code]]
    assert "/srv/root/journal/000001.json" in said
    assert "\n" not in said


@pytest.mark.parametrize("code", SAID)
def test_what_polars_quotes_of_the_system_is_the_same_sentence(code: int) -> None:
    assert SAID[code][1] in str(system_error(OSError(f"{os.strerror(code)} (os error {code}): /srv/root/work/a.arrow")))


def test_a_refusal_says_whose_the_place_is_and_who_asks(tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir(mode=0o500)
    said = str(system_error(PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "journal" / "a.json"))))
    owner = (tmp_path / "journal").owner()
    assert f"{tmp_path / 'journal'} belongs to {owner} (dr-x------), this runs as {owner}" in said


def test_an_error_of_writing_names_the_file(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    root.path.mkdir()
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match=r"000001\.json") as raised:
        write_durably(root.path / "000001.json", b"x")
    assert raised.value.errno == errno.EIO


def test_a_journal_that_cannot_be_read_is_not_taken_for_an_empty_one(
    root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(folder: Path) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    assert journal.runs(root) == []
    monkeypatch.setattr(os, "listdir", closed)
    with pytest.raises(PermissionError):
        journal.runs(root)
