"""What the bare script of the nation's marts reads of a year: rows, decisions in force, who owes what."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from warehouse.codebook import Codebook, Dataset
from warehouse.store.history import schema

STATUS = pl.Enum(["provisional", "reported", "verified", "approved"])
HEAD = ["receipt", "county_code", "period", "version"]


@dataclass(frozen=True)
class Year:
    """What a year's marts are made of: the decisions in force of it and the one before, levels, who owes what."""

    book: Codebook
    history: Path
    year: int
    periods: list[str]
    returns: pl.DataFrame
    return_headers: pl.DataFrame
    levels: pl.DataFrame
    heard: date

    def columns(self, mart: str) -> list[str]:
        """What a mart has but for the day that its period ends on, which is added where it is written."""
        return [c.column for c in self.book.marts[mart] if c.column != "period_end"]

    def rows(self, dataset: Dataset, *, before: bool = False) -> pl.LazyFrame:
        """The rows in force of the year, or of it and the one before."""
        years = [self.year - 1, self.year] if before else [self.year]
        paths = sorted(p for y in years for p in (self.history / dataset.dataset).glob(f"period={y}-*/*.parquet"))
        return_headers = self.return_headers.lazy().filter(dataset=dataset.dataset).select(HEAD)
        if not paths:
            return pl.LazyFrame(schema=schema(dataset))
        return pl.scan_parquet(paths, hive_partitioning=False).join(return_headers, on=HEAD, how="semi")

    def owed(self, dataset: Dataset, *, before: bool = False) -> pl.LazyFrame:
        """Period x county that owes the return, with its status and whether it is in force."""
        years = {self.year - 1, self.year} if before else {self.year}
        months = dataset.frequency.months
        owed = [
            pl.DataFrame({"county_code": [d.county_code for d in self.book.members(dataset.owed_by, period)]}).select(
                pl.lit(period).alias("period"), "county_code"
            )
            for y in sorted(years)
            for m in months
            if dataset.due(period := f"{y}-{m:02}") and (period in self.periods or y < self.year)
        ]
        return_headers = self.return_headers.lazy().filter(dataset=dataset.dataset)
        counted = return_headers.select("period", "county_code", "status", counted=True)
        none = pl.DataFrame(schema=dict.fromkeys(("period", "county_code"), pl.String))
        return (
            pl.concat([none, *owed])
            .lazy()
            .join(counted, on=["period", "county_code"], how="left")
            .with_columns(pl.col("counted").fill_null(value=False), pl.col("status").cast(STATUS))
        )


def read_year(root: Path, book: Codebook, connection: sqlite3.Connection, year: int) -> Year:
    """The decisions of the year and the one before, and who is counted where."""
    query = (
        "SELECT run, receipt, dataset, county_code, period, status, rows, verdict, version, known_from, submission"
        f" FROM returns WHERE period >= '{year - 1}-01' AND period <= '{year}-12'"
    )
    whole = {"receipt": pl.Int64, "rows": pl.Int64, "version": pl.Int64}
    returns = pl.read_database(query, connection, schema_overrides=whole).with_columns(
        pl.col("known_from").str.to_datetime()
    )
    return_headers = returns.sort("receipt").unique(
        ["dataset", "county_code", "period"], keep="last", maintain_order=True
    )
    periods = returns.filter(pl.col("period") >= f"{year}")["period"].unique().sort().to_list()
    (heard,) = connection.execute("SELECT max(received_at) FROM runs").fetchone()
    levels = pl.concat(_levels(book, period) for period in periods)
    return Year(book, root / "history", year, periods, returns, return_headers, levels, date.fromisoformat(heard[:10]))


def _levels(book: Codebook, period: str) -> pl.DataFrame:
    counties = book.in_force(period)
    rows = [(d.county_code, "county", d.county_code, d.name_zh) for d in counties]
    rows += [(d.county_code, "prefecture", d.prefecture_code, d.prefecture_zh) for d in counties]
    for name, group in book.groups.items():
        codes = book.members(name, period)
        rows += [
            (d.county_code, name, f"{d.county_code[:2]}0000" if name == "province" else name, group.label_zh)
            for d in codes
        ]
    schema = dict.fromkeys(("county_code", "level", "code", "name_zh"), pl.String)
    return pl.DataFrame(rows, schema, orient="row").select(pl.lit(period).alias("period"), pl.all())
