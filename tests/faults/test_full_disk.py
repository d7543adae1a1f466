"""Disk full, once at every call of a night in `make faults`, at some here; what is said, and what is there after."""

from __future__ import annotations

import errno
import gc
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from tests.builders import finance, loans, night, send, url
from tests.faults.disk import full_at, on_a_small_disk, read_only_at, small_disk
from tests.faults.kills import Outcome, evenly, killed
from tests.faults.run import Known
from warehouse.messages import disk_errors
from warehouse.messages.disk_errors import check_disk, disk_error
from warehouse.messages.errors import DiskError, PermanentError, TransientError
from warehouse.store import ledger
from warehouse.store.files import Root


def faults(outcomes: list[Outcome]) -> list[tuple[object, str, list[str]]]:
    return [(one.kill, one.at, one.faults) for one in outcomes if one.faults]


def test_a_full_disk_is_said_and_the_next_run_finishes(
    known: Known, base: Path, processes: ProcessPoolExecutor
) -> None:
    full = full_at("night", known["night"][0])
    some = evenly(full, 7) + evenly([kill for kill in full if kill.fault.how == "amid full"], 3)
    outcomes = list(killed(some, base, processes, 5))
    assert faults(outcomes) == []
    assert all(one.at.startswith("DiskError") for one in outcomes)


def test_so_is_one_that_turns_read_only(known: Known, base: Path, processes: ProcessPoolExecutor) -> None:
    assert faults(list(killed(evenly(read_only_at("night", known["night"][0]), 3), base, processes, 2))) == []


def test_a_night_on_a_small_disk_fails_in_words_until_there_is_space(
    base: Path, processes: ProcessPoolExecutor
) -> None:
    refused, outcomes = processes.submit(on_a_small_disk, 4, base).result()
    if refused is not None:
        pytest.skip(f"no disk can be mounted here: {refused}")
    assert faults(outcomes) == []
    assert sum(one.at != "done" for one in outcomes) >= 2


def test_what_libraries_say_of_a_full_disk_is_one_sentence() -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    wrapped = TransientError("the ledger cannot be opened")
    wrapped.__cause__ = sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))
    for error in (full, OSError("No space left on device (os error 28)"), wrapped, duckdb.Error("disk is full")):
        said = disk_error(error)
        assert said is not None
        assert "磁盘已满" in str(said)
        assert "the disk is full" in str(said)
        assert "\n" not in str(said)
    assert "磁盘只读" in str(disk_error(OSError(errno.EROFS, "Read-only file system")))


def test_what_a_file_quotes_is_not_taken_for_the_disk() -> None:
    assert disk_error(PermanentError("No space left on device.xlsx")) is None
    assert disk_error(FileNotFoundError(errno.ENOENT, "no such file")) is None


def test_nothing_is_begun_without_space(root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    check_disk(root.path)
    assert not root.path.exists()
    monkeypatch.setattr(disk_errors, "LEAST", 1 << 80)
    with pytest.raises(DiskError, match="needed to begin"):
        check_disk(root.path)


@pytest.mark.usefixtures("few_marts")
def test_a_ledger_on_a_read_only_disk_is_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as refused:
        if refused is not None:
            pytest.skip(f"no disk can be mounted here: {refused}")
        root = Root(tmp_path / "disk" / "root")
        night(root, send(tmp_path / "inbox", loans(finance(1000))))
        before = ledger.read_table(ledger.open_ledger(url(root)), ledger.RETURNS)
        read_only(tmp_path / "disk")
        assert ledger.read_table(ledger.open_ledger(url(root)), ledger.RETURNS).equals(before)
        with pytest.raises(DiskError, match="cannot be written"):
            check_disk(root.path)


def read_only(folder: Path) -> None:
    # Connections that nobody has any more keep files open for writing, until they are collected.
    gc.collect()
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
