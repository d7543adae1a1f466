"""Receiving from an inbox that others write into: what waits, what is passed over, what is kept byte for byte."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from flows import pipeline
from flows.nightly import nightly
from flows.settings import load_settings
from tests.builders import NO_WAIT, YANGGAO, finance, lent, loans, night, receive, send
from warehouse.intake.formats.file_labels import LONGEST
from warehouse.messages.errors import DiskError, PermanentError, StillWrittenError, TransientError
from warehouse.reports.run_summary import Summary
from warehouse.store import archive
from warehouse.store import inbox as inbox_module
from warehouse.store.archive import archived, hash_file, keep
from warehouse.store.files import Root
from warehouse.store.inbox import Arrivals, SettleTimes, arrived, check_inbox, new_files

pytestmark = pytest.mark.usefixtures("few_marts")

HOUR = 3600


def look(inbox: Path, patience: SettleTimes = NO_WAIT, known: Mapping[str, str] | None = None) -> Arrivals:
    return new_files(inbox, known or {}, patience)


def file(path: Path, data: bytes = b"x", *, age: float = 0) -> Path:
    """A file that was written so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time.time() - age,) * 2)
    return path


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that are made, without making them."""
    taken: list[float] = []
    monkeypatch.setattr(inbox_module.time, "sleep", taken.append)
    return taken


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> None:
    """Does something in the pause between the two looks."""
    monkeypatch.setattr(inbox_module.time, "sleep", lambda _: do())


# --- still being written -------------------------------------------------------------------------------------------


def test_one_pause_is_made_for_all_that_was_written_lately(inbox: Path, naps: list[float]) -> None:
    for name in ("a.csv", "b.csv"):
        file(inbox / name)
    assert list(look(inbox, SettleTimes(0.5)).files) == ["a.csv", "b.csv"]
    assert naps == [0.5]


def test_no_pause_is_made_for_what_is_old_or_known_or_where_none_is_wanted(inbox: Path, naps: list[float]) -> None:
    file(inbox / "old.csv", age=61)
    known = {"new.csv": hash_file(file(inbox / "new.csv"))}
    assert list(look(inbox, SettleTimes(0.5), known).files) == ["old.csv"]
    assert list(look(inbox, SettleTimes(0)).files) == ["new.csv", "old.csv"]
    assert naps == []


def test_a_clock_that_is_ahead_counts_as_lately(inbox: Path, naps: list[float]) -> None:
    file(inbox / "a.csv", age=-9 * HOUR)
    assert list(look(inbox, SettleTimes(0.5)).files) == ["a.csv"]
    assert naps == [0.5]


@pytest.mark.parametrize("name", ["a.csv", "a.zip"])
def test_a_file_that_grows_waits(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    growing = file(inbox / name, b"PK\x03\x04")
    file(inbox / "b.csv")
    meanwhile(monkeypatch, lambda: growing.write_bytes(b"PK\x03\x04 and more"))
    found = look(inbox, SettleTimes(0.5))
    assert (list(found.files), found.waiting) == (["b.csv"], [name])
    assert f"{name} 还在写入,留待下次处理; it is still being written and waits for the next run" in caplog.text


@pytest.mark.parametrize("change", ["touched", "replaced", "gone", "a link"])
def test_a_file_that_is_no_longer_the_same_waits(inbox: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    path = file(inbox / "a.csv")
    stamp = path.stat()

    def alter() -> None:
        if change == "touched":
            os.utime(path, ns=(0, stamp.st_mtime_ns + 1))
            return
        path.unlink()
        if change == "replaced":
            file(inbox / "other").rename(path)
            os.utime(path, ns=(0, stamp.st_mtime_ns))
        elif change == "a link":
            path.symlink_to("/etc/passwd")

    # The number of the file that is gone must not be free for the one that replaces it.
    (inbox / ".hold").hardlink_to(path)
    meanwhile(monkeypatch, alter)
    assert look(inbox, SettleTimes(0.5)).waiting == ["a.csv"]


def test_a_file_that_changes_after_the_look_gets_no_receipt(
    root: Root, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root.path.mkdir()
    file(inbox / "a.csv", age=99)
    file(inbox / "b.csv", age=99)
    found = look(inbox)
    file(inbox / "a.csv", b"other")
    receipts = receive(root, found.files)
    assert [(r.receipt, r.file) for r in receipts] == [(1, "b.csv")]
    assert "a.csv 正在变化或无法读取,留待下次处理; it waits for the next run" in caplog.text
    assert [p.name for p in root.archive.rglob("*.csv")] == [f"{receipts[0].submission}.csv"]


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file(inbox / "a.csv", b"1" * 10)
    plain = archive._copy

    def slow(source: Any, target: Path, most: int) -> str:
        file(path, b"2" * 10, age=-1)
        return str(plain(source, target, most))

    monkeypatch.setattr(archive, "_copy", slow)
    with pytest.raises(StillWrittenError):
        keep(root, path, "a.csv")
    assert not root.archive.exists()
    assert list(root.work.iterdir()) == []


def test_a_night_in_which_every_file_waits_records_nothing(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (book,) = send(inbox, loans(finance())).rglob("*.xlsx")
    meanwhile(monkeypatch, lambda: os.utime(book))
    summary = night(root, inbox, patience=SettleTimes(0.5))
    assert (summary.run, summary.waiting, summary.good) == (None, 1, True)
    monkeypatch.undo()
    assert night(root, inbox).accepted == 1
    assert lent(root) == {YANGGAO: 1000}


@pytest.mark.parametrize("name", ["a.xlsx.tmp", "a.CRDOWNLOAD", "a.filepart", ".a.xlsx.Xy12", "~$a.xlsx", "Thumbs.db"])
def test_names_of_what_is_under_way_are_left_alone(inbox: Path, name: str) -> None:
    file(inbox / name)
    file(inbox / ".git" / "a.csv")
    assert look(inbox) == Arrivals()


# --- open in an editor ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lock", ["~$天镇县.xlsx", "~$县.xlsx", ".~lock.天镇县.xlsx#"])
def test_a_file_that_is_open_waits_until_it_is_closed(inbox: Path, caplog: pytest.LogCaptureFixture, lock: str) -> None:
    file(inbox / "天镇县.xlsx", age=99)
    file(inbox / "天镇县.csv", age=99)
    file(inbox / lock)
    found = look(inbox)
    assert (list(found.files), found.waiting) == (["天镇县.csv"], ["天镇县.xlsx"])
    assert f"天镇县.xlsx 正被打开({lock}),留待下次处理; it is open, as {lock} says, and waits" in caplog.text
    (inbox / lock).unlink()
    assert list(look(inbox).files) == ["天镇县.csv", "天镇县.xlsx"]


def test_a_short_lock_is_of_the_file_that_has_the_name_itself(inbox: Path) -> None:
    for name in ("天镇县.xlsx", "县.xlsx", "~$县.xlsx"):
        file(inbox / name)
    assert look(inbox).waiting == ["县.xlsx"]
    file(inbox / "other" / "县.xlsx")
    assert list(look(inbox).files) == ["other/县.xlsx", "天镇县.xlsx"]


def test_a_lock_that_was_left_behind_holds_nothing_up(inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    file(inbox / "a.xlsx")
    file(inbox / "~$a.xlsx", age=25 * HOUR)
    assert list(look(inbox).files) == ["a.xlsx"]
    assert "a.xlsx 旁的锁文件已留了 25 小时" in caplog.text
    assert "left behind 25 hours ago" in caplog.text
    assert look(inbox, SettleTimes(0, lock_hours=26)).waiting == ["a.xlsx"]


def test_a_file_that_is_open_but_known_is_not_spoken_of(inbox: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = {"a.xlsx": hash_file(file(inbox / "a.xlsx"))}
    file(inbox / "~$a.xlsx")
    assert look(inbox, NO_WAIT, known) == Arrivals()
    assert caplog.text == ""


# --- links and special files ---------------------------------------------------------------------------------------


def test_links_and_special_files_are_named_and_never_opened(
    root: Root, inbox: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = file(tmp_path / "outside" / "secret.csv")
    (inbox / "link.csv").symlink_to(secret)
    (inbox / "broken.csv").symlink_to("nowhere")
    (inbox / "folder").symlink_to(secret.parent, target_is_directory=True)
    (inbox / "loop").symlink_to(inbox, target_is_directory=True)
    os.mkfifo(inbox / "fifo.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(inbox / "socket.csv"))
        summary = night(root, inbox)
    assert (summary.run, summary.skipped, summary.good) == (None, 6, True)
    for name in ("link.csv", "broken.csv", "folder", "loop", "fifo.csv", "socket.csv"):
        line = f"{name} 是链接或特殊文件,已跳过; it is a link or a special file and is passed over"
        assert caplog.messages.count(line) == 1


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/etc/passwd")])
def test_what_becomes_a_link_or_a_pipe_after_the_look_is_not_followed(
    root: Root, inbox: Path, make: Callable[[Path], None]
) -> None:
    root.path.mkdir()
    found = {"a.csv": arrived(file(inbox / "a.csv"))}
    (inbox / "a.csv").unlink()
    make(inbox / "a.csv")
    assert receive(root, found) == []
    assert not root.archive.exists()


def test_a_folder_that_cannot_be_read_is_named_and_stops_no_other(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file(inbox / "a" / "a.csv")
    file(inbox / "b" / "b.csv")
    plain = os.scandir

    def closed(folder: Path) -> Any:
        if folder.name == "a":
            raise PermissionError(13, "Permission denied")
        return plain(folder)

    monkeypatch.setattr(inbox_module.os, "scandir", closed)
    arrivals = look(inbox)
    assert (list(arrivals.files), arrivals.waiting) == (["b/b.csv"], ["a/"])
    assert "a/ 现在无法读取,留待下次处理; it cannot be read now (Permission denied) and waits" in caplog.text


@pytest.mark.parametrize("kind", ["missing", "a file", "gone meanwhile"])
def test_a_night_does_not_take_an_inbox_that_is_not_there_for_an_empty_one(
    inbox: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    file(inbox / "a.csv") if kind == "gone meanwhile" else inbox.rmdir()
    if kind == "a file":
        file(inbox)
    meanwhile(monkeypatch, lambda: shutil.rmtree(inbox))
    with pytest.raises(TransientError, match=rf"收件箱 {inbox} 不存在或不可用,请挂载.* mount or make it"):
        look(inbox, SettleTimes(0.5))


def test_an_inbox_that_may_be_listed_and_not_entered_is_said_with_whose_it_is(
    inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.stat

    def closed(path: Any, **how: Any) -> os.stat_result:
        if Path(path) == inbox / "..":
            raise PermissionError(13, "Permission denied", str(inbox))
        return plain(path, **how)

    monkeypatch.setattr(os, "stat", closed)
    with pytest.raises(DiskError, match=rf"没有权限.*{inbox} belongs to .*this runs as"):
        check_inbox(inbox)


def test_a_scheduled_night_without_its_inbox_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    with pytest.raises(TransientError, match=f"{tmp_path / 'root' / 'inbox'} is missing"):
        nightly.fn()
    assert not (tmp_path / "root" / "journal").exists()


def test_an_inbox_without_its_marker_is_none_and_the_marker_is_no_submission(inbox: Path) -> None:
    file(inbox / "a.csv")
    with pytest.raises(TransientError, match=rf"{inbox} 中没有标志文件 MOUNTED,.* lacks its marker MOUNTED: .*mount"):
        new_files(inbox, {}, NO_WAIT, marker="MOUNTED")
    file(inbox / "MOUNTED", b"")
    file(inbox / "140222" / "MOUNTED")
    assert list(new_files(inbox, {}, NO_WAIT, marker="MOUNTED").files) == ["140222/MOUNTED", "a.csv"]


@pytest.mark.parametrize("name", ["", "a/b", "/srv/inbox/MOUNTED"])
def test_a_marker_is_the_name_of_a_file_in_the_inbox(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("XIANBAO_INBOX_MARKER", name)
    with pytest.raises(PermanentError, match="inbox_marker"):
        load_settings()


@pytest.mark.parametrize("goes", ["at once", "meanwhile"])
def test_a_quiet_night_whose_inbox_lacks_its_marker_fails(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch, goes: str
) -> None:
    marker = file(inbox / ".inbox")
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    monkeypatch.setenv("XIANBAO_INBOX", str(inbox))
    monkeypatch.setenv("XIANBAO_INBOX_MARKER", marker.name)
    monkeypatch.setattr(pipeline, "prepare", lambda *_: None)
    monkeypatch.setattr("flows.nightly.process", lambda *_: marker.unlink() or Summary())
    if goes == "at once":
        marker.unlink()
    with pytest.raises(TransientError, match=r"lacks its marker \.inbox"):
        nightly.fn()


def test_a_scheduled_night_whose_inbox_goes_while_it_receives_fails_in_the_end(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def receive_nothing(*_: object) -> Summary:
        shutil.rmtree(inbox)
        return Summary(waiting=1)

    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    monkeypatch.setenv("XIANBAO_INBOX", str(inbox))
    monkeypatch.setattr(pipeline, "prepare", lambda *_: None)
    monkeypatch.setattr("flows.nightly.process", receive_nothing)
    with pytest.raises(TransientError, match=f"{inbox} is missing"):
        nightly.fn()


# --- names ---------------------------------------------------------------------------------------------------------


def test_two_files_whose_names_read_the_same_are_both_received(root: Root, inbox: Path) -> None:
    root.path.mkdir()
    for encoding, data in (("utf-8", b"1"), ("gb18030", b"2")):
        raw = os.fsencode(inbox) + b"/" + "天镇.csv".encode(encoding)
        Path(os.fsdecode(raw)).write_bytes(data)
    receipts = receive(root, look(inbox).files)
    assert sorted(r.file for r in receipts) == ["天镇 (2).csv", "天镇.csv"]
    assert len({r.submission for r in receipts}) == 2
    assert look(inbox, NO_WAIT, {r.file: r.submission for r in receipts}) == Arrivals()


def test_a_name_that_would_write_lines_of_its_own_is_made_harmless(
    root: Root, inbox: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file(inbox / "a.csv\nall good\x1b[2J")
    (inbox / "l\n.csv").symlink_to("x")
    assert night(root, inbox).unreadable == 1
    assert list(look(inbox).files) == ["a.csv\N{REPLACEMENT CHARACTER}all good\N{REPLACEMENT CHARACTER}[2J"]
    assert all("\n" not in line and "\x1b" not in line for line in caplog.messages)


@pytest.mark.parametrize(
    "suffix", [f".{'x' * 300}", ".a\\b", ".a\nb", ".\udcff", f".{'县' * 40}", ".\u202ecsv", ".a\0b"]
)
def test_a_suffix_is_no_way_to_choose_a_place_in_the_archive(root: Root, suffix: str) -> None:
    assert archived(root, "ab" * 32, f"a{suffix}") == root.archive / "ab" / ("ab" * 32)


@pytest.mark.parametrize("name", ["a.XLSX", "d/a.csv", "a.b.xls", "a.xlsx (1)", "a.表格", "a", "a.csv~"])
def test_an_ordinary_suffix_stays(root: Root, name: str) -> None:
    assert archived(root, "ab" * 32, name) == root.archive / "ab" / ("ab" * 32 + Path(name).suffix.lower())


def test_a_long_name_is_known_again(inbox: Path) -> None:
    path = file(inbox / ("d" * 200) / f"{'天' * 80}.csv")
    (label,) = look(inbox).files
    assert len(label) == LONGEST
    assert label.endswith(path.name)
    assert look(inbox, NO_WAIT, {label: hash_file(path)}) == Arrivals()


def test_the_patience_is_a_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().patience == SettleTimes(1, 24)
    monkeypatch.setenv("XIANBAO_SETTLE_SECONDS", "0")
    monkeypatch.setenv("XIANBAO_STALE_LOCK_HOURS", "1.5")
    monkeypatch.setenv("XIANBAO_MAX_ARCHIVE_MEMBERS", "7")
    assert load_settings().patience == SettleTimes(0, 1.5)
    assert load_settings().limits.members == 7
    monkeypatch.setenv("XIANBAO_SETTLE_SECONDS", "-1")
    with pytest.raises(PermanentError, match="settle_seconds"):
        load_settings()
