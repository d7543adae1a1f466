"""What is tried again and what fails at once: every error of ours, every task, every way in which a disk refuses."""

from __future__ import annotations

import errno
import importlib
import inspect
import pkgutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa
from prefect import Task
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError, ProgrammingError

import tasks
from tasks.run import RETRIES, Run, may_pass
from tests.builders import RECEIVED
from warehouse.intake.formats.preflight import Limits, UnreadableError
from warehouse.messages import disk_errors, errors
from warehouse.messages.disk_errors import check_disk, disk_error
from warehouse.messages.errors import (
    CodebookError,
    DiskError,
    PermanentError,
    RootBusyError,
    StillWrittenError,
    StoreError,
    TransientError,
    XianbaoError,
)
from warehouse.store import ledger
from warehouse.store.files import Root

BUSY = sqlite3.OperationalError("database is locked")
PERMANENT = (PermanentError, CodebookError, StoreError)
TRANSIENT = (TransientError, RootBusyError, DiskError, StillWrittenError)
# A lock has been waited for already.
TRIED_AGAIN = tuple(kind for kind in TRANSIENT if kind is not RootBusyError)


class Ended:
    """The state of a task that ended with this error, as Prefect gives it to `retry_condition_fn`."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def result(self, *, raise_on_failure: bool = True) -> BaseException:
        if raise_on_failure:
            raise self.error
        return self.error


def tried_again(error: BaseException) -> bool:
    ended: Any = Ended(error)
    run: Any = None
    return may_pass(None, run, ended)


def all_tasks() -> Iterator[tuple[str, Task[Any, Any]]]:
    for module in pkgutil.iter_modules(tasks.__path__, "tasks."):
        for name, found in inspect.getmembers(importlib.import_module(module.name)):
            if isinstance(found, Task):
                yield f"{module.name}.{name}", found


# --- tasks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TRIED_AGAIN)
def test_a_transient_error_is_tried_again(kind: type[Exception]) -> None:
    assert tried_again(kind("another run is at work"))


@pytest.mark.parametrize("kind", [*PERMANENT, RootBusyError])
def test_a_permanent_error_fails_after_one_call(kind: type[Exception]) -> None:
    assert not tried_again(kind("marts.csv contradicts itself"))


def test_a_busy_database_is_tried_again() -> None:
    assert tried_again(OperationalError("SELECT 1", {}, BUSY))


@pytest.mark.parametrize("kind", [IntegrityError, ProgrammingError, DatabaseError])
def test_another_error_of_a_database_is_not_tried_again(kind: type[DatabaseError]) -> None:
    assert not tried_again(kind("SELECT 1", {}, BUSY))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        KeyError("x"),
        AssertionError("x"),
        OSError(errno.ENOENT, "x"),
        MemoryError("x"),
        UnreadableError("x", "y"),
        XianbaoError("neither"),
        BUSY,
        sa.exc.SQLAlchemyError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_our_own_code_does_wrong_is_not_tried_again(error: Exception) -> None:
    assert not tried_again(error)


@pytest.mark.parametrize("value", [None, 0, "TransientError", TransientError])
def test_a_state_without_an_error_is_not_tried_again(value: Any) -> None:
    assert not tried_again(value)


def test_every_task_is_tried_twice_more_where_that_may_help() -> None:
    found = dict(all_tasks())
    assert len(found) >= 15
    for name, task in found.items():
        assert (task.retries, task.retry_delay_seconds) == (2, [2, 10]), name
        assert task.retry_condition_fn is may_pass, name


def test_retries_are_these_and_no_more() -> None:
    assert {"retries": 2, "retry_delay_seconds": [2, 10], "retry_condition_fn": may_pass} == RETRIES


def test_every_task_has_a_name_of_words() -> None:
    for name, task in all_tasks():
        assert task.name.islower(), name
        assert "_" not in task.name, name


def test_the_places_of_a_run_are_its_own(tmp_path: Path) -> None:
    one = Run(name="000007", flow="nightly", received_at=RECEIVED, root_path=tmp_path, ledger_url="x", limits=Limits())
    places = [one.receipts, one.parts, one.reading, one.validations, one.judged]
    assert len(set(places)) == len(places)
    assert {place.parent for place in places} == {one.work}
    assert one.work == tmp_path / "work" / "000007"
    assert one.root == Root(tmp_path)
    assert one.folders == {}


# --- errors --------------------------------------------------------------------------------------------------------


def test_each_error_is_either_permanent_or_transient() -> None:
    known = {found for _, found in inspect.getmembers(errors, inspect.isclass) if found.__module__ == errors.__name__}
    assert known == {XianbaoError, *PERMANENT, *TRANSIENT}
    for kind in PERMANENT:
        assert issubclass(kind, PermanentError), kind
        assert not issubclass(kind, TransientError), kind
    for kind in TRANSIENT:
        assert issubclass(kind, TransientError), kind
        assert not issubclass(kind, PermanentError), kind
    assert all(issubclass(kind, XianbaoError) for kind in known)


def test_a_ledger_that_cannot_be_opened_is_tried_again_and_one_of_an_earlier_version_is_not(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as missing:
        ledger.open_ledger(f"sqlite:///{tmp_path / 'no folder' / 'ledger.db'}")
    assert tried_again(missing.value)
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE runs (run TEXT)"))
    engine.dispose()
    with pytest.raises(StoreError, match="the ledger is an earlier version's") as outdated:
        ledger.open_ledger(url)
    assert not tried_again(outdated.value)


def test_a_root_that_stays_busy_is_not_waited_for_once_more(root: Root) -> None:
    with root.lock(0), pytest.raises(RootBusyError, match="after 0 s") as busy, root.lock(0):
        pass
    assert not tried_again(busy.value)


# --- disks ---------------------------------------------------------------------------------------------------------


def system(code: int) -> OSError:
    return OSError(code, "the words of the system")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_told_by_the_number_of_its_error(code: int) -> None:
    said = disk_error(system(code))
    assert said is not None
    assert "磁盘已满" in str(said)
    assert "the disk is full; free some space" in str(said)
    assert "the words of the system" in str(said)
    assert tried_again(said)


def test_a_disk_that_is_read_only_is_told_by_the_number_of_its_error() -> None:
    said = str(disk_error(system(errno.EROFS)))
    assert "磁盘只读" in said
    assert "make it writable" in said
    assert "full" not in said


@pytest.mark.parametrize(
    "code", [errno.EIO, errno.ENOENT, errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENOMEM, errno.EBUSY, 0]
)
def test_another_error_of_the_system_says_nothing_of_the_disk(code: int) -> None:
    assert disk_error(system(code)) is None


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("IO Error: No space left on device", "disk is full"),
        ("database or disk is full", "disk is full"),
        ("Disk quota exceeded", "quota of this user on the disk is used up"),
        ("File too large", "disk is full"),
        ("Read-only file system", "cannot be written"),
        ("attempt to write a readonly database", "cannot be written"),
    ],
)
@pytest.mark.parametrize(
    "library",
    [lambda t: OperationalError("INSERT", {}, sqlite3.OperationalError(t)), duckdb.IOException, OSError],
    ids=["sqlalchemy", "duckdb", "system"],
)
def test_a_disk_that_refuses_is_told_by_the_words_of_each_library(text: str, word: str, library: Any) -> None:
    said = disk_error(library(text))
    assert said is not None
    assert word in str(said)


@pytest.mark.parametrize("kind", [ValueError, RuntimeError, KeyError, IntegrityError, sqlite3.OperationalError])
def test_words_that_a_file_may_have_written_are_not_believed(kind: Any) -> None:
    text = "No space left on device"
    error = kind(text, {}, BUSY) if kind is IntegrityError else kind(text)
    assert disk_error(error) is None


def test_what_caused_an_error_is_looked_at_all_the_way_down() -> None:
    inner, middle, outer = system(errno.ENOSPC), RuntimeError("writing failed"), ValueError("task failed")
    middle.__cause__, outer.__cause__ = inner, middle
    assert disk_error(middle) is not None
    assert disk_error(outer) is not None
    outer.__cause__ = KeyError("x")
    assert disk_error(outer) is None


def test_what_was_only_going_on_meanwhile_is_no_cause() -> None:
    error = ValueError("a wrong cell")
    error.__context__ = system(errno.ENOSPC)
    assert disk_error(error) is None


def test_an_error_of_the_disk_is_not_said_twice() -> None:
    said = DiskError("the disk is full")
    assert disk_error(said) is said


def test_only_the_first_line_of_an_error_is_said() -> None:
    said = str(disk_error(OSError("No space left on device\n(Background on this error at: https://sqlalche.me)")))
    assert said.endswith("(No space left on device)")


class Disk:
    """What the system says of a disk."""

    f_frsize = 4096

    def __init__(self, free: int, flag: int = 0) -> None:
        self.f_bavail = free // self.f_frsize
        self.f_flag = flag


@pytest.mark.parametrize(("free", "refused"), [(disk_errors.LEAST, False), (disk_errors.LEAST - 4096, True), (0, True)])
def test_a_disk_must_have_room_to_begin(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    free: int,
    refused: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(disk_errors.os, "statvfs", lambda _: Disk(free))
    if refused:
        with pytest.raises(DiskError, match=rf"{tmp_path}: {free / 2**20:.1f} MiB free, 16 needed to begin"):
            check_disk(tmp_path)
    else:
        check_disk(tmp_path)


def test_a_disk_that_is_read_only_is_refused_however_much_room_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        disk_errors.os, "statvfs", lambda _: Disk(1 << 40, disk_errors.os.ST_RDONLY | disk_errors.os.ST_NOSUID)
    )
    with pytest.raises(DiskError, match="cannot be written"):
        check_disk(tmp_path)
    monkeypatch.setattr(disk_errors.os, "statvfs", lambda _: Disk(1 << 40, disk_errors.os.ST_NOSUID))
    check_disk(tmp_path)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_nearest_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(disk_errors.os, "statvfs", lambda path: asked.append(path) or Disk(1 << 40))
    check_disk(tmp_path / "not" / "there")
    assert asked == [tmp_path, tmp_path]
