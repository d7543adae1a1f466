"""What the codebook and the calendar say of a row's county and period. Does not belong here: any other return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from warehouse.codebook import Dataset
from warehouse.store.prior_state import PriorState


@dataclass(frozen=True)
class PeriodEnd:
    """The last day of the period, as `period_end`."""

    columns: tuple[str, ...] = ()
    absent: ClassVar[None] = None
    of_peers: ClassVar[bool] = False

    def partner(self, dataset: Dataset) -> str:
        """The form itself: no other return is looked at."""
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        """What `period_end` is called in zh and en; None for any other column."""
        return ("报告期末", "end of the period") if name == "period_end" else None

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:  # noqa: ARG002
        """`rows` with `period_end`, a date, never null."""
        return rows.with_columns(period_end=period_end(period))


@dataclass(frozen=True)
class Membership:
    """Whether the county belongs to a group of the codebook in the period's year: 1 or 0, as `in_` + group."""

    group: str
    columns: tuple[str, ...] = ()
    absent: ClassVar[None] = None
    of_peers: ClassVar[bool] = False

    @property
    def flag(self) -> str:
        """The column that says whether the county belongs to the group."""
        return f"in_{self.group}"

    def partner(self, dataset: Dataset) -> str:
        """The form itself: no other return is looked at."""
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        """What the flag is called in zh and en; None for any other column."""
        return ("属于名单(1 是 0 否)", "on the list (1 yes, 0 no)") if name == self.flag else None

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:  # noqa: ARG002
        """`rows` with the flag: 1 for a member in the period, else 0; never null."""
        codes = [d.county_code for d in known.book.members(self.group, period)]
        return rows.with_columns(pl.col("county_code").is_in(codes).cast(pl.Int8).alias(self.flag))


def period_end(period: str) -> pl.Expr:
    """The last day of a calendar month."""
    return pl.lit(f"{period}-01").str.to_date().dt.month_end()
