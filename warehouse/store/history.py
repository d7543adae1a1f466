"""Accepted history and quarantine: the rows of judged returns, one Parquet file a run, dataset and period.

A file counts from the moment its run stands in the journal; what a crash left is of no run and is removed.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import polars as pl

from warehouse.codebook import Dataset
from warehouse.intake.rows import PROVENANCE, Schema
from warehouse.store.files import write_durably
from warehouse.store.records import ReturnDecision

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
    path = folder / dataset.dataset / f"period={period}" / f"{run}.parquet"
    ordered = rows.select(*schema(dataset)).sort("receipt", "sheet", "row", "county_code", nulls_last=True)
    buffer = io.BytesIO()
    ordered.write_parquet(buffer, compression="zstd", statistics=True, row_group_size=ROW_GROUP)
    write_durably(path, buffer.getvalue())
    return path


def scan_rows(
    folder: Path, dataset: Dataset, runs: Iterable[str], periods: Iterable[str] | None = None
) -> pl.LazyFrame:
    """The rows of a dataset that these runs wrote, of these periods (None: of all), with its columns of today; typed
    though there be none.

    A column that came into the form after a file was written is blank there; one that the form no longer has is left.
    """
    counted, own = set(runs), folder / dataset.dataset
    folders = own.glob("period=*") if periods is None else (own / f"period={period}" for period in periods)
    paths = sorted(p for f in folders for p in f.glob("*.parquet") if p.stem in counted)
    if not paths:
        return pl.LazyFrame(schema=schema(dataset))
    return pl.scan_parquet(
        paths, schema=schema(dataset), missing_columns="insert", extra_columns="ignore", hive_partitioning=False
    )


def remove_uncommitted(folders: Iterable[Path], runs: Iterable[str]) -> list[Path]:
    """Removes files of runs that never reached the journal; returns them."""
    committed = set(runs)
    left = [p for folder in folders for p in folder.glob("*/period=*/*.parquet") if p.stem not in committed]
    for path in left:
        path.unlink()
    return left


def known_from(moment: datetime) -> pl.Expr:
    """The moment as it stands in a history column: UTC, without a zone."""
    return pl.lit(moment.replace(tzinfo=None), dtype=pl.Datetime("us"))


def with_decisions(rows: pl.DataFrame, decisions: Iterable[ReturnDecision], moment: datetime) -> pl.DataFrame:
    """The rows of a dataset and period with the status, version and known_from of their return.

    No version for one that was not accepted; neither version nor status for a row that is of no return decided here.
    """
    heads = pl.DataFrame(
        [(d.receipt, d.county_code, d.status, d.version) for d in decisions],
        {"receipt": pl.Int64, "county_code": pl.String, "return_status": pl.String, "version": pl.Int64},
        orient="row",
    )
    return rows.join(heads, on=["receipt", "county_code"], how="left", maintain_order="left").with_columns(
        known_from=known_from(moment)
    )
