"""The files of rows of history and quarantine: which of them count.

A run writes `<run>.parquet` into the folder of a dataset and period. A compaction, a run of its own, writes
`<run>.compact.parquet`: committed, it stands for all files of its folder by runs before it. These are then in nobody's
way, whether they are removed already or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from warehouse.store.files import found

OWN = ".parquet"
MERGED = ".compact.parquet"
# From so many files of a dataset and period on, reading them takes long enough to merge them.
AT_LEAST = 8


def run_of(path: Path) -> str:
    """The run that wrote the file."""
    return path.name.split(".", maxsplit=1)[0]


def is_merged(path: Path) -> bool:
    """Whether a file of rows is one that a compaction made."""
    return path.name.endswith(MERGED)


@dataclass(frozen=True)
class RowFiles:
    """The files of one folder: those that count, oldest run first; those that a compaction has taken the place of; and
    those of runs that never counted.
    """

    counting: tuple[Path, ...]
    superseded: tuple[Path, ...]
    uncommitted: tuple[Path, ...]

    @classmethod
    def of(cls, paths: Iterable[Path], runs: Collection[str]) -> RowFiles:
        """The files of a folder, when these runs are committed."""
        there = sorted(paths)
        committed = [path for path in there if run_of(path) in runs]
        last = max((run_of(path) for path in committed if is_merged(path)), default="")
        counting = tuple(path for path in committed if run_of(path) > last or path.name == f"{last}{MERGED}")
        return cls(
            counting=counting,
            superseded=tuple(path for path in committed if path not in counting),
            uncommitted=tuple(path for path in there if run_of(path) not in runs),
        )


def row_files(folders: Iterable[Path], runs: Iterable[str]) -> Iterator[RowFiles]:
    """The files below the root's history and quarantine, or either, folder by folder."""
    committed = frozenset(runs)
    for folder in folders:
        paths = found(folder, f"*/period=*/*{OWN}")
        yield from (RowFiles.of(own, committed) for _, own in groupby(paths, key=lambda path: path.parent))
