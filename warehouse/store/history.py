"""Accepted history and quarantine: the rows of judged returns, one Parquet file a run, dataset and period.

A file counts from the moment its run stands in the journal; what a crash left is of no run and is removed. A compaction
merges the files of a dataset and period into one (`row_files.py`, `compact.py`); each row there says its run.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.layout.row_frames import PROVENANCE, Schema
from warehouse.store.files import found, write_durably
from warehouse.store.journal_records import ReturnDecision
from warehouse.store.row_files import OWN, RowFiles, is_merged, row_files, run_of

ROW_GROUP = 100_000
KEPT: Schema = {**PROVENANCE, "return_status": pl.String, "known_from": pl.Datetime("us"), "version": pl.Int64}


def schema(dataset: Dataset) -> Schema:
    """The columns of a dataset's history: provenance, return_status, known_from, version, then the form's own."""
    return {**KEPT, **dataset.dtypes}


def write_rows(folder: Path, dataset: Dataset, period: str, run: str, rows: pl.DataFrame) -> Path | None:
    """Writes a run's rows of one dataset and period, in the order of receipt, sheet and row; None if there are none.

    `folder` is the root's history or quarantine. The same rows give the same bytes.
    """
    if rows.is_empty():
        return None
    path = folder / dataset.dataset / f"period={period}" / f"{run}{OWN}"
    ordered = rows.select(*schema(dataset)).sort("receipt", "sheet", "row", "county_code", nulls_last=True)
    write_durably(path, to_parquet(ordered))
    return path


def to_parquet(ordered: pl.DataFrame) -> bytes:
    """The rows as a file of history, in their order; the same rows give the same bytes."""
    buffer = io.BytesIO()
    ordered.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
    return buffer.getvalue()


def scan_rows(
    folder: Path, dataset: Dataset, runs: Iterable[str], periods: Iterable[str] | None = None
) -> pl.LazyFrame:
    """The rows of a dataset of these periods (None: of all), with its columns of today; typed though there be none.

    `runs` are all that are committed, and the one at hand: which rows are meant of them, decisions tell
    (`in_force.py`). For a compaction merges the rows of many runs, those of a moment with later ones.

    A column that came into the form after a file was written is blank there; one that the form no longer has is left.
    """
    counted, own = frozenset(runs), folder / dataset.dataset
    folders = found(own, "period=*") if periods is None else (own / f"period={period}" for period in periods)
    return _scan(
        [p for f in sorted(folders) for p in RowFiles.of(found(f, f"*{OWN}"), counted).counting], schema(dataset)
    )


def scan_run(folder: Path, dataset: Dataset, runs: Collection[str], run: str, period: str) -> pl.LazyFrame:
    """The rows of a dataset and period that one run wrote, wherever they are kept now; as `scan_rows` gives them.

    `runs` are all that are committed.
    """
    columns = schema(dataset)
    files = RowFiles.of(found(folder / dataset.dataset / f"period={period}", f"*{OWN}"), runs).counting
    own = [path for path in files if run_of(path) == run and not is_merged(path)]
    if own:
        return _scan(own, columns)
    merged = [path for path in files if is_merged(path)]
    return _scan(merged, {**columns, "run": pl.String}).filter(run=run).select(*columns)


def _scan(paths: list[Path], columns: Schema) -> pl.LazyFrame:
    if not paths:
        return pl.LazyFrame(schema=columns)
    return pl.scan_parquet(
        paths, schema=columns, missing_columns="insert", extra_columns="ignore", hive_partitioning=False, glob=False
    )


def remove_superseded(folders: Iterable[Path], runs: Iterable[str]) -> list[Path]:
    """Removes files that a compaction has taken the place of; returns them."""
    gone = [path for files in row_files(folders, runs) for path in files.superseded]
    for path in gone:
        path.unlink()
    return gone


def known_from(moment: datetime) -> pl.Expr:
    """The moment as it stands in a history column: UTC, without a zone."""
    return pl.lit(moment.replace(tzinfo=None), dtype=pl.Datetime("us"))


def with_decisions(rows: pl.DataFrame, decisions: Iterable[ReturnDecision], moment: datetime) -> pl.DataFrame:
    """The rows of a dataset and period with the status, version and known_from of their return.

    No version for one that was not accepted; neither version nor status for a row that is of no return decided here.
    """
    return_headers = pl.DataFrame(
        [(d.receipt, d.county_code, d.status, d.version) for d in decisions],
        {"receipt": pl.Int64, "county_code": pl.String, "return_status": pl.String, "version": pl.Int64},
        orient="row",
    )
    return rows.join(return_headers, on=["receipt", "county_code"], how="left", maintain_order="left").with_columns(
        known_from=known_from(moment)
    )
