"""What the bare script's rules need from beyond the row: earlier returns, another form, lists, peers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import polars as pl

from expectations.companions import ExpectedBounds
from tests.bench.bare_forms import DATES, LEVELS, SUMMED, SUMMED_UNITS, VILLAGES
from tests.bench.bare_rules import numbers, year_to_date
from warehouse.codebook import Dataset, load
from warehouse.codebook.succession import succession
from warehouse.store.history import schema
from warehouse.store.prior_state import PriorState

COUNTED = dict(zip(VILLAGES[1:], DATES, strict=True))
DECEMBER = (
    "poor_persons_closing", "income_per_capita", "poor_villages_opening", "poor_villages_exited", "delisting_status",
)  # fmt: skip
PARTNERS = {"relocation": ("relocation_villages", "register_"), "support": ("support_units", "units_")}
LISTS = {"frontline": "national_list", "support": "deep_poverty"}
RATIOS = {
    "ecology": ("payments_yuan", "persons_with_gains"),
    "finance": ("loan_amount_yuan", "loan_households"),
    "funds": ("fiscal_spent_yuan", "fiscal_received_yuan"),
    "health": ("reimbursed_yuan", "medical_cost_yuan"),
    "training": ("training_funds_yuan", "trained_persons"),
    "frontline": ("resident_team_members", "resident_teams"),
}
MODIFIED_Z, MAD_TO_SIGMA, LEAST_SPREAD, LEAST_SHARE = 3.5, 1.4826, 0.3, 0.2
FEWEST_PEERS, COLLECTED = 8, 0.5
START = "0000-01"
RETURN = ("receipt", "county_code")
COUNTY_PERIOD = ("county_code", "period")


@dataclass
class Decided:
    """The returns decided so far (with a version where accepted), and the rows of the accepted, by dataset."""

    return_headers: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    rows: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, dataset: str, return_headers: pl.DataFrame, rows: pl.DataFrame) -> None:
        decided = return_headers.select(*RETURN, "period", accepted=pl.col("version").is_not_null())
        self.return_headers.setdefault(dataset, []).append(decided)
        self.rows.setdefault(dataset, []).append(rows)

    def in_force(self, dataset: str, first: str, until: str) -> pl.DataFrame:
        """receipt, county_code, period of the returns in force of the periods from first until before `until`."""
        if dataset not in self.return_headers:
            return pl.DataFrame(schema={"receipt": pl.Int64, "county_code": pl.String, "period": pl.String})
        accepted = pl.concat(self.return_headers[dataset]).filter(
            "accepted", pl.col("period") >= first, pl.col("period") < until
        )
        return accepted.sort("receipt").unique(COUNTY_PERIOD, keep="last").drop("accepted")

    def known(self) -> PriorState:
        """The same as the product knows it."""
        book, rows = load(), {name: pl.concat(parts) for name, parts in self.rows.items()}
        said = [
            pl.concat(parts).select(
                *RETURN, "period", run=pl.lit(""), submission=pl.lit(""), dataset=pl.lit(name),
                verdict=pl.when("accepted").then(pl.lit("accepted")).otherwise(pl.lit("quarantined")),
                version=pl.when("accepted").then(pl.lit(1, pl.Int64)),
            )
            for name, parts in self.return_headers.items()
        ]  # fmt: skip
        fresh = {
            name: frame.with_columns(
                pl.lit(1 if c == "version" else None, dtype).alias(c)
                for c, dtype in schema(book.datasets[name]).items()
                if c not in frame.columns or c == "version"
            ).select(*schema(book.datasets[name]))
            for name, frame in rows.items()
        }
        return PriorState(book, Path(), [], pl.concat(said), fresh)

    def all_rows(self, dataset: Dataset) -> pl.DataFrame:
        """The accepted rows so far."""
        place = {"receipt": pl.Int64, "county_code": pl.String, "period": pl.String}
        rows = self.rows.get(dataset.dataset)
        return pl.concat(rows) if rows else pl.DataFrame(schema=place | dataset.dtypes)


def join(rows: pl.DataFrame, decided: Decided, dataset: Dataset, period: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`rows` with the companions of the dataset, and the flags that say that a partner is absent."""
    name, absent = dataset.dataset, []
    for prefix, columns, first, until in _earlier(dataset, period):
        rows = _last(rows, decided, dataset, period, (first, until), columns, prefix)
        absent.append(f"{prefix}absent")
    if name in PARTNERS:
        rows = _partner(rows, decided, *PARTNERS[name], period)
        absent.append(f"{PARTNERS[name][1]}absent")
    if name in LISTS:
        rows = rows.with_columns(pl.col("county_code").is_in(_members(LISTS[name], period)).alias(f"in_{LISTS[name]}"))
    if name in ("relocation_villages", "policy"):
        rows = rows.with_columns(period_end=_end(period))
    return rows, tuple(absent)


