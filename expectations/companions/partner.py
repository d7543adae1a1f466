"""Another form of the same county and period: what its rows come to, beside the summary that must agree with it.

Belongs here: the join and the ways to count and sum. Does not belong here: which form goes with which
(`expectations.suites`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from expectations.companions.codebook import period_end
from warehouse.codebook import Dataset
from warehouse.marts.roll_up import exact_sum
from warehouse.store.in_force import in_force, latest
from warehouse.store.journal_records import ACCEPTED
from warehouse.store.prior_state import PriorState

# What the rows of a return come to, given the period.
Aggregate = Callable[[str], pl.Expr]


def rows() -> Aggregate:
    """How many rows there are."""
    return lambda _: pl.len().cast(pl.Int64)


def entered_by_period_end(date: str) -> Aggregate:
    """How many rows have the date on or before the period's end."""
    return lambda period: (pl.col(date) <= period_end(period)).sum().cast(pl.Int64)


def counted(column: str, value: str) -> Aggregate:
    """How many rows have the value."""
    return lambda _: (pl.col(column) == value).sum().cast(pl.Int64)


def summed(column: str) -> Aggregate:
    """The sum over the rows of whole numbers, exact however large they are."""
    return lambda _: exact_sum(pl.col(column), pl.Int64())


@dataclass(frozen=True)
class Partner:
    """What another dataset's return comes to: `prefix` + each column of the summary in `aggregates`.

    The return of the same submission, else the one in force; none of each where it is nil. Absent where there is
    none, and where the submission's own was quarantined: an older one is then no measure of this summary.
    """

    dataset: str
    prefix: str
    name_zh: str
    name_en: str
    aggregates: Mapping[str, Aggregate]
    of_peers: ClassVar[bool] = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the summary that have a counterpart in the partner."""
        return tuple(self.aggregates)

    @property
    def absent(self) -> str:
        """The flag column: true where the partner is not there to compare with."""
        return f"{self.prefix}absent"

    def partner(self, dataset: Dataset) -> str:  # noqa: ARG002  (the partner is another dataset)
        """The other dataset, in zh and en."""
        return f"{self.name_zh} {self.name_en}"

    def label(self, name: str) -> tuple[str, str] | None:
        """What a joined column is called in zh and en, before the label of its own; None for any other column."""
        return (self.name_zh, f"{self.name_en}: ") if name.startswith(self.prefix) else None

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:  # noqa: ARG002
        """`rows` with what the partner comes to: zero where it is nil, null where it is absent; and the flag."""
        added = [f"{self.prefix}{column}" for column in self.columns]
        return (
            rows.pipe(self._which, known, period)
            .join(
                self._totals(known, period),
                left_on=["partner_receipt", "county_code"],
                right_on=["receipt", "county_code"],
                how="left",
                maintain_order="left",
            )
            # A return without rows is nil: none of each.
            .with_columns(
                pl.when(pl.col("partner_receipt").is_not_null()).then(pl.col(added).fill_null(0)),
                pl.col("partner_receipt").is_null().alias(self.absent),
            )
            .drop("partner_receipt")
        )

    def _which(self, rows: pl.LazyFrame, known: PriorState, period: str) -> pl.LazyFrame:
        """The rows with `partner_receipt`: the receipt of the return to look at, null where there is none."""
        decided = known.returns.lazy().filter(pl.col("dataset") == self.dataset, pl.col("period") == period)
        own = decided.pipe(latest).select("receipt", "county_code", accepted=pl.col("verdict").is_in(ACCEPTED))
        standing = decided.pipe(in_force).select("county_code", standing="receipt")
        partner = pl.when("accepted").then("receipt").when(pl.col("accepted").is_null()).then("standing")
        return (
            rows.join(own, on=["receipt", "county_code"], how="left", maintain_order="left")
            .join(standing, on="county_code", how="left", maintain_order="left")
            .with_columns(partner_receipt=partner)
            .drop("accepted", "standing")
        )

    def _totals(self, known: PriorState, period: str) -> pl.LazyFrame:
        """What each accepted return of the partner comes to: receipt, county_code, the columns."""
        accepted = known.accepted_rows(known.book.datasets[self.dataset]).filter(pl.col("period") == period)
        return accepted.group_by("receipt", "county_code").agg(
            aggregate(period).alias(f"{self.prefix}{column}") for column, aggregate in self.aggregates.items()
        )
