"""Limits of parts and readers, and settings, at their edge: exactly so much passes, one more does not."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import pytest

from flows.settings import Settings, load_settings
from tests.builders import receipt_of
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.layout import unread_cells
from warehouse.intake.layout.unread_cells import LONGEST as LONGEST_BESIDE
from warehouse.intake.model.budget import Budgets, Cost
from warehouse.intake.sandbox import reader_pool
from warehouse.intake.sandbox.reader_pool import Failure, ReaderQueue
from warehouse.messages.errors import PermanentError
from warehouse.store.inbox import SettleTimes

# --- processes -----------------------------------------------------------------------------------------------------


def files(folder: Path, *sizes: int) -> list[Any]:
    folder.mkdir()
    made = []
    for receipt, size in enumerate(sizes, start=1):
        path = folder / f"{receipt}.csv"
        path.write_bytes(b"0" * size)
        made.append(receipt_of(path, receipt))
    return made


def parts(received: list[Any]) -> list[list[int]]:
    return [[one.receipt.receipt for one in part] for part in reader_pool._parts(received)]


@pytest.mark.parametrize(
    ("processors", "count", "wanted"),
    [
        (1, 0, []),
        (1, 1, [[1]]),
        (1, 3, [[1, 2, 3]]),
        (2, 3, [[1, 2], [3]]),
        (2, 4, [[1, 2], [3, 4]]),
        (4, 2, [[1], [2]]),
        (3, 7, [[1, 2, 3], [4, 5, 6], [7]]),
    ],
)
def test_files_are_shared_out_evenly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processors: int, count: int, wanted: list[list[int]]
) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: processors)
    assert parts(files(tmp_path / "in", *[1] * count)) == wanted


@pytest.mark.parametrize(("count", "wanted"), [(4, [4]), (5, [3, 2]), (8, [4, 4]), (9, [3, 3, 3])])
def test_a_part_has_at_most_so_many_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, wanted: list[int]
) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    monkeypatch.setattr(reader_pool, "FILES", 4)
    assert [len(part) for part in parts(files(tmp_path / "in", *[1] * count))] == wanted


def test_a_part_has_at_most_so_many_bytes_but_always_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_pool, "_processors", lambda: 1)
    monkeypatch.setattr(reader_pool, "BYTES", 10)
    assert parts(files(tmp_path / "in", 4, 6, 1, 11, 5, 5)) == [[1, 2], [3], [4], [5, 6]]


@pytest.mark.parametrize(
    ("error", "of_limits"), [(None, True), ("Traceback: MemoryError", True), ("Traceback: KeyError", False)]
)
def test_a_child_that_failed_without_a_word_or_for_memory_was_at_a_limit(error: str | None, of_limits: bool) -> None:  # noqa: FBT001
    assert Failure(1, error).of_limits == of_limits


def todo(*left: list[Any]) -> ReaderQueue:
    return ReaderQueue(deque(left), Limits(), {})


def said(todo: ReaderQueue, part: list[Any], failure: Failure) -> tuple[list[str], list[list[int]]]:
    """What is found of the file, and what is left to be read."""
    readings = reader_pool._failed(todo, part, failure)
    findings = [finding.found for reading in readings for finding in reading.findings]
    return findings, [[one.receipt.receipt for one in left] for left in todo.parts]


def test_the_file_in_hand_is_to_blame_and_the_others_are_read_again(tmp_path: Path) -> None:
    part = files(tmp_path / "in", 1, 1, 1)
    assert said(todo(), part, Failure(2, "KeyError")) == ([reader_pool.NOT_READ], [[1], [3]])
    assert said(todo(), part, Failure(1, None)) == ([reader_pool.TOO_MUCH], [[2, 3]])
    assert said(todo(), part, Failure(3, None)) == ([reader_pool.TOO_MUCH], [[1, 2]])


def test_a_file_whose_reader_was_killed_is_read_once_more_alone_and_then_no_more(tmp_path: Path) -> None:
    part = files(tmp_path / "in", 1, 1)
    left = todo()
    assert said(left, part, Failure(1, None, died=True)) == ([], [[2], [1]])
    assert said(left, part[:1], Failure(1, None, died=True)) == ([reader_pool.TOO_MUCH], [[2], [1]])
    assert said(left, part[1:], Failure(2, None, died=True)) == ([], [[2], [1], [2]])


def test_where_no_file_is_to_blame_halves_are_read_until_one_is_left(tmp_path: Path) -> None:
    part = files(tmp_path / "in", *[1] * 5)
    assert said(todo(), part, Failure(None, "KeyError")) == ([], [[1, 2], [3, 4, 5]])
    assert said(todo(), part[:2], Failure(None, "KeyError")) == ([], [[1], [2]])
    assert said(todo(), part[:1], Failure(None, "KeyError")) == ([reader_pool.NOT_READ], [])


def test_parts_are_taken_one_by_one_each_with_a_name_of_its_own(tmp_path: Path) -> None:
    one, two = files(tmp_path / "in", 1, 1)
    left = todo([one], [two])
    first, second = left.take(), left.take()
    assert first is not None
    assert second is not None
    assert (first[0], second[0]) == ([one], [two])
    assert first[1] != second[1]
    assert left.take() is None
    left.give_back([], [two])
    third = left.take()
    assert third is not None
    assert third[1] not in (first[1], second[1])


# --- settings ------------------------------------------------------------------------------------------------------


def test_every_limit_is_a_setting_with_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().limits == Limits()
    assert Settings().budgets == Budgets()
    assert Settings().patience == SettleTimes()
    values = {
        "MAX_FILE_BYTES": 1, "MAX_UNPACKED_BYTES": 2, "MAX_SHEET_CELLS": 3, "MAX_ARCHIVE_MEMBERS": 4,
        "MAX_READ_SECONDS": 5, "MAX_READ_MEMORY_BYTES": 6, "MAX_ARCHIVE_GROWTH": 7, "MAX_FILE_RETURNS": 8,
        "MAX_SENDER_SECONDS": 1, "MAX_SENDER_BYTES": 2, "MAX_SENDER_ROWS": 3, "MAX_SENDER_FINDINGS": 4,
        "MAX_NIGHT_SECONDS": 5, "MAX_NIGHT_BYTES": 6, "MAX_NIGHT_ROWS": 7, "MAX_NIGHT_FINDINGS": 8,
        "SETTLE_SECONDS": 7, "STALE_LOCK_HOURS": 8,
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"XIANBAO_{name}", str(value))
    assert load_settings().limits == Limits(1, 2, 3, 4, 5, 6, 7, 8)
    assert load_settings().budgets == Budgets(Cost(1, 2, 3, 4), Cost(5, 6, 7, 8))
    assert load_settings().patience == SettleTimes(7, 8)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("MAX_READ_SECONDS", "0.001"),
        ("MAX_READ_MEMORY_BYTES", "1"),
        ("SETTLE_SECONDS", "0"),
        ("STALE_LOCK_HOURS", "0"),
        ("KEEP_DAYS", "0"),
    ],
)
def test_the_least_value_of_a_setting_is_taken_and_one_below_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, least: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"XIANBAO_{name}", least)
    load_settings()
    below = "0" if name.startswith("MAX") else "-0.001"
    monkeypatch.setenv(f"XIANBAO_{name}", below)
    with pytest.raises(PermanentError, match=name.lower()):
        load_settings()


@pytest.mark.parametrize("length", [0, LONGEST_BESIDE, LONGEST_BESIDE + 1, 2 * LONGEST_BESIDE])
def test_what_stands_beside_a_table_is_said_up_to_a_length(length: int) -> None:
    text = "".join(str(n % 10) for n in range(length))
    said = unread_cells._short(text)
    assert len(said) <= LONGEST_BESIDE
    assert said == (text if length <= LONGEST_BESIDE else text[: LONGEST_BESIDE - 1] + "…")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([], ""), ([4], "4"), ([1, 2, 3, 7], "1-3, 7"), ([7, 2, 1], "1-2, 7"), ([1, 3, 5, 6], "1, 3, 5-6")],
)
def test_rows_are_named_as_ranges(numbers: list[int], said: str) -> None:
    assert ", ".join(unread_cells._ranges(numbers)) == said