def rows_before(decided: Decided, dataset: Dataset, period: str) -> pl.DataFrame:
    """How many rows the last return had of each county that can be compared with one; a nil return had none."""
    latest = _latest(decided.in_force(dataset.dataset, START, period), period).filter("comparable")
    counts = decided.all_rows(dataset).group_by("receipt", ancestor_code="county_code").len("rows_before")
    counted = latest.join(counts, on=["receipt", "ancestor_code"], how="left")
    return counted.group_by("county_code").agg(pl.col("rows_before").fill_null(0).sum().cast(pl.Int64))


def join_peers(
    rows: pl.DataFrame, accepted: pl.DataFrame, decided: Decided, dataset: Dataset, period: str
) -> pl.DataFrame:
    """`rows` with the bounds of a rate over counties that are, or are not, on the poverty list, of a ratio over those
    of the prefecture; the peers are the accepted rows, the last of each county. What is expected of each number is the
    product's own transform, which is plain Polars.
    """
    if columns := numbers(dataset):
        rows = ExpectedBounds(columns).join(rows.lazy(), decided.known(), dataset, period).collect()
    if dataset.dataset != "outcomes" and dataset.dataset not in RATIOS:
        return rows
    peers = accepted.sort("receipt").unique("county_code", keep="last")
    if dataset.dataset == "outcomes":
        value, kind = pl.col("income_growth").cast(pl.Float64), "listed"
        low, high = _bounds(value, pl.lit(LEAST_SPREAD), FEWEST_PEERS)
    else:
        above, below = RATIOS[dataset.dataset]
        peers = peers.filter(pl.col(below) > 0)
        value, kind = pl.col(above).cast(pl.Float64) / pl.col(below).cast(pl.Float64), "prefecture"
        low, high = _bounds(value, LEAST_SHARE * value.median().abs(), FEWEST_PEERS)
    groups = _groups(load().edition(period)).select("county_code", of=kind)
    bounds = peers.join(groups, on="county_code").group_by("of").agg(peers_low=low, peers_high=high)
    return rows.join(groups.join(bounds, on="of").drop("of"), on="county_code", how="left")


def _earlier(dataset: Dataset, period: str) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """The last values that a form is compared with: prefix, columns, from which period until before which."""
    year = int(period[:4])
    if columns := year_to_date(dataset):
        yield "this_year_", columns, f"{year}-01", period
    if dataset.dataset == "relocation":
        yield "last_", VILLAGES + SUMMED, START, period
    if dataset.dataset == "relocation_villages":
        yield "last_", DATES, START, period
    if dataset.dataset == "outcomes":
        yield "december_", DECEMBER, f"{year - 1}-12", f"{year}-01"


@cache
def _lines(edition: str, edition_to: str) -> pl.DataFrame:
    """County of today, ancestor of then, whether whole, and how many ancestors."""
    lines = succession(load(), [edition], edition_to).drop("edition")
    return lines.with_columns(parties=pl.len().over("county_code"))


def _traced(return_headers: pl.DataFrame, period: str) -> pl.DataFrame:
    """The heads with the county of today that each became a part of, or all."""
    none = pl.DataFrame(schema={**_lines("2003-01", "2003-01").schema, "period": pl.String})
    periods = return_headers["period"].unique().sort()
    lines = (_lines(load().edition(p), load().edition(period)).with_columns(period=pl.lit(p)) for p in periods)
    return return_headers.rename({"county_code": "ancestor_code"}).join(
        pl.concat([none, *lines]), on=["ancestor_code", "period"]
    )


def _latest(return_headers: pl.DataFrame, period: str) -> pl.DataFrame:
    """The returns that each county is compared with: its ancestors' of the latest period; whether all are there."""
    traced = _traced(return_headers, period)
    latest = traced.filter(pl.col("period") == pl.col("period").max().over("county_code"))
    return latest.with_columns(pl.col("whole").all().over("county_code")).with_columns(
        comparable=pl.col("whole") & (pl.len().over("county_code") == pl.col("parties"))
    )


