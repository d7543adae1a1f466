"""Corrections: what would set a return right that was found wrong, cell by cell. Nobody makes them but the county."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Codebook
from warehouse.marts.mart_findings import days, overtaken
from warehouse.marts.roll_up import DECIMAL
from warehouse.marts.sources import Sources
from warehouse.store.in_force import RETURN


def build(sources: Sources) -> pl.LazyFrame:
    """One row per finding x proposal x cell that it would change; by period.

    The changes of one proposal have one `proposal_rank`, 1 being the likeliest, and belong together. `found` and
    `value` are in base units (`unit`), `how` is the slip that the change undoes. Of a return that was judged again, the
    proposals of the last time. `run` is the run that found it, on the day `found_on` (UTC).
    """
    columns = [c.column for c in sources.columns("mart_corrections")]
    at = ["run", "receipt", *RETURN]
    return (
        sources.proposals.lazy()
        .join(overtaken(sources), on=at, how="anti", maintain_order="left")
        .join(_units(sources.book), on=["dataset", "indicator"], how="left", maintain_order="left")
        .join(days(sources.run_list, "run", "found_on"), on="run", how="left", maintain_order="left")
        .sort("period", "receipt", maintain_order=True)
        .with_columns(pl.col("found", "value").cast(DECIMAL))
        .select(columns)
    )


def _units(book: Codebook) -> pl.LazyFrame:
    """One row per dataset and indicator, with its base unit."""
    units = [(d.dataset, i.column, i.unit.unit) for d in book.datasets.values() for i in d.indicators]
    return pl.LazyFrame(units, dict.fromkeys(("dataset", "indicator", "unit"), pl.String), orient="row")
