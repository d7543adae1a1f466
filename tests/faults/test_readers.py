"""Some hundred reads while snapshots flip and old ones go; `make faults` makes 10,000."""

from __future__ import annotations

from pathlib import Path

from tests.faults.readers import RIGHT, WRONG, read_while_published

FLIPS = 10


def test_no_reader_fails_or_mixes_two_snapshots(tmp_path: Path) -> None:
    done = read_while_published(tmp_path, 300, FLIPS, RIGHT)
    assert {one.way for one in done.reads} == {"duckdb", "polars"}
    assert [(one.way, one.errors, one.mixed, one.first) for one in done.reads if one.torn] == []
    assert all(one.reads >= 150 and one.flipped >= FLIPS for one in done.reads)
    assert done.pruned > 0


def test_who_globs_through_the_link_is_caught(tmp_path: Path) -> None:
    (wrong,) = read_while_published(tmp_path, 100, 2 * FLIPS, WRONG).reads
    assert wrong.torn > 0
