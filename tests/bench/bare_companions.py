"""What the bare script's rules need from beyond the row: earlier returns, the register, peers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import polars as pl

from tests.bench.bare_rules import SUMMED, VILLAGES, year_to_date
from warehouse.codebook import Dataset, load
from warehouse.codebook.lineage import lineage

DATES = {"villages_started": "started_on", "villages_completed": "completed_on", "villages_demolished": "demolished_on"}
LEAST_SPREAD, MODIFIED_Z, MAD_TO_SIGMA, FEWEST_PEERS = 0.3, 3.5, 1.4826, 8
COUNTY_PERIOD = ("county_code", "period")


@dataclass
class Decided:
    """The returns decided so far (with a version where accepted), and the rows of the accepted, by dataset."""

    heads: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    rows: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, dataset: str, heads: pl.DataFrame, rows: pl.DataFrame) -> None:
        self.heads.setdefault(dataset, []).append(heads)
        self.rows.setdefault(dataset, []).append(rows)

    def in_force(self, dataset: str, first: str, until: str) -> pl.DataFrame:
        """receipt, county_code, period of the returns in force of the periods from first until before `until`."""
        if dataset not in self.heads:
            return pl.DataFrame(schema={"receipt": pl.Int64, "county_code": pl.String, "period": pl.String})
        accepted = pl.concat(self.heads[dataset]).filter(
            pl.col("version").is_not_null(), pl.col("period") >= first, pl.col("period") < until
        )
        return accepted.sort("receipt").unique(COUNTY_PERIOD, keep="last").select("receipt", *COUNTY_PERIOD)


def join(rows: pl.DataFrame, decided: Decided, dataset: Dataset, period: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`rows` with the companions of the dataset, and the flags that say that a partner is absent."""
    name, year, before = dataset.dataset, int(period[:4]), f"{int(period[:4]) - 1}-12"
    absent = []
    if columns := year_to_date(dataset):
        rows = _last(rows, decided, dataset, period, (f"{year}-01", period), columns, "this_year_")
        absent.append("this_year_absent")
    if name == "relocation":
        rows = _last(rows, decided, dataset, period, ("0000-01", period), VILLAGES + SUMMED, "last_")
        rows = _register(rows, decided, period)
        absent += ["last_absent", "register_absent"]
    if name == "relocation_villages":
        rows = rows.with_columns(period_end=_end(period))
    if name == "outcomes":
        columns = ("poor_persons_closing", "income_per_capita")
        rows = _last(rows, decided, dataset, period, (before, f"{year}-01"), columns, "december_")
        rows = _peers(rows, year)
        absent.append("december_absent")
    return rows, tuple(absent)


@cache
def _lines(year: int, year_to: int) -> pl.DataFrame:
    """County of today, ancestor of then, whether whole, and how many ancestors."""
    lines = lineage(load(), [year], year_to).drop("year")
    return lines.with_columns(parties=pl.len().over("county_code"))


def _last(  # noqa: PLR0913, PLR0917  (the two windows and what is taken from them)
    rows: pl.DataFrame,
    decided: Decided,
    dataset: Dataset,
    period: str,
    window: tuple[str, str],
    columns: tuple[str, ...],
    prefix: str,
) -> pl.DataFrame:
    """The latest accepted values in the window, summed over counties that became one."""
    heads, flag = decided.in_force(dataset.dataset, *window), f"{prefix}absent"
    if heads.is_empty():
        nothing = (pl.lit(None, dataset.dtypes[c]).alias(prefix + c) for c in columns)
        return rows.with_columns(*nothing, pl.lit(value=False).alias(flag))
    periods = heads["period"].unique().sort()
    lines = pl.concat(_lines(int(p[:4]), int(period[:4])).with_columns(period=pl.lit(p)) for p in periods)
    traced = heads.rename({"county_code": "ancestor_code"}).join(lines, on=["ancestor_code", "period"])
    latest = traced.filter(pl.col("period") == pl.col("period").max().over("county_code"))
    comparable = pl.col("whole").all() & (pl.len() == pl.col("parties").first())
    asked = latest.group_by("county_code").agg(pl.col("whole").all(), comparable=comparable)
    values = (
        latest.join(asked.filter("comparable"), on="county_code", how="semi")
        .join(
            pl.concat(decided.rows[dataset.dataset]).rename({"county_code": "ancestor_code"}),
            on=["receipt", "ancestor_code", "period"],
        )
        .group_by("county_code", *dataset.keys)
        .agg(_together(dataset, column).alias(prefix + column) for column in columns)
    )
    lacking = (
        pl.when(pl.col("comparable").is_null())
        .then(pl.lit(value=True))
        .otherwise(~pl.col("comparable") & pl.col("whole"))
    )
    return (
        rows.join(values, on=["county_code", *dataset.keys], how="left")
        .join(asked, on="county_code", how="left")
        .with_columns(lacking.alias(flag))
        .drop("whole", "comparable")
    )


