"""A batch: all returns of one dataset and period in a run, joined with what their rules look at beyond the row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import polars as pl

from expectations.companions import Companion
from expectations.linear.row_rules import RowRules
from expectations.suites import companions_for
from warehouse.codebook import Dataset, Indicator
from warehouse.intake.formats.table import address
from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding
from warehouse.store.prior_state import PriorState

# A return within a batch: its receipt and county.
Key = tuple[int, str]
ZH, EN = 0, 1


@dataclass(frozen=True)
class Batch:
    """`rows`: one a data row, with `row_id` and the companions' columns. `layout`: where the columns of files stood.

    `at_reading` are the findings that reading made of this dataset and period, or of a whole table of it.
    """

    dataset: Dataset
    period: str
    return_headers: Mapping[Key, ReturnHeader]
    rows: pl.DataFrame
    companions: tuple[Companion, ...]
    layout: pl.DataFrame
    at_reading: tuple[Finding, ...]

    @classmethod
    def of(cls, reading: Reading, dataset: Dataset, period: str, known: PriorState) -> Batch:
        """The batch as it is judged now: companions are joined from what is known so far, but for those of peers."""
        return_headers = [h for h in reading.return_headers if (h.dataset, h.period) == (dataset.dataset, period)]
        companions = companions_for(dataset)
        keys = pl.LazyFrame(
            [(h.receipt, h.county_code) for h in return_headers],
            {"receipt": pl.Int64, "county_code": pl.String},
            orient="row",
        )
        rows = (
            reading.rows[dataset.dataset]
            .lazy()
            .filter(pl.col("period") == period)
            # A line that names no county is of no return; its whole table is quarantined for it.
            .join(keys, on=["receipt", "county_code"], how="semi", maintain_order="left")
            .with_row_index("row_id")
        )
        for companion in companions:
            if not companion.of_peers:
                rows = rows.pipe(companion.join, known, dataset, period)
        return cls(
            dataset=dataset,
            period=period,
            return_headers={(h.receipt, h.county_code): h for h in return_headers},
            rows=rows.collect(),
            companions=companions,
            layout=reading.layout,
            at_reading=tuple(
                f for f in reading.findings if f.dataset == dataset.dataset and f.period in (period, None)
            ),
        )

    def with_peers(self, known: PriorState) -> Batch:
        """The batch with the companions of peers too, once `known` has those of its own returns that were let in."""
        rows = self.rows.lazy()
        for companion in self.companions:
            if companion.of_peers:
                rows = rows.pipe(companion.join, known, self.dataset, self.period)
        return replace(self, rows=rows.collect())

    @cached_property
    def critical(self) -> RowRules:
        """What the critical rules demand of the numbers of its rows; made when something is found."""
        return RowRules.of(self.dataset, self.period, self.rows.schema)

    @cached_property
    def letters(self) -> dict[tuple[int, str | None, str], str]:
        """The letters of each column by receipt and sheet; made when something is found, which is seldom."""
        own = self.layout.filter(pl.col("receipt").is_in(self.rows["receipt"].unique().implode()))
        return {(receipt, sheet, column): letters for receipt, sheet, column, letters in own.iter_rows()}

    def row(self, row_id: int) -> dict[str, Any]:
        """A row by its `row_id`."""
        return self.rows.row(row_id, named=True)

    def return_header(self, row: Mapping[str, Any]) -> ReturnHeader:
        """The return that a row belongs to."""
        return self.return_headers[row["receipt"], row["county_code"]]

    def cells(self, row: Mapping[str, Any], columns: Iterable[str]) -> list[str]:
        """The addresses of a row's columns, those that the sheet has, from left to right."""
        if row["row"] is None:
            return []
        at = (self.letters.get((row["receipt"], row["sheet"], column)) for column in columns)
        known = sorted((letters for letters in at if letters), key=lambda letters: (len(letters), letters))
        return [address(letters, row["row"]) for letters in known]

    def label(self, name: str, language: int) -> str:
        """What a column is called in ZH or EN; a companion's after the column that it is of."""
        if name in self.dataset.columns:
            return (self.dataset[name].label_zh, self.dataset[name].label_en)[language]
        for companion in self.companions:
            label = companion.label(name)
            if label is not None:
                of = _named(companion, name)
                return label[language] + (self.label(of, language) if of else "")
        return name

    def indicator(self, name: str) -> Indicator | None:
        """What a column has values of: its own, or the one that a companion's is of; None of a flag, a day, a rank."""
        if name in self.dataset.columns:
            return self.dataset[name]
        labelled = (companion for companion in self.companions if companion.label(name) is not None)
        of = next((c for companion in labelled if (c := _named(companion, name))), None)
        return self.dataset[of] if of else None


def _named(companion: Companion, name: str) -> str | None:
    """The column that one of the companion's is of: `last_rotations_due` is not of `due`."""
    return max((c for c in companion.columns if name.endswith(c)), key=len, default=None)
