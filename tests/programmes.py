"""Programmes by hand: the sources of marts in memory, with returns that are in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from tests.builders import BOOK, row
from warehouse.codebook import Codebook, Dataset
from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources
from warehouse.store import ledger
from warehouse.store.history import schema

Given = tuple[str, str, tuple[Mapping[str, Any], ...], str]  # county, period, rows, status
ABOVE = ("140000", "140200", "poverty_counties", "national_list", "national_key", "deep_poverty")
RECEIVED = datetime(2018, 7, 5)  # noqa: DTZ001  (as the ledger has it)


@dataclass(frozen=True)
class InMemory(Sources):
    """Sources whose history is a frame a dataset."""

    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def rows(self, dataset: Dataset) -> pl.LazyFrame:
        return self.frames.get(dataset.dataset, pl.DataFrame(schema=schema(dataset))).lazy()


def said(county: str, period: str, *rows: Mapping[str, Any], status: str = "reported") -> Given:
    return county, period, rows, status


def in_memory(name: str, *returns: Given, book: Codebook = BOOK) -> InMemory:
    """The sources, were these returns of one dataset all that is in force."""
    return_headers = [
        {"run": "1", "receipt": n, "dataset": name, "county_code": county, "period": period, "status": status,
         "nil": not rows, "rows": len(rows), "verdict": "accepted", "version": 1, "known_from": RECEIVED}
        for n, (county, period, rows, status) in enumerate(returns, start=1)
    ]  # fmt: skip
    rows = [
        {"receipt": n, "county_code": county, "period": period, "sheet": "表", "row": 2 + place, "version": 1,
         **row(name, **values)}
        for n, (county, period, given, _) in enumerate(returns, start=1)
        for place, values in enumerate(given)
    ]  # fmt: skip
    said = pl.DataFrame(return_headers, ledger.schema(ledger.RETURNS))
    return InMemory(
        book=book,
        history=Path("/nonexistent"),
        read=lambda table: said if table is ledger.RETURNS else pl.DataFrame(schema=ledger.schema(table)),
        runs=("1",),
        frames={name: pl.DataFrame(rows, schema(BOOK.datasets[name]))},
    )


def built(name: str, *returns: Given, book: Codebook = BOOK) -> pl.DataFrame:
    """The mart of a programme from these returns."""
    return programme(in_memory(name, *returns, book=book), name).collect()


def lent(county: str, period: str, lent: int | None, balance: int | None = None, **about: str) -> Given:
    return said(county, period, {"loan_amount_yuan": lent, "loan_balance_yuan": balance}, **about)


def lines(mart: pl.DataFrame, indicator: str, period: str, *columns: str, codes: Any = ABOVE) -> dict[str, Any]:
    """The columns of an indicator's lines, by code."""
    rows = mart.filter(pl.col("code").is_in(list(codes)), indicator=indicator, period=period)
    found = rows.select("code", *columns).rows()
    return {code: values[0] if len(columns) == 1 else tuple(values) for code, *values in found}


def people(county: str, period: str = "2017-12", **values: Any) -> Given:
    return said(county, period, values)
