"""The checks of the register as a Polars user writes them, in the order and by the names of `engine_checks`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl
from polars import col

from tests.bench.engine_bare import Check, Rows, Whole
from tests.bench.engine_data import COUNTIES, FIRST_DAY, PERIODS, STATUSES

LAST_DAY = datetime(2017, 12, 31, 23)  # noqa: DTZ001  (the register has no time zone)
COMPLETED, MOVED = col("status") == "completed", col("status") == "moved"
STARTED_IN_JUNE = (col("status") == "started") & (col("period") == "2017-06")
QUANTILES = {0.05: (-2, -1.5), 0.5: (-0.1, 0.1), 0.95: (1.5, 2)}


def checks(rows: int) -> dict[str, Check]:
    """All checks by name."""
    return values() | texts() | uniqueness() | across_columns() | conditions() | aggregates() | table(rows)


def given(column: str, mostly: float = 1, where: pl.Expr | None = None) -> Rows:
    """The column is not blank."""
    return Rows(col(column).is_null(), (column,), None, mostly, where)


def of(column: str, failing: pl.Expr, mostly: float = 1, where: pl.Expr | None = None) -> Rows:
    """What one column says is not as it should be; blanks are not looked at."""
    count = col(column).count() if where is None else (where & col(column).is_not_null()).sum()
    return Rows(failing, (column,), count, mostly, where)


def pair(left: str, right: str, failing: pl.Expr, mostly: float = 1) -> Rows:
    """What two columns say does not go together; where either is blank it is not looked at."""
    return Rows(failing, (left, right), (col(left).is_not_null() & col(right).is_not_null()).sum(), mostly)


def unique(*columns: str, where: pl.Expr | None = None) -> Rows:
    """No other row says the same. The columns of the register that are asked this have no blanks."""
    key = col(columns[0]) if len(columns) == 1 else pl.struct(columns)
    if where is None:
        return Rows(key.is_duplicated(), columns, pl.len())
    return Rows(key.is_duplicated(), columns, where.sum(), 1, where, key.filter(where).is_duplicated().sum())


def values() -> dict[str, Check]:
    return {
        "row_id_given": given("row_id"),
        "county_given": given("county"),
        "status_given": given("status"),
        "home_mostly_given": given("home", 0.99),
        "area_mostly_given": given("area", 0.95),
        "persons_between": of("persons", ~col("persons").is_between(1, 12)),
        "area_between": of("area", ~col("area").is_between(20, 300)),
        "subsidy_above": of("subsidy", col("subsidy") <= 0),
        "score_between": of("score", ~col("score").is_between(-7, 7)),
        "signed_in_year": of("signed_at", ~col("signed_at").is_between(FIRST_DAY, LAST_DAY)),
        "paid_at_most": of("paid", col("paid") > 200_000),
        "status_known": of("status", ~col("status").is_in(STATUSES)),
        "county_known": of("county", ~col("county").is_in(COUNTIES)),
        "period_known": of("period", ~col("period").is_in(PERIODS)),
        "home_mostly_known": of("home", ~col("home").is_in(COUNTIES), 0.99),
        "status_no_filler": of("status", col("status").is_in(["", "-", "n/a"])),
    }


def texts() -> dict[str, Check]:
    return {
        "household_digits": of("household", ~col("household").str.contains("^[0-9]{14}$")),
        "phone_digits": of("phone", ~col("phone").str.contains("^1[3-9][0-9]{9}$")),
        "county_digits": of("county", ~col("county").str.contains("^43[0-9]{4}$")),
        "note_not_open": of("note", col("note").str.contains("unknown|to be filled")),
        "household_length": of("household", col("household").str.len_chars() != 14),
        "phone_length": of("phone", col("phone").str.len_chars() != 11),
        "note_length": of("note", ~col("note").str.len_chars().is_between(1, 40)),
    }


def uniqueness() -> dict[str, Check]:
    return {
        "row_id_unique": unique("row_id"),
        "household_unique": unique("household"),
        "period_and_row_unique": unique("period", "row_id"),
        "household_and_period_unique": unique("household", "period"),
    }


def across_columns() -> dict[str, Check]:
    percents = ("central_percent", "province_percent", "own_percent")
    return {
        "paid_within_subsidy": pair("subsidy", "paid", col("paid") > col("subsidy")),
        "workers_within_persons": pair("persons", "workers", col("workers") > col("persons")),
        "home_is_county": pair("county", "home", col("county") != col("home"), 0.99),
        "percents_are_100": Rows(pl.sum_horizontal(percents) != 100, percents, pl.len()),
    }


def conditions() -> dict[str, Check]:
    return {
        "completed_are_paid": given("paid", 0.9, COMPLETED),
        "moved_have_persons": of("persons", col("persons") < 1, where=MOVED),
        "large_have_subsidy": of("subsidy", col("subsidy") < 0, where=col("area") > 100),
        "started_in_june_have_phone": of("phone", ~col("phone").str.contains("^1"), where=STARTED_IN_JUNE),
        "moved_once": unique("household", where=MOVED),
        "mean_paid_of_completed": between(col("paid").filter(COMPLETED).mean(), 9_000, 11_000),
    }


def aggregates() -> dict[str, Check]:
    quantiles = col("score").quantile(list(QUANTILES), "nearest")
    return {
        "min_persons": between(col("persons").min(), least=1),
        "max_area": between(col("area").max(), most=1_000),
        "mean_subsidy": between(col("subsidy").mean(), 19_000, 21_000),
        "median_score": between(col("score").median(), -0.1, 0.1),
        "stdev_score": between(col("score").std(), 0.9, 1.1),
        "sum_subsidy": between(col("subsidy").sum(), least=1),
        "quantiles_of_score": Whole(quantiles, _in_ranges),
        "counties_counted": between(col("county").n_unique(), len(COUNTIES), len(COUNTIES)),
        "households_differ": between(col("household").n_unique() / pl.len(), least=0.99),
        "statuses_in_set": distinct("status", lambda found: found - set(STATUSES)),
        "periods_complete": distinct("period", lambda found: found ^ set(PERIODS)),
    }


def table(rows: int) -> dict[str, Check]:
    return {"row_count": between(pl.len(), rows, rows)}


def between(value: pl.Expr, least: float = float("-inf"), most: float = float("inf")) -> Whole:
    return Whole(value, lambda found: least <= found <= most)


def distinct(column: str, faults: Callable[[set[str]], set[str]]) -> Whole:
    """All that the column says, as one list, has no faults."""
    says = col(column).drop_nulls().unique().implode()
    return Whole(says, lambda found: not faults(set(found)), lambda found: sorted(faults(set(found))))


def _in_ranges(found: list[Any]) -> bool:
    return all(least <= value <= most for value, (least, most) in zip(found, QUANTILES.values(), strict=True))
