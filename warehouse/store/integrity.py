"""Whether a kept file is what is named: each fault with its file, what was expected and found, and what to do about it.

A run looks before it begins and publishes nothing over a fault: at all that has changed since the last snapshot was
published, as the system's own time of it says (`st_ctime`), and at what it reads. Verifying looks at everything.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from warehouse.messages.errors import StoreError
from warehouse.store.archive import AGAIN, hash_file, hash_once
from warehouse.store.files import Root

Kind = Literal["changed", "missing", "unreadable", "unnamed", "forgotten"]
BATCH = 200
KINDS: dict[Kind, tuple[str, str]] = {
    "changed": ("内容已变", "has changed"),
    "missing": ("缺失", "is missing"),
    "unreadable": ("无法读取", "cannot be read"),
    "forgotten": ("已登记永久删除而仍在", "was forgotten and is still there"),
    "unnamed": ("无任何日志条目载明", "is named by no entry of the journal"),
}
RESTORE = ("请从备份恢复", "restore it from a backup")
REBUILD = (
    "请运行 xianbao rebuild --in-place,或从备份恢复",
    "say xianbao rebuild --in-place, or restore it from a backup",
)
RUN = ("下次 xianbao run 将自动修复", "the next xianbao run mends it")
TO_DO = {
    "history": REBUILD,
    "quarantine": REBUILD,
    "archive": AGAIN,
    "marts": (
        "请删除 marts/manifest.json 后运行 xianbao run,重新发布",
        "delete marts/manifest.json and say xianbao run: everything is published anew",
    ),
    "marts/marts.duckdb": RUN,
    "marts/current": RUN,
    "ledger.db": RUN,
    "forgotten": (
        "下次 xianbao run 将删除;在备份中由下次 xianbao backup 删除",
        "the next xianbao run removes it, from a backup the next xianbao backup",
    ),
    "reports": (
        "请删除该批次的报告文件夹;最后一个批次的报告由下次 xianbao run 补写",
        "delete the run's report folder; that of the last run is written again by the next xianbao run",
    ),
}


class IntegrityFault(BaseModel):
    """One file that is not as it was kept; `path` is below the root."""

    model_config = ConfigDict(frozen=True)

    path: str
    kind: Kind
    expected: str
    found: str
    message_zh: str
    message_en: str

    @classmethod
    def of(cls, path: str, kind: Kind, expected: str, found: str) -> IntegrityFault:
        """The fault with its sentences: what is wrong, what was expected and found, what to do about it."""
        what_zh, what_en = KINDS[kind]
        to_do = (
            RUN
            if kind == "unnamed" and path.startswith(("history", "quarantine"))
            else TO_DO.get(kind, TO_DO.get(path, TO_DO.get(path.split("/", maxsplit=1)[0], RESTORE)))
        )
        return cls(
            path=path,
            kind=kind,
            expected=expected,
            found=found,
            message_zh=f"{path} {what_zh}:应为 {expected},实为 {found}。{to_do[0]}。",
            message_en=f"{path} {what_en}: expected {expected}, found {found}; {to_do[1]}.",
        )


def file_faults(root: Root, files: Mapping[str, str | None], since: int = -1) -> Iterator[IntegrityFault]:
    """What is wrong with files, named by their path below the root: gone, or not with their SHA-256. Those for which
    there is none are only read.

    Those that have not changed since then (nanoseconds) are taken for what they were. Hashing is done on all cores,
    for it leaves the interpreter free. Where it is a run that looks, raises OSError for what the system refuses (leave,
    open files, memory): that is no fault of a file.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(lambda batch: [_look_at(root, one, since) for one in batch], _batches(files.items())):
            yield from (fault for fault in found if fault is not None)


def refuse(faults: Iterator[IntegrityFault]) -> None:
    """Raises StoreError for the first fault: nothing is judged or published over it."""
    if (first := next(faults, None)) is not None:
        raise StoreError(f"{first.message_zh} {first.message_en}")


def _look_at(root: Root, named: tuple[str, str | None], since: int) -> IntegrityFault | None:
    name, sha256 = named
    path, expected = root.path / name, f"SHA-256 {sha256}" if sha256 else "a Parquet file"
    try:
        if path.stat().st_ctime_ns <= since:
            return None
        if sha256 is None:
            pl.read_parquet(path, hive_partitioning=False, glob=False)
            return None
        found = hash_file(path) if since < 0 else hash_once(path)
    except FileNotFoundError:
        return IntegrityFault.of(name, "missing", expected, "none")
    except (OSError, pl.exceptions.PolarsError) as error:
        if since >= 0 and isinstance(error, OSError) and error.errno not in (None, errno.EIO):
            raise  # a run says what the system lacks; the file may be as it was
        return IntegrityFault.of(name, "unreadable", expected, str(error))
    return None if found == sha256 else IntegrityFault.of(name, "changed", expected, f"SHA-256 {found}")


def _batches(files: Iterable[tuple[str, str | None]]) -> Iterator[list[tuple[str, str | None]]]:
    """The files a few hundred at a time: a job for each one would take as long as hashing it."""
    left = iter(files)
    while batch := list(islice(left, BATCH)):
        yield batch
