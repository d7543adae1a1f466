"""Two published snapshots compared: which marts differ, in which rows and cells, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook, load
from warehouse.codebook.mart_records import Mart
from warehouse.lineage.mart_diff import CAUSES, DIFFERENCES, differences, whys_of
from warehouse.lineage.reader import LineageReader
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import File, Manifest, read_manifest, read_snapshot, versions
from warehouse.store.files import Root
from warehouse.store.in_force import RETURN
from warehouse.store.ledger import RETURNS, read_table

CURRENT, PREVIOUS = "current", "previous"
# Where no decision explains a difference.
CODE, RULES, TIME = "code_change", "rule_change", "time_passed"
# Where the province approved a period, or opened it again.
RELEASED = "period_released"


@dataclass(frozen=True)
class MartDiff:
    """How a mart differs: files that are not the same, rows added and removed, cells changed."""

    mart: str
    files: int
    added: int
    removed: int
    cells: int


@dataclass(frozen=True)
class SnapshotDiff:
    """What differs between two snapshots; `differences` (DIFFERENCES) has a row per cell, or row, that does.

    `other_program` says that another version of the program made the second.
    """

    before: Manifest
    after: Manifest
    marts: tuple[MartDiff, ...]
    differences: pl.DataFrame

    @property
    def other_program(self) -> bool:
        """Whether another version of the program made the second."""
        return self.before.program != self.after.program


def compare_snapshots(store: LineageReader, first: str, second: str, only: str | None = None) -> SnapshotDiff:
    """Compares the snapshots of two versions (`000003`, `3`, `previous`, `current`), all marts or one.

    Raises PermanentError for a version that is not there (any more), or a mart that is none.
    """
    before, after = (_snapshot(store.root, name) for name in (first, second))
    book, engine = load(), store.ledger()
    if only is not None and only not in book.marts:
        raise PermanentError(f"there is no mart {only}; they are {', '.join(book.marts)}")
    causes = _causes(store.root, engine, before, after)
    chosen = {only} if only else {*before.marts, *after.marts} & {*book.marts}
    found, frames = [], [pl.DataFrame(schema=DIFFERENCES)]
    for name in sorted(chosen):
        files = list(_differing(before, after, name))
        if not files:
            continue
        frame = _compared(store.root, book, book.mart_list[name], files, causes)
        counts = {change: frame.filter(change=change).height for change in ("added", "removed", "changed")}
        found.append(MartDiff(name, len(files), counts["added"], counts["removed"], counts["changed"]))
        frames.append(frame)
    told = pl.concat(frames)
    return SnapshotDiff(before, after, tuple(found), _explained(told, before, after))


def _snapshot(root: Root, name: str) -> Manifest:
    last = read_manifest(root)
    if last is None:
        raise PermanentError(f"nothing is published yet in {root.path}")
    there = versions(root, last.version)
    asked = {CURRENT: last.version, PREVIOUS: there[-2] if len(there) > 1 else ""}.get(name, name.zfill(6))
    manifest = read_snapshot(root, asked) if asked in there else None
    if manifest is None:
        raise PermanentError(f"there is no snapshot {name}; there are {', '.join(there)}")
    return manifest


def _differing(before: Manifest, after: Manifest, mart: str) -> Iterator[tuple[File | None, File | None]]:
    """The files of a mart that are not the same in both, side by side; None where one has none."""
    sides = [{f.path.split("/", 1)[1]: f for f in manifest.files if f.mart == mart} for manifest in (before, after)]
    for path in sorted(sides[0].keys() | sides[1].keys()):
        pair = sides[0].get(path), sides[1].get(path)
        if pair[0] is None or pair[1] is None or pair[0].sha256 != pair[1].sha256:
            yield pair


def _compared(
    root: Root, book: Codebook, mart: Mart, files: list[tuple[File | None, File | None]], causes: pl.DataFrame
) -> pl.DataFrame:
    before, after = (_read(root, book, mart, (pair[side] for pair in files)) for side in (0, 1))
    whys = whys_of(book, mart, [c.column for c in book.marts[mart.mart]], causes)
    return differences(before, after, mart.keys, whys).select(pl.lit(mart.mart).alias("mart"), pl.all()).collect()


def _read(root: Root, book: Codebook, mart: Mart, files: Iterable[File | None]) -> pl.LazyFrame:
    """These files of a mart, with its columns of today: snapshots may be of other contracts."""
    schema = {c.column: c.polars for c in book.marts[mart.mart]}
    paths: list[Path] = [root.marts / file.path for file in files if file]
    if not paths:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(
        paths, schema=schema, missing_columns="insert", extra_columns="ignore", hive_partitioning=False, glob=False
    )


def _causes(root: Root, engine: sa.Engine, before: Manifest, after: Manifest) -> pl.DataFrame:
    """What was decided between two snapshots (CAUSES): why another return is in force, else `judged`."""
    first, last = sorted([before.run, after.run])
    newer = max(before, after, key=lambda manifest: manifest.version)
    decided = read_table(engine, RETURNS, RETURNS.c.run > first, RETURNS.c.run <= last).select(*RETURN).unique()
    turned = pl.DataFrame(schema={**CAUSES})
    # In contract 3 `mart_changes` had what `mart_versions` has.
    for name in [name for name in ("mart_versions", "mart_changes") if name in newer.marts][:1]:
        turned = newer.scan(root, name).filter(pl.col("run") > first).select(*CAUSES).unique().collect()
    others = decided.join(turned, on=RETURN, how="anti").with_columns(why=pl.lit("judged"))
    return pl.concat([turned, others.select(*CAUSES)])


def _explained(told: pl.DataFrame, before: Manifest, after: Manifest) -> pl.DataFrame:
    """The differences with what explains those that no decision on a return does: other code, other rules, the time
    that passed, what the province said of a period.
    """
    rules = not told.filter(mart="dim_rule").is_empty()
    otherwise = CODE if before.program != after.program else TIME
    of_rules = pl.col("mart").is_in(["dim_rule", "mart_quality", "mart_findings", "mart_roll_up_quality"])
    why = (
        pl.when(_of_releases())
        .then(pl.lit(RELEASED))
        .when(of_rules & rules)
        .then(pl.lit(RULES))
        .otherwise(pl.lit(otherwise))
    )
    return told.with_columns(pl.col("why").fill_null(why))


def _of_releases() -> pl.Expr:
    """Whether a difference is that a period is approved now, or no longer is."""
    of_status = pl.any_horizontal(pl.col(side).eq_missing(pl.lit("approved")) for side in ("before", "after"))
    named = pl.col("column").is_in(["period_status", "approved_on", "approved_by"]).fill_null(value=False)
    return named | (of_status & (pl.col("column") == "status")) | (pl.col("mart") == "mart_releases")
