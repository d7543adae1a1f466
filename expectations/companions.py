"""Companion columns: what a rule needs from beyond the row, joined before validation by pure transforms.

Each companion adds its columns and, where it compares with another return, a flag column that says that the return
was to be expected and is not there; the rules are then not evaluated, and the county is asked (design, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import polars as pl

from warehouse.codebook import Dataset
from warehouse.codebook.lineage import lineage
from warehouse.store.known import Known
from warehouse.store.records import ACCEPTED
from warehouse.store.standing import in_force

REGISTER = "relocation_villages"
FEWEST_PEERS = 8
# A modified z of 3.5 (Iglewicz and Hoaglin 1993), on a spread of at least 0.3 percentage points: where peers nearly
# agree, a rounding step would otherwise be an outlier.
MODIFIED_Z, MAD_TO_SIGMA, LEAST_SPREAD = 3.5, 1.4826, 0.3


class Companion(Protocol):
    """Something to join."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the dataset that it is compared with."""

    @property
    def absent(self) -> str | None:
        """The flag column, or None where there is no other return to miss."""

    def partner(self, dataset: Dataset) -> str:
        """Which other return it is, for a person."""

    def label(self, name: str) -> tuple[str, str] | None:
        """What a joined column is called in zh and en, before the label of the column that it is of."""

    def join(self, rows: pl.LazyFrame, known: Known, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with the companion's columns; grain and order unchanged, null where there is nothing."""


@dataclass(frozen=True)
class Last:
    """The latest accepted values of a strictly earlier period (of the same year, if `same_year`)."""

    prefix: str
    columns: tuple[str, ...]
    same_year: bool = False

    @property
    def absent(self) -> str:
        return f"{self.prefix}absent"

    def partner(self, dataset: Dataset) -> str:
        return f"{dataset.label_zh} (上期 last period)"

    def label(self, name: str) -> tuple[str, str] | None:
        return ("上期", "last period's ") if name.startswith(self.prefix) else None

    def window(self, period: str) -> tuple[str, str]:
        """The periods to look at: from the first, included, until the second, excluded."""
        return (f"{period[:4]}-01" if self.same_year else "0000-01"), period

    def join(self, rows: pl.LazyFrame, known: Known, dataset: Dataset, period: str) -> pl.LazyFrame:
        first, until = self.window(period)
        collected = any(first <= p < until for p in known.periods(dataset))
        references = _references(known, dataset, period, first, until)
        values = _values(known, dataset, references, self.columns, self.prefix)
        asked = references.filter(~pl.col("comparable")).select("county_code", pl.col("whole").alias(self.absent))
        return (
            rows.join(values, on=["county_code", *dataset.keys], how="left", maintain_order="left")
            .join(
                references.select("county_code", known=pl.lit(value=True)),
                on="county_code",
                how="left",
                maintain_order="left",
            )
            .join(asked, on="county_code", how="left", maintain_order="left")
            .with_columns(
                pl.when(pl.col("known").is_null())
                .then(pl.lit(collected))
                .otherwise(pl.col(self.absent).fill_null(value=False))
                .alias(self.absent)
            )
            .drop("known")
        )


@dataclass(frozen=True)
class LastDecember(Last):
    """The accepted values of the previous December, no other month."""

    def partner(self, dataset: Dataset) -> str:
        return f"{dataset.label_zh} (上年12月 last December)"

    def label(self, name: str) -> tuple[str, str] | None:
        return ("上年末", "last December's ") if name.startswith(self.prefix) else None

    def window(self, period: str) -> tuple[str, str]:
        year = int(period[:4])
        return f"{year - 1}-12", f"{year}-01"


def _references(known: Known, dataset: Dataset, period: str, first: str, until: str) -> pl.LazyFrame:
    """Which earlier return each county is compared with: the latest in the window, over code changes.

    One row per county with any: county_code, period, ancestors (a list), whole, and comparable: it is whole and
    every ancestor's return is there.
    """
    earlier = known.accepted(dataset).lazy().pipe(in_force).filter(pl.col("period") >= first, pl.col("period") < until)
    years = sorted({int(p[:4]) for p in known.periods(dataset) if first <= p < until})
    lines = lineage(known.book, years, int(period[:4])).lazy()
    parties = lines.group_by("county_code", "year").agg(parties=pl.len())
    return (
        earlier.select("period", ancestor_code="county_code", year=pl.col("period").str.slice(0, 4).cast(pl.Int32))
        .join(lines, on=["ancestor_code", "year"])
        .group_by("county_code", "period", "year")
        .agg(pl.col("whole").all(), ancestors=pl.col("ancestor_code").sort())
        .join(parties, on=["county_code", "year"])
        .sort("period")
        .unique("county_code", keep="last", maintain_order=True)
        .with_columns(comparable=pl.col("whole") & (pl.col("ancestors").list.len() == pl.col("parties")))
    )


def _values(
    known: Known, dataset: Dataset, references: pl.LazyFrame, columns: tuple[str, ...], prefix: str
) -> pl.LazyFrame:
    """The values of the returns compared with, rolled up over ancestors: county_code, keys, `prefix` + column."""
    return (
        references.filter("comparable")
        .select("county_code", "period", ancestor_code="ancestors")
        .explode("ancestor_code")
        .join(known.rows(dataset).rename({"county_code": "ancestor_code"}), on=["ancestor_code", "period"])
        .group_by("county_code", *dataset.keys)
        .agg(_together(dataset, column).alias(f"{prefix}{column}") for column in columns)
    )


def _together(dataset: Dataset, column: str) -> pl.Expr:
    """The value of several counties as one, as the codebook rolls it up; null where one of them is."""
    roll_up, value = dataset[column].roll_up, pl.col(column)
    if roll_up.how == "weighted" and roll_up.weight and not roll_up.denominator:
        weight = pl.col(roll_up.weight).cast(pl.Float64)
        merged = (value.cast(pl.Float64) * weight).sum() / weight.sum()
        return pl.when(pl.len() == 1).then(value.first().cast(pl.Float64)).when(~value.has_nulls()).then(merged)
    return pl.when(~value.has_nulls()).then(value.sum())


@dataclass(frozen=True)
class RegisterCounts:
    """What the village register says: villages, and those with each date on or before the period's end.

    The register of the same submission, else the one in force. Adds `prefix` + villages_planned, _started,
    _completed, _demolished.
    """

    prefix: str
    columns: tuple[str, ...] = ("villages_planned", "villages_started", "villages_completed", "villages_demolished")
    dates: ClassVar[dict[str, str]] = {
        "villages_started": "started_on",
        "villages_completed": "completed_on",
        "villages_demolished": "demolished_on",
    }

    @property
    def absent(self) -> str:
        return f"{self.prefix}absent"

    def partner(self, dataset: Dataset) -> str:  # noqa: ARG002  (the partner is another dataset)
        return "搬迁自然村名册 Village register"

    def label(self, name: str) -> tuple[str, str] | None:
        return ("名册", "register's ") if name.startswith(self.prefix) else None

    def join(self, rows: pl.LazyFrame, known: Known, dataset: Dataset, period: str) -> pl.LazyFrame:  # noqa: ARG002
        register = known.book.datasets[REGISTER]
        decided = known.returns.lazy().filter(pl.col("dataset") == REGISTER, pl.col("period") == period)
        own = decided.select(
            "receipt", "county_code", own=pl.col("verdict").is_in(ACCEPTED), own_receipt="receipt"
        ).unique(["receipt", "county_code"], keep="last")
        standing = decided.pipe(in_force).select("county_code", standing_receipt="receipt")
        counts = self._counts(known.accepted_rows(register).filter(pl.col("period") == period), period)
        added = [f"{self.prefix}{column}" for column in self.columns]
        return (
            rows.join(own, on=["receipt", "county_code"], how="left", maintain_order="left")
            .join(standing, on="county_code", how="left", maintain_order="left")
            .with_columns(
                register_receipt=pl.when("own")
                .then("own_receipt")
                .when(pl.col("own").is_null())
                .then("standing_receipt")
            )
            .join(
                counts,
                left_on=["register_receipt", "county_code"],
                right_on=["receipt", "county_code"],
                how="left",
                maintain_order="left",
            )
            # A register in force without rows is nil: none of each.
            .with_columns(
                pl.when(pl.col("register_receipt").is_not_null()).then(pl.col(added).fill_null(0)),
                pl.col("register_receipt").is_null().alias(self.absent),
            )
            .drop("own", "own_receipt", "standing_receipt", "register_receipt")
        )

    def _counts(self, register: pl.LazyFrame, period: str) -> pl.LazyFrame:
        return register.group_by("receipt", "county_code").agg(
            pl.len().cast(pl.Int64).alias(f"{self.prefix}villages_planned"),
            *(
                (pl.col(date) <= period_end(period)).sum().cast(pl.Int64).alias(f"{self.prefix}{column}")
                for column, date in self.dates.items()
            ),
        )


@dataclass(frozen=True)
class PeerBounds:
    """Robust bounds of a column over the county's peers: the counties of the province that are, or are not, on the
    poverty list as it is. Null with fewer than eight peers.
    """

    column: str
    low: str
    high: str
    absent: ClassVar[None] = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def partner(self, dataset: Dataset) -> str:
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        return {
            self.low: ("同类县下限", "the peers' lower bound"),
            self.high: ("同类县上限", "the peers' upper bound"),
        }.get(name)

    def join(self, rows: pl.LazyFrame, known: Known, dataset: Dataset, period: str) -> pl.LazyFrame:
        listed = [d.county_code for d in known.book.members("poverty_counties", int(period[:4]))]
        in_class = pl.col("county_code").is_in(listed).alias("listed")
        others = known.rows(dataset).filter(pl.col("period") == period)
        value = pl.col(self.column).cast(pl.Float64)
        peers = pl.concat(
            [
                rows.select("county_code", "receipt", value),
                others.join(rows, on="county_code", how="anti").select("county_code", "receipt", value),
            ]
        )
        median = pl.col(self.column).median()
        spread = (pl.col(self.column) - median).abs().median() * MAD_TO_SIGMA
        reach = MODIFIED_Z * pl.max_horizontal(spread, pl.lit(LEAST_SPREAD))
        enough = pl.col(self.column).count() >= FEWEST_PEERS
        bounds = (
            peers.sort("receipt")
            .unique("county_code", keep="last", maintain_order=True)
            .group_by(in_class)
            .agg(
                pl.when(enough).then(median - reach).alias(self.low),
                pl.when(enough).then(median + reach).alias(self.high),
            )
        )
        return rows.with_columns(in_class).join(bounds, on="listed", how="left", maintain_order="left").drop("listed")


@dataclass(frozen=True)
class PeriodEnd:
    """The last day of the period, as `period_end`."""

    columns: tuple[str, ...] = ()
    absent: ClassVar[None] = None

    def partner(self, dataset: Dataset) -> str:
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        return ("报告期末", "end of the period") if name == "period_end" else None

    def join(self, rows: pl.LazyFrame, known: Known, dataset: Dataset, period: str) -> pl.LazyFrame:  # noqa: ARG002
        return rows.with_columns(period_end=period_end(period))


def period_end(period: str) -> pl.Expr:
    """The last day of a calendar month."""
    return pl.lit(f"{period}-01").str.to_date().dt.month_end()