def _together(dataset: Dataset, column: str) -> pl.Expr:
    roll_up, value = dataset[column].roll_up, pl.col(column)
    if roll_up.how == "weighted" and roll_up.weight and not roll_up.denominator:
        weight = pl.col(roll_up.weight).cast(pl.Float64)
        mean = (value.cast(pl.Float64) * weight).sum() / weight.sum()
        return pl.when(pl.len() == 1).then(value.first().cast(pl.Float64)).when(~value.has_nulls()).then(mean)
    return pl.when(~value.has_nulls()).then(value.sum())


def _register(rows: pl.DataFrame, decided: Decided, period: str) -> pl.DataFrame:
    """The counts of the same submission's register, else of the one in force; a nil register counts none."""
    register = "relocation_villages"
    own = pl.concat(decided.heads[register]).filter(pl.col("period") == period)
    own = own.select("receipt", "county_code", own=pl.col("version").is_not_null())
    standing = decided.in_force(register, period, f"{period}~").select("county_code", standing="receipt")
    counts = (
        pl.concat(decided.rows[register])
        .filter(pl.col("period") == period)
        .group_by("county_code", partner="receipt")
        .agg(
            pl.len().cast(pl.Int64).alias("register_villages_planned"),
            *((pl.col(d) <= _end(period)).sum().cast(pl.Int64).alias(f"register_{c}") for c, d in DATES.items()),
        )
    )
    partner = pl.when("own").then("receipt").when(pl.col("own").is_null()).then("standing")
    there = pl.col("partner").is_not_null()
    return (
        rows.join(own, on=["receipt", "county_code"], how="left")
        .join(standing, on="county_code", how="left")
        .with_columns(partner=partner)
        .join(counts, on=["partner", "county_code"], how="left")
        .with_columns(pl.when(there).then(pl.col(f"register_{c}").fill_null(0)) for c in VILLAGES)
        .with_columns(register_absent=~there)
        .drop("own", "standing", "partner")
    )


def _peers(rows: pl.DataFrame, year: int) -> pl.DataFrame:
    """Robust bounds of the income's growth over the counties that are, or are not, on the poverty list."""
    listed = [d.county_code for d in load().members("poverty_counties", year)]
    growth = pl.col("income_growth").cast(pl.Float64)
    median = growth.median()
    spread = (growth - median).abs().median() * MAD_TO_SIGMA
    reach = MODIFIED_Z * pl.max_horizontal(spread, pl.lit(LEAST_SPREAD))
    enough = growth.count() >= FEWEST_PEERS
    rows = rows.with_columns(listed=pl.col("county_code").is_in(listed))
    bounds = (
        rows.sort("receipt")
        .unique("county_code", keep="last")
        .group_by("listed")
        .agg(peers_low=pl.when(enough).then(median - reach), peers_high=pl.when(enough).then(median + reach))
    )
    return rows.join(bounds, on="listed", how="left").drop("listed")


def _end(period: str) -> pl.Expr:
    return pl.lit(f"{period}-01").str.to_date().dt.month_end()