def _last(  # noqa: PLR0913, PLR0917  (the two windows and what is taken from them)
    rows: pl.DataFrame,
    decided: Decided,
    dataset: Dataset,
    period: str,
    window: tuple[str, str],
    columns: tuple[str, ...],
    prefix: str,
) -> pl.DataFrame:
    """The latest accepted values in the window, together where counties became one; whether there should be some."""
    return_headers, flag = decided.in_force(dataset.dataset, *window), f"{prefix}absent"
    if return_headers.is_empty():
        nothing = (pl.lit(None, dataset.dtypes[c]).alias(prefix + c) for c in columns)
        return rows.with_columns(*nothing, pl.lit(value=False).alias(flag))
    latest = _latest(return_headers, period)
    values = (
        latest.filter("comparable")
        .join(
            decided.all_rows(dataset).rename({"county_code": "ancestor_code"}),
            on=["receipt", "ancestor_code", "period"],
        )
        .group_by("county_code", *dataset.keys)
        .agg(_together(dataset, column).alias(prefix + column) for column in columns)
    )
    asked = latest.group_by("county_code").agg((pl.col("whole") & ~pl.col("comparable")).any().alias(flag))
    return (
        rows.join(values, on=["county_code", *dataset.keys], how="left")
        .join(asked, on="county_code", how="left")
        .with_columns(pl.col(flag).fill_null(_collected(return_headers, dataset)))
    )


def _together(dataset: Dataset, column: str) -> pl.Expr:
    """The value of counties that became one: summed or averaged; of what is neither, only that of a single one."""
    roll_up, value = dataset[column].roll_up, pl.col(column)
    if roll_up.how == "sum":
        return pl.when(~value.has_nulls()).then(value.sum())
    if roll_up.how == "weighted" and roll_up.weight and not roll_up.denominator:
        weight = pl.col(roll_up.weight).cast(pl.Float64)
        mean = (value.cast(pl.Float64) * weight).sum() / weight.sum()
        return pl.when(pl.len() == 1).then(value.first().cast(pl.Float64)).when(~value.has_nulls()).then(mean)
    return pl.when(pl.len() == 1).then(value.first())


def _collected(return_headers: pl.DataFrame, dataset: Dataset) -> bool:
    """Whether half of the counties that owe the form have an accepted return of one of these periods."""
    for (period,), returns in return_headers.group_by("period"):
        owing = _members(dataset.owed_by, str(period))
        if returns["county_code"].is_in(owing).sum() >= COLLECTED * len(owing):
            return True
    return False


def _bounds(value: pl.Expr, least: pl.Expr, fewest: int) -> tuple[pl.Expr, pl.Expr]:
    """The median and what a modified z of 3.5 reaches to either side; null for too few values or no spread."""
    median = value.median()
    spread = pl.max_horizontal((value - median).abs().median() * MAD_TO_SIGMA, least)
    reach = pl.when(value.count() >= fewest, spread > 0).then(MODIFIED_Z * spread)
    return median - reach, median + reach


def _partner(rows: pl.DataFrame, decided: Decided, partner: str, prefix: str, period: str) -> pl.DataFrame:
    """What the same submission's return of another form comes to, else the one in force; a nil return counts none."""
    dataset = load().datasets[partner]
    own = pl.concat(decided.return_headers[partner]).filter(pl.col("period") == period).select(*RETURN, own="accepted")
    standing = decided.in_force(partner, period, f"{period}~").select("county_code", standing="receipt")
    totals = _register(period) if partner == "relocation_villages" else _units()
    counts = (
        decided.all_rows(dataset)
        .filter(pl.col("period") == period)
        .group_by("county_code", partner="receipt")
        .agg(total.cast(pl.Int64).alias(prefix + column) for column, total in totals.items())
    )
    there = pl.col("partner").is_not_null()
    return (
        rows.join(own, on=RETURN, how="left")
        .join(standing, on="county_code", how="left")
        .with_columns(partner=pl.when("own").then("receipt").when(pl.col("own").is_null()).then("standing"))
        .join(counts, on=["partner", "county_code"], how="left")
        .with_columns(*(pl.when(there).then(pl.col(prefix + column).fill_null(0)) for column in totals))
        .with_columns((~there).alias(f"{prefix}absent"))
        .drop("own", "standing", "partner")
    )


def _register(period: str) -> dict[str, pl.Expr]:
    until = {column: (pl.col(date) <= _end(period)).sum() for column, date in COUNTED.items()}
    return {VILLAGES[0]: pl.len(), **until}


def _units() -> dict[str, pl.Expr]:
    counted = {column: (pl.col("unit_level") == level).sum() for column, level in LEVELS.items()}
    return counted | {column: pl.col(column).sum() for column in SUMMED_UNITS}


@cache
def _groups(edition: str) -> pl.DataFrame:
    """The prefecture of each county, and whether it is on the poverty list."""
    listed = _members("poverty_counties", edition)
    rows = [(d.county_code, d.prefecture_code, str(d.county_code in listed)) for d in load().in_force(edition)]
    return pl.DataFrame(rows, ("county_code", "prefecture", "listed"), orient="row")


def _members(group: str, period: str) -> list[str]:
    return _codes(group, load().edition(period))


@cache
def _codes(group: str, edition: str) -> list[str]:
    return [d.county_code for d in load().members(group, edition)]


def _end(period: str) -> pl.Expr:
    return pl.lit(f"{period}-01").str.to_date().dt.month_end()
