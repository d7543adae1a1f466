"""Which files of rows count: those of committed runs; of a folder that was compacted the merged one and later ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import BOOK, TIANZHEN
from tests.small_store import Sent, rows, run
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.history import scan_rows
from warehouse.store.row_files import MERGED, OWN, RowFiles, is_merged, row_files, run_of


def split(names: str, runs: str) -> tuple[str, str, str]:
    """Which of these files count, are superseded, are of no run; a c behind a number is a merged one."""
    paths = [Path(f"{name[0]:0>6}{MERGED if name.endswith('c') else OWN}") for name in names.split()]
    found = RowFiles.of(paths, {f"{number:0>6}" for number in runs.split()})

    def short(files: tuple[Path, ...]) -> str:
        return " ".join(f"{int(run_of(path))}{'c' if is_merged(path) else ''}" for path in files)

    return short(found.counting), short(found.superseded), short(found.uncommitted)


@pytest.mark.parametrize(
    ("names", "runs", "counting", "superseded", "uncommitted"),
    [
        ("", "", "", "", ""),
        ("1 2 3", "1 2 3", "1 2 3", "", ""),
        ("1 2 3", "1 3", "1 3", "", "2"),
        ("1 2 3c", "1 2 3", "3c", "1 2", ""),
        ("1 2 3c", "1 2", "1 2", "", "3c"),
        ("3c 4 5", "1 2 3 4 5", "3c 4 5", "", ""),
        ("1 3c 4 5c 6", "1 3 4 5 6", "5c 6", "1 3c 4", ""),
        ("3 3c", "3", "3c", "3", ""),
        ("1 3c 4 5c", "1 3 4", "3c 4", "1", "5c"),
        ("9", "", "", "", "9"),
    ],
)
def test_which_files_of_rows_count(names: str, runs: str, counting: str, superseded: str, uncommitted: str) -> None:
    assert split(names, runs) == (counting, superseded, uncommitted)


def test_folders_are_looked_at_one_by_one(root: Root) -> None:
    run(root, 1, Sent(1), Sent(2, 2, verdict="quarantined", county=TIANZHEN), Sent(3, period="2018-06"))
    run(root, 2, Sent(4, 4, version=2))
    found = list(row_files((root.history, root.quarantine), journal.runs(root)))
    names = [[path.relative_to(root.path).as_posix() for path in files.counting] for files in found]
    assert names == [
        ["history/finance/period=2017-12/000001.parquet", "history/finance/period=2017-12/000002.parquet"],
        ["history/finance/period=2018-06/000001.parquet"],
        ["quarantine/finance/period=2017-12/000001.parquet"],
    ]
    assert [len(files.uncommitted) for files in row_files([root.history], ["000002"])] == [1, 1]


def test_rows_of_history_are_those_of_committed_runs(root: Root) -> None:
    run(root, 1, Sent(1, 10))
    run(root, 2, Sent(2, 20, version=2))
    form = BOOK.datasets["finance"]
    lent = scan_rows(root.history, form, ["000001"]).collect()["loan_amount_yuan"].to_list()
    assert lent == [10]
    both = scan_rows(root.history, form, journal.runs(root)).collect()
    assert both["loan_amount_yuan"].to_list() == [10, 20]
    assert both.schema == rows().schema
