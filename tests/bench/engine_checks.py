"""The checks of the register as Great Expectations' own: what both of its engines are asked.

`engine_bare_checks` says the same in Polars, name by name; `peers` says it for dbt and dataframely.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import great_expectations.expectations as gxe
from great_expectations.expectations import Expectation
from great_expectations.expectations.row_conditions import Column

from tests.bench.engine_data import COUNTIES, FIRST_DAY, PERIODS, STATUSES

LAST_DAY = datetime(2017, 12, 31, 23)  # noqa: DTZ001  (the register has no time zone)
EITHER = "either_value_is_missing"
STATUS = Column("status")


class ExpectQuantilesToBeBetween(gxe.ExpectColumnQuantileValuesToBeBetween):
    """The core expectation, its success a plain bool: the core one is NumPy's, which no Checkpoint can write down."""

    def _validate(self, *arguments: Any, **named: Any) -> Any:
        outcome = super()._validate(*arguments, **named)
        return outcome | {"success": bool(outcome["success"])}


def checks(rows: int) -> dict[str, Expectation]:
    """All checks by name."""
    return values() | texts() | uniqueness() | across_columns() | conditions() | aggregates() | table(rows)


def values() -> dict[str, Expectation]:
    return {
        "row_id_given": gxe.ExpectColumnValuesToNotBeNull(column="row_id"),
        "county_given": gxe.ExpectColumnValuesToNotBeNull(column="county"),
        "status_given": gxe.ExpectColumnValuesToNotBeNull(column="status"),
        "home_mostly_given": gxe.ExpectColumnValuesToNotBeNull(column="home", mostly=0.99),
        "area_mostly_given": gxe.ExpectColumnValuesToNotBeNull(column="area", mostly=0.95),
        "persons_between": gxe.ExpectColumnValuesToBeBetween(column="persons", min_value=1, max_value=12),
        "area_between": gxe.ExpectColumnValuesToBeBetween(column="area", min_value=20, max_value=300),
        "subsidy_above": gxe.ExpectColumnValuesToBeBetween(column="subsidy", min_value=0, strict_min=True),
        "score_between": gxe.ExpectColumnValuesToBeBetween(column="score", min_value=-7, max_value=7),
        "signed_in_year": gxe.ExpectColumnValuesToBeBetween(
            column="signed_at", min_value=FIRST_DAY, max_value=LAST_DAY
        ),
        "paid_at_most": gxe.ExpectColumnValuesToBeBetween(column="paid", max_value=200_000),
        "status_known": gxe.ExpectColumnValuesToBeInSet(column="status", value_set=STATUSES),
        "county_known": gxe.ExpectColumnValuesToBeInSet(column="county", value_set=COUNTIES),
        "period_known": gxe.ExpectColumnValuesToBeInSet(column="period", value_set=PERIODS),
        "home_mostly_known": gxe.ExpectColumnValuesToBeInSet(column="home", value_set=COUNTIES, mostly=0.99),
        "status_no_filler": gxe.ExpectColumnValuesToNotBeInSet(column="status", value_set=["", "-", "n/a"]),
    }


def texts() -> dict[str, Expectation]:
    return {
        "household_digits": gxe.ExpectColumnValuesToMatchRegex(column="household", regex="^[0-9]{14}$"),
        "phone_digits": gxe.ExpectColumnValuesToMatchRegex(column="phone", regex="^1[3-9][0-9]{9}$"),
        "county_digits": gxe.ExpectColumnValuesToMatchRegex(column="county", regex="^43[0-9]{4}$"),
        "note_not_open": gxe.ExpectColumnValuesToNotMatchRegex(column="note", regex="unknown|to be filled"),
        "household_length": gxe.ExpectColumnValueLengthsToEqual(column="household", value=14),
        "phone_length": gxe.ExpectColumnValueLengthsToEqual(column="phone", value=11),
        "note_length": gxe.ExpectColumnValueLengthsToBeBetween(column="note", min_value=1, max_value=40),
    }


