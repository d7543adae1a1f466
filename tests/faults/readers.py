"""Readers at work while snapshots are published and pruned under them: each must see one snapshot, whole."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from tests.builders import BOOK
from warehouse.marts.partitions import Partition
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.prune import DAY, prune
from warehouse.snapshots.publish import Plan, publish
from warehouse.store.files import Root

# Columns of two marts that have the number of the snapshot in every row.
MARKED = {"mart_relocation": "villages_planned", "mart_scorecard": "counties_due"}
PERIODS = [f"2017-{month:02}" for month in range(1, 7)]
COUNTIES = 50
GRACE_SECONDS = 3
PRUNE_EVERY = 5
LIMIT_SECONDS = 300
FILLED = {"text": "-", "boolean": True, "date": date(2017, 12, 31)}
# Marks of all rows that a read saw, and the version that it went by, where it went by one.
Seen = tuple[set[int], int | None]
Read = Callable[[Root], Seen]


def plan(number: int) -> Plan:
    """A snapshot in every row of which its number stands; the mart of periods has one for each of them."""
    filled = {
        name: {c.column: FILLED.get(c.dtype, number) for c in BOOK.marts[name]} | {mark: number}
        for name, mark in MARKED.items()
    }
    schemas = {name: {c.column: c.polars for c in BOOK.marts[name]} for name in MARKED}
    whole = pl.DataFrame([filled["mart_scorecard"]] * COUNTIES, schemas["mart_scorecard"])
    parts = {Partition("mart_scorecard"): whole}
    for period in PERIODS:
        rows = [filled["mart_relocation"] | {"period": period}] * COUNTIES
        parts[Partition("mart_relocation", period, split=True)] = pl.DataFrame(rows, schemas["mart_relocation"])
    return Plan(
        f"{number:06}", dict.fromkeys(parts, str(number)), lambda wanted: ((part, parts[part]) for part in wanted)
    )


# --- ways to read --------------------------------------------------------------------------------------------------


def with_duckdb(root: Root) -> Seen:
    """Through `marts.duckdb`, opened once, as the documents say."""
    with duckdb.connect(str(root.marts / "marts.duckdb"), read_only=True) as database:
        (version,) = database.execute("SELECT version FROM snapshot").fetchone() or ("0",)
        asked = (f"SELECT DISTINCT {mark} FROM {name}" for name, mark in MARKED.items())
        return {mark for query in asked for (mark,) in database.execute(query).fetchall()}, int(version)


def with_polars(root: Root) -> Seen:
    """Through the manifest, resolved once, as the documents say."""
    manifest = read_manifest(root)
    assert manifest is not None
    frames = [manifest.scan(root, name).select(pl.col(mark).unique()) for name, mark in MARKED.items()]
    return {mark for frame in pl.collect_all(frames) for (mark,) in frame.iter_rows()}, int(manifest.version)


def through_the_link(root: Root) -> Seen:
    """What the documents say not to do: a glob for each mart through `current`."""
    paths = (root.marts / "current" / name for name in MARKED)
    asked = (f"SELECT DISTINCT {mark} FROM read_parquet('{path}/**/*.parquet')" for path, mark in _marked(paths))
    return {mark for query in asked for (mark,) in duckdb.sql(query).fetchall()}, None


def _marked(paths: Iterator[Path]) -> Iterator[tuple[Path, str]]:
    return zip(paths, MARKED.values(), strict=True)


RIGHT: dict[str, Read] = {"duckdb": with_duckdb, "polars": with_polars}
WRONG: dict[str, Read] = {"a glob through current": through_the_link}
WAYS = RIGHT | WRONG


# --- counting ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reads:
    """What one way of reading came to: reads, those that failed, those that saw two snapshots or another than they
    went by, those under which a snapshot was published, and what was wrong with the first.
    """

    way: str
    reads: int
    errors: int
    mixed: int
    flipped: int
    first: str = ""

    @property
    def torn(self) -> int:
        return self.errors + self.mixed


@dataclass
class Published:
    """Snapshots that were published and removed under the readers."""

    flips: int = 0
    pruned: int = 0
    reads: list[Reads] = field(default_factory=list)


def read_often(way: str, folder: Path, times: int, flips: int) -> Reads:
    """Reads so often, one after the other, and on until so many snapshots were published under a read and the first one
    of all was pruned; not for ever.
    """
    root, counts, first, until = Root(folder), Counter[str](), "", time.monotonic() + LIMIT_SECONDS
    oldest = root.marts / f"{1:06}"
    while counts["reads"] < times or ((counts["flipped"] < flips or oldest.exists()) and time.monotonic() < until):
        counts["reads"] += 1
        before = _version(root)
        try:
            marks, version = WAYS[way](root)
        except (duckdb.Error, pl.exceptions.PolarsError, OSError) as error:
            counts["errors"] += 1
            first = first or str(error).split("\n", maxsplit=1)[0]
        else:
            if len(marks) != 1 or (version is not None and marks != {version}):
                counts["mixed"] += 1
                first = first or f"version {version}, rows of {sorted(marks)}"
        counts["flipped"] += _version(root) != before
    return Reads(way, counts["reads"], counts["errors"], counts["mixed"], counts["flipped"], first)


def _version(root: Root) -> str | None:
    manifest = read_manifest(root)
    return manifest.version if manifest else None


def publish_until(folder: Path, stop: Path) -> Published:
    """Publishes snapshot after snapshot, and prunes those that were superseded some seconds ago."""
    root, done = Root(folder), Published()
    while not stop.exists():
        with root.lock(0):
            number = int(_version(root) or 0) + 1
            publish(root, plan(number), BOOK)
            done.flips += 1
            if not number % PRUNE_EVERY:
                done.pruned += len(prune(root, GRACE_SECONDS / DAY, time.time()).removed)
    return done


def read_while_published(folder: Path, reads: int, flips: int, ways: dict[str, Read]) -> Published:
    """So many reads in all, or more until so many flips under reads of each way, which has a process of its own, while
    another one publishes.
    """
    stop, root = folder / "stop", Root(folder / "root")
    publish(root, plan(1), BOOK)
    with _processes(len(ways) + 1) as processes:
        publishing = processes.submit(publish_until, root.path, stop)
        reading = [processes.submit(read_often, way, root.path, reads // len(ways), flips) for way in ways]
        with stopped_by(stop, publishing):
            counted = [one.result() for one in reading]
    done = publishing.result()
    return Published(done.flips, done.pruned, counted)


@contextmanager
def stopped_by(stop: Path, publishing: Future[Published]) -> Iterator[None]:
    """Tells the publisher to end, whatever comes of the readers."""
    try:
        yield
    finally:
        stop.touch()
        publishing.exception()


def _processes(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.readers"])
    return ProcessPoolExecutor(workers, mp_context=context)
