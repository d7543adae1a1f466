"""Bounds over a county's peers: what is in force of the same period, the county's own value among them.

A quarantined return is no peer, but is itself compared. Does not belong here: the county's own past (`history.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from expectations.companions import robust
from warehouse.codebook import Dataset
from warehouse.store.prior_state import PriorState

# With fewer than eight the median absolute deviation says little: one odd peer moves it by half.
FEWEST_PEERS = 8
# Percentage points: rates are given to one decimal, and peers may all but agree.
LEAST_SCALE_OF_RATE = 0.3
LOW, HIGH = "peers_low", "peers_high"


@dataclass(frozen=True)
class PeerBounds:
    """Bounds of a rate over the counties of the province that are, or are not, on the poverty list as it is.

    Null with fewer than eight peers. The scale is at least 0.3 percentage points.
    """

    column: str
    low: str = LOW
    high: str = HIGH
    absent: ClassVar[None] = None
    of_peers: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The rate that is held against the bounds."""
        return (self.column,)

    def partner(self, dataset: Dataset) -> str:
        """The form itself, of other counties."""
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        """What a bound is called in zh and en; None for any other column."""
        return {
            self.low: ("同类县下限", "the peers' lower bound"),
            self.high: ("同类县上限", "the peers' upper bound"),
        }.get(name)

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with both bounds, as floats; null with too few peers and for a county that is not in force."""
        book = known.book
        listed = {d.county_code for d in book.members("poverty_counties", period)}
        value = pl.col(self.column).cast(pl.Float64)
        limits = robust.bounds(value, pl.lit(LEAST_SCALE_OF_RATE), FEWEST_PEERS)
        classes = {d.county_code: str(d.county_code in listed) for d in book.in_force(period)}
        return _join(rows, known.rows(dataset).filter(pl.col("period") == period), classes, self, limits)


@dataclass(frozen=True)
class PeerRatio:
    """Bounds of a ratio of two columns over the counties of the same prefecture.

    Null with fewer than eight peers whose denominator is above zero. The scale is at least a fifth of the median.
    """

    numerator: str
    denominator: str
    low: str = LOW
    high: str = HIGH
    absent: ClassVar[None] = None
    of_peers: ClassVar[bool] = True

    @property
    def columns(self) -> tuple[str, ...]:
        """The numerator and the denominator."""
        return (self.numerator, self.denominator)

    @property
    def relation(self) -> str:
        """What is held against the bounds, as a relation."""
        return f"{self.low} <= {self.numerator} / {self.denominator} <= {self.high}"

    def partner(self, dataset: Dataset) -> str:
        """The form itself, of other counties."""
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        """What a bound is called in zh and en; None for any other column."""
        return {
            self.low: ("同市各县下限", "the prefecture's lower bound"),
            self.high: ("同市各县上限", "the prefecture's upper bound"),
        }.get(name)

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with both bounds, as floats; null with too few peers and for a county that is not in force."""
        peers = known.rows(dataset).filter(pl.col("period") == period, pl.col(self.denominator) > 0)
        value = pl.col(self.numerator).cast(pl.Float64) / pl.col(self.denominator).cast(pl.Float64)
        limits = robust.bounds(value, robust.relative(value), FEWEST_PEERS)
        prefectures = {d.county_code: d.prefecture_code for d in known.book.in_force(period)}
        return _join(rows, peers, prefectures, self, limits)


def _join(
    rows: pl.LazyFrame,
    peers: pl.LazyFrame,
    groups: dict[str, str],
    names: PeerBounds | PeerRatio,
    limits: tuple[pl.Expr, pl.Expr],
) -> pl.LazyFrame:
    """The rows with the bounds of their group; null for a county that is in none, as one not in force."""
    grouped = pl.LazyFrame([*groups.items()], {"county_code": pl.String, "peers_of": pl.String}, orient="row")
    low, high = limits
    found = peers.join(grouped, on="county_code").group_by("peers_of").agg(low.alias(names.low), high.alias(names.high))
    bounds = grouped.join(found, on="peers_of").drop("peers_of")
    return rows.join(bounds, on="county_code", how="left", maintain_order="left")