def uniqueness() -> dict[str, Expectation]:
    return {
        "row_id_unique": gxe.ExpectColumnValuesToBeUnique(column="row_id"),
        "household_unique": gxe.ExpectColumnValuesToBeUnique(column="household"),
        "period_and_row_unique": gxe.ExpectCompoundColumnsToBeUnique(column_list=["period", "row_id"]),
        "household_and_period_unique": gxe.ExpectCompoundColumnsToBeUnique(column_list=["household", "period"]),
    }


def across_columns() -> dict[str, Expectation]:
    return {
        "paid_within_subsidy": gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="subsidy", column_B="paid", or_equal=True, ignore_row_if=EITHER
        ),
        "workers_within_persons": gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="persons", column_B="workers", or_equal=True, ignore_row_if=EITHER
        ),
        "home_is_county": gxe.ExpectColumnPairValuesToBeEqual(
            column_A="county", column_B="home", ignore_row_if=EITHER, mostly=0.99
        ),
        "percents_are_100": gxe.ExpectMulticolumnSumToEqual(
            column_list=["central_percent", "province_percent", "own_percent"], sum_total=100
        ),
    }


def conditions() -> dict[str, Expectation]:
    return {
        "completed_are_paid": gxe.ExpectColumnValuesToNotBeNull(
            column="paid", mostly=0.9, row_condition=STATUS == "completed"
        ),
        "moved_have_persons": gxe.ExpectColumnValuesToBeBetween(
            column="persons", min_value=1, row_condition=STATUS == "moved"
        ),
        "large_have_subsidy": gxe.ExpectColumnValuesToBeBetween(
            column="subsidy", min_value=0, row_condition=Column("area") > 100
        ),
        "started_in_june_have_phone": gxe.ExpectColumnValuesToMatchRegex(
            column="phone", regex="^1", row_condition=(STATUS == "started") & (Column("period") == "2017-06")
        ),
        "moved_once": gxe.ExpectColumnValuesToBeUnique(column="household", row_condition=STATUS == "moved"),
        "mean_paid_of_completed": gxe.ExpectColumnMeanToBeBetween(
            column="paid", min_value=9_000, max_value=11_000, row_condition=STATUS == "completed"
        ),
    }


def aggregates() -> dict[str, Expectation]:
    return {
        "min_persons": gxe.ExpectColumnMinToBeBetween(column="persons", min_value=1),
        "max_area": gxe.ExpectColumnMaxToBeBetween(column="area", max_value=1_000),
        "mean_subsidy": gxe.ExpectColumnMeanToBeBetween(column="subsidy", min_value=19_000, max_value=21_000),
        "median_score": gxe.ExpectColumnMedianToBeBetween(column="score", min_value=-0.1, max_value=0.1),
        "stdev_score": gxe.ExpectColumnStdevToBeBetween(column="score", min_value=0.9, max_value=1.1),
        "sum_subsidy": gxe.ExpectColumnSumToBeBetween(column="subsidy", min_value=1),
        "quantiles_of_score": ExpectQuantilesToBeBetween(
            column="score",
            quantile_ranges={"quantiles": [0.05, 0.5, 0.95], "value_ranges": [[-2, -1.5], [-0.1, 0.1], [1.5, 2]]},
        ),
        "counties_counted": gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="county", min_value=len(COUNTIES), max_value=len(COUNTIES)
        ),
        "households_differ": gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column="household", min_value=0.99),
        "statuses_in_set": gxe.ExpectColumnDistinctValuesToBeInSet(column="status", value_set=STATUSES),
        "periods_complete": gxe.ExpectColumnDistinctValuesToEqualSet(column="period", value_set=PERIODS),
    }


def table(rows: int) -> dict[str, Expectation]:
    return {"row_count": gxe.ExpectTableRowCountToEqual(value=rows)}
