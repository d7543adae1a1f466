"""Bounds over a county's own accepted past. Does not belong here: its last value alone (`last.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from expectations.companions import robust
from warehouse.codebook import Dataset
from warehouse.codebook.succession import edition_of, succession
from warehouse.store.prior_state import PriorState

# Half a year of monthly returns, three years of half-yearly ones: with fewer, a median absolute deviation is a guess.
FEWEST_EARLIER = 6
# A count of one or two may well become three or four: its scale is at least one.
LEAST_SCALE_OF_COUNT = 1.0
LOW, HIGH = "history_low_", "history_high_"


@dataclass(frozen=True)
class HistoryBounds:
    """Bounds of each column over the county's accepted values of all earlier periods: `history_low_`, `history_high_`.

    Null with fewer than six earlier values, and where their median is zero: nothing then says what is much. The scale
    is at least a fifth of the median, and of a count at least one. The past follows a county through a change of its
    code; one that was merged from several starts anew, and every party to a split does.
    """

    columns: tuple[str, ...]
    absent: ClassVar[None] = None
    of_peers: ClassVar[bool] = False

    def partner(self, dataset: Dataset) -> str:
        """The form itself: its own past."""
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        """What a bound is called in zh and en, before its column's label; None for any other column."""
        if name.startswith(LOW):
            return "历史下限:", "the past's lower bound of "
        return ("历史上限:", "the past's upper bound of ") if name.startswith(HIGH) else None

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with both bounds of each column, as floats; null where there are none."""
        earlier = known.accepted(dataset).filter(pl.col("period") < period)
        periods = earlier["period"].unique().to_list()
        if len(periods) < FEWEST_EARLIER:
            return rows.with_columns(pl.lit(None, pl.Float64).alias(n) for n in self._names())
        past = (
            known.rows(dataset)
            .filter(pl.col("period") < period)
            .with_columns(edition_of(known.book, periods))
            .rename({"county_code": "ancestor_code"})
            .join(_continued(known, periods, period), on=["ancestor_code", "edition"])
            .group_by("county_code", *dataset.keys)
            .agg(limit for column in self.columns for limit in _limits(dataset, column))
        )
        return rows.join(past, on=["county_code", *dataset.keys], how="left", maintain_order="left")

    def _names(self) -> list[str]:
        return [f"{side}{column}" for column in self.columns for side in (LOW, HIGH)]


def _continued(known: PriorState, periods: list[str], period: str) -> pl.LazyFrame:
    """Counties that are what one county was, under the same code or another: county_code, ancestor_code, edition."""
    lines = succession(known.book, periods, period).lazy()
    alone = pl.len().over("county_code", "edition") == 1
    return lines.filter(alone, "whole").select("county_code", "ancestor_code", "edition")


def _limits(dataset: Dataset, column: str) -> tuple[pl.Expr, pl.Expr]:
    value = pl.col(column).cast(pl.Float64)
    floor = robust.relative(value)
    if dataset[column].unit.dtype == "count" and dataset[column].kind == "stock":
        floor = pl.when(value.median() > 0).then(pl.max_horizontal(floor, pl.lit(LEAST_SCALE_OF_COUNT))).otherwise(0.0)
    low, high = robust.bounds(value, floor, FEWEST_EARLIER)
    return low.alias(f"{LOW}{column}"), high.alias(f"{HIGH}{column}")
