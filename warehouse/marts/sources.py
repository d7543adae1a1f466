"""What marts are made of: the store as of a moment, and the tables that follow from the codebook alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook, Dataset
from warehouse.codebook.model import Frequency
from warehouse.store import ledger
from warehouse.store.history import scan_rows
from warehouse.store.standing import as_of, in_force, rows_in_force

LEVELS = {"period": pl.String, "county_code": pl.String, "level": pl.String, "code": pl.String, "name_zh": pl.String}
DUE = {"period": pl.String, "dataset": pl.String, "county_code": pl.String, "due_on": pl.Date}


@dataclass(frozen=True)
class Sources:
    """The ledger's tables as of a moment, the history behind them, the codebook.

    `returns` has a row per decision on a return; the other tables of the ledger are those of `runs` as well.
    """

    book: Codebook
    history: Path
    returns: pl.DataFrame
    runs: list[str]
    rules: pl.DataFrame
    results: pl.DataFrame
    roll_ups: pl.DataFrame
    findings: pl.DataFrame

    @classmethod
    def of(cls, book: Codebook, history: Path, engine: sa.Engine, moment: datetime | None = None) -> Sources:
        """The store as it was known at a moment in UTC; as it is now for None."""
        returns = ledger.read_table(engine, ledger.RETURNS).lazy().pipe(as_of, moment).collect()
        known = ledger.read_table(engine, ledger.RUNS)
        if moment is not None:
            known = known.filter(pl.col("received_at") <= moment.replace(tzinfo=None))
        runs = known["run"].sort().to_list()
        tables = {
            table.name: ledger.read_table(engine, table).filter(pl.col("run").is_in(runs))
            for table in (ledger.RULES, ledger.RESULTS, ledger.ROLL_UPS, ledger.FINDINGS)
        }
        return cls(book, history, returns, runs, **tables)

    @cached_property
    def periods(self) -> list[str]:
        """The periods of which anything was decided."""
        return self.returns["period"].unique().sort().to_list()

    @cached_property
    def last_heard(self) -> date | None:
        """The day (UTC) of the newest decision; None before the first."""
        newest = self.returns["known_from"].max()
        return newest.date() if isinstance(newest, datetime) else None

    @cached_property
    def in_force(self) -> pl.LazyFrame:
        """One row per county x dataset x period: the return that counts."""
        return self.returns.lazy().pipe(in_force)

    def rows(self, dataset: Dataset) -> pl.LazyFrame:
        """The rows in force of a dataset, all periods, with the columns of its history."""
        return scan_rows(self.history, dataset, self.runs).pipe(rows_in_force, self.returns.lazy(), dataset.dataset)

    @cached_property
    def levels(self) -> pl.LazyFrame:
        """Where each county is counted: itself, its prefecture, the province, its groups; a row each and period."""
        rows = [(period, *at) for period in self.periods for at in _levels(self.book, int(period[:4]))]
        return pl.LazyFrame(rows, LEVELS, orient="row")

    @cached_property
    def due(self) -> pl.LazyFrame:
        """One row per period x dataset x county that owes the return, with the last day to send it."""
        rows = [(p, *row) for p in self.periods for row in _due(self.book, p)]
        frame = pl.LazyFrame(rows, {**DUE, "due_on": pl.Int64}, orient="row")
        ends_on = pl.col("period").add("-01").str.to_date().dt.month_end()
        return frame.with_columns(due_on=ends_on + pl.duration(days=pl.col("due_on")))

    def coverage(self, dataset: Dataset) -> pl.LazyFrame:
        """One row per period x county that owes the dataset: counted says whether a return of it is in force."""
        counted = self.in_force.filter(pl.col("dataset") == dataset.dataset).select(
            "period", "county_code", "status", "receipt", counted=pl.lit(value=True)
        )
        return (
            self.due.filter(pl.col("dataset") == dataset.dataset)
            .select("period", "county_code")
            .join(counted, on=["period", "county_code"], how="left")
            .with_columns(pl.col("counted").fill_null(value=False))
        )


def _levels(book: Codebook, year: int) -> list[tuple[str, str, str, str]]:
    divisions = book.in_force(year)
    own = [(d.county_code, "county", d.county_code, d.name_zh) for d in divisions]
    prefectures = [(d.county_code, "prefecture", d.prefecture_code, d.prefecture_zh) for d in divisions]
    groups = [
        (d.county_code, name, f"{d.county_code[:2]}0000" if name == "province" else name, group.label_zh)
        for name, group in book.groups.items()
        for d in book.members(name, year)
    ]
    return own + prefectures + groups


def _due(book: Codebook, period: str) -> list[tuple[str, str, int]]:
    year, month = int(period[:4]), int(period[5:])
    return [
        (dataset.dataset, division.county_code, dataset.due_days)
        for dataset in book.datasets.values()
        if month in Frequency(dataset.frequency).months
        for division in book.members(dataset.owed_by, year)
    ]
