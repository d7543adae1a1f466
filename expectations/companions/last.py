"""The county's own last accepted values, over changes of codes. Does not belong here: more than one earlier period
(`history.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from warehouse.codebook import Dataset
from warehouse.codebook.succession import edition_of, succession
from warehouse.marts.roll_up import exact_sum
from warehouse.store.in_force import in_force
from warehouse.store.prior_state import PriorState

# A period counts as collected when this share of the counties that owe the dataset have had a return accepted: with
# fewer, what is there is one county's extra or mistyped period, and nobody else is asked for theirs.
COLLECTED_SHARE = 0.5


@dataclass(frozen=True)
class Last:
    """The latest accepted values of a strictly earlier period (of the same year, if `same_year`).

    Absent where the county has none although a period of that span was collected.
    """

    prefix: str
    columns: tuple[str, ...]
    same_year: bool = False
    of_peers: ClassVar[bool] = False

    @property
    def absent(self) -> str:
        """The flag column: true where a value was to be expected and is not there."""
        return f"{self.prefix}absent"

    def partner(self, dataset: Dataset) -> str:
        """The form, of the last period."""
        return f"{dataset.label_zh} (上期 last period)"

    def label(self, name: str) -> tuple[str, str] | None:
        """What a last value is called in zh and en, before its column's label; None for any other column."""
        return ("上期", "last period's ") if name.startswith(self.prefix) else None

    def window(self, period: str) -> tuple[str, str]:
        """The periods to look at: from the first, included, until the second, excluded."""
        return (f"{period[:4]}-01" if self.same_year else "0000-01"), period

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with each column's last value under the prefix, null where there is none, and the flag."""
        first, until = self.window(period)
        compared = references(known, dataset, period, first, until)
        values = values_of(known.rows(dataset), dataset, compared, self.columns, self.prefix)
        asked = compared.select("county_code", asked=pl.col("whole") & ~pl.col("comparable"))
        collected = _collected(known, dataset, first, until)
        return (
            rows.join(values, on=["county_code", *dataset.keys], how="left", maintain_order="left")
            .join(asked, on="county_code", how="left", maintain_order="left")
            .with_columns(pl.col("asked").fill_null(collected).alias(self.absent))
            .drop("asked")
        )


@dataclass(frozen=True)
class LastDecember(Last):
    """The accepted values of the previous December, no other month."""

    def partner(self, dataset: Dataset) -> str:
        """The form, of the last December."""
        return f"{dataset.label_zh} (上年12月 last December)"

    def label(self, name: str) -> tuple[str, str] | None:
        """What last December's value is called in zh and en, before its column's label; None for any other."""
        return ("上年末", "last December's ") if name.startswith(self.prefix) else None

    def window(self, period: str) -> tuple[str, str]:
        """From which period (included) until which (excluded) the value is looked for: that December alone."""
        year = int(period[:4])
        return f"{year - 1}-12", f"{year}-01"


def _collected(known: PriorState, dataset: Dataset, first: str, until: str) -> bool:
    """Whether some period from `first` until `until` was collected: see COLLECTED_SHARE."""
    accepted = known.accepted(dataset).filter(pl.col("period") >= first, pl.col("period") < until)
    for (period,), returns in accepted.group_by("period"):
        owing = {d.county_code for d in known.book.members(dataset.owed_by, str(period))}
        if len(owing.intersection(returns["county_code"])) >= COLLECTED_SHARE * len(owing):
            return True
    return False


def last_values(known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
    """What stands in the last accepted return of a strictly earlier period: one row per county and key (county_code,
    the return's period, the dataset's columns), as rules compare with it; none of a nil return.
    Sorted by county and key.
    """
    compared = references(known, dataset, period, "0000-01", period)
    values = tuple(column for column in dataset.columns if column not in dataset.keys)
    return (
        compared.filter("comparable")
        .select("county_code", "period")
        .join(values_of(known.rows(dataset), dataset, compared, values, ""), on="county_code")
        .select("county_code", "period", *dataset.columns)
        .sort("county_code", *dataset.keys)
    )


def rows_before(known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
    """How many rows each county's last accepted return had: one row per county that can be compared with one
    (county_code, rows_before); a nil return had none. Predecessors that went over whole are added up.
    """
    counts = known.rows(dataset).group_by("county_code", "period").len("rows_before")
    return (
        references(known, dataset, period, "0000-01", period)
        .filter("comparable")
        .select("county_code", "period", ancestor_code="ancestors")
        .explode("ancestor_code")
        .join(counts, left_on=["ancestor_code", "period"], right_on=["county_code", "period"], how="left")
        .group_by("county_code")
        .agg(pl.col("rows_before").fill_null(0).sum().cast(pl.Int64))
    )


def references(known: PriorState, dataset: Dataset, period: str, first: str, until: str) -> pl.LazyFrame:
    """Which earlier return each county is compared with: the latest in the window, over code changes.

    One row per county with any: county_code, period, ancestors (a list), whole, and comparable: it is whole and
    every ancestor's return is there.
    """
    earlier = known.accepted(dataset).lazy().pipe(in_force).filter(pl.col("period") >= first, pl.col("period") < until)
    periods = [p for p in known.periods(dataset) if first <= p < until]
    lines = succession(known.book, periods, period).lazy()
    parties = lines.group_by("county_code", "edition").agg(parties=pl.len())
    return (
        earlier.select("period", ancestor_code="county_code", edition=edition_of(known.book, periods))
        .join(lines, on=["ancestor_code", "edition"])
        .group_by("county_code", "period", "edition")
        .agg(pl.col("whole").all(), ancestors=pl.col("ancestor_code").sort())
        .join(parties, on=["county_code", "edition"])
        .sort("period")
        .unique("county_code", keep="last", maintain_order=True)
        .with_columns(comparable=pl.col("whole") & (pl.col("ancestors").list.len() == pl.col("parties")))
    )


def values_of(
    rows: pl.LazyFrame, dataset: Dataset, compared: pl.LazyFrame, columns: tuple[str, ...], prefix: str
) -> pl.LazyFrame:
    """The values that the dataset's `rows` have of the returns compared with, rolled up over ancestors: county_code,
    keys, `prefix` + column.
    """
    return (
        compared.filter("comparable")
        .select("county_code", "period", ancestor_code="ancestors")
        .explode("ancestor_code")
        .join(rows.rename({"county_code": "ancestor_code"}), on=["ancestor_code", "period"])
        .group_by("county_code", *dataset.keys)
        .agg(_together(dataset, column).alias(f"{prefix}{column}") for column in columns)
    )


def _together(dataset: Dataset, column: str) -> pl.Expr:
    """The value of several counties as one, as the codebook rolls it up; null where one of them is, and where it is not
    rolled up at all (a date, a word) unless there is only one.
    """
    roll_up, value = dataset[column].roll_up, pl.col(column)
    if roll_up.how == "sum":
        return pl.when(~value.has_nulls()).then(exact_sum(value, dataset[column].dtype))
    if roll_up.how == "weighted" and roll_up.weight and not roll_up.denominator:
        weight = pl.col(roll_up.weight).cast(pl.Float64)
        merged = (value.cast(pl.Float64) * weight).sum() / weight.sum()
        return pl.when(pl.len() == 1).then(value.first().cast(pl.Float64)).when(~value.has_nulls()).then(merged)
    return pl.when(pl.len() == 1).then(value.first())
