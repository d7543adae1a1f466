"""A disk that a run's own scratch has filled: the next run removes it before it asks for space, and needs no person."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.options import check_space
from tests.faults.disk import small_disk
from tests.small_store import Sent, run
from warehouse.maintenance.recover import free_space
from warehouse.messages.disk_errors import check_disk
from warehouse.messages.errors import DiskError
from warehouse.store.files import Root

# What a run that broke off leaves; of one that counts, its pages are still to be made of its validations.
NOT_NEEDED = (
    "work/keep.77",
    "work/000002/validations/2017-12-finance.json",
    "work/000001/read/finance.arrow",
    "history/finance/period=2017-12/000002.parquet",
    "archive/ab/.abcd.xlsx.77",
    "marts/v=000001/mart_finance/part-0.parquet",
)
NEEDED = "work/000001/validations/2017-12-finance.json"


def broken_off(root: Root, size: int = 1) -> None:
    run(root, 1, Sent(1))
    for name in (*NOT_NEEDED, NEEDED):
        (root.path / name).parent.mkdir(parents=True, exist_ok=True)
        (root.path / name).write_bytes(b"x" * (1 if name == NEEDED else size))


def test_what_nobody_needs_of_a_run_that_broke_off_is_removed_and_named(
    root: Root, caplog: pytest.LogCaptureFixture
) -> None:
    broken_off(root)
    freed = {one.kind: one.names for one in free_space(root)}
    assert freed == {
        "rows": ("history/finance/period=2017-12/000002.parquet",),
        "temporary": ("archive/ab/.abcd.xlsx.77",),
        "snapshot": ("000001",),
        "interrupted": ("work/000001/2017-12.json", "work/000001/read", "work/000002", "work/1.csv", "work/keep.77"),
    }
    assert not any((root.path / name).exists() for name in NOT_NEEDED)
    assert (root.path / NEEDED).exists()
    assert "work/keep.77" in caplog.text
    assert free_space(root) == ()


def test_nothing_of_a_run_that_is_at_work_is_removed(root: Root) -> None:
    broken_off(root)
    with root.lock(0):
        assert free_space(root) == ()
    assert all((root.path / name).exists() for name in NOT_NEEDED)


def test_a_disk_full_of_a_runs_own_scratch_is_freed_before_the_next_one_begins(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as refused:
        if refused is not None:
            pytest.skip(f"no disk can be mounted here: {refused}")
        root = Root(tmp_path / "disk" / "root")
        broken_off(root, 9 * 2**20)
        with pytest.raises(DiskError, match="needed to begin"):
            check_disk(root.path)
        check_space(root)
        (root.path / "archive" / "much").write_bytes(b"x" * 60 * 2**20)
        with pytest.raises(DiskError, match="needed to begin"):
            check_space(root)
