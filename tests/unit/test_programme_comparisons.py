"""A programme's mart beside earlier periods: what may be compared, over which counties, and what changed codes do."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import GUANGLING, TIANZHEN, YANGGAO
from tests.programmes import Given, built, lent, lines, people, said
from warehouse.marts.comparison import earlier

# 城区 and 郊区 became 潞州区 together; 潞城市 became 潞城区; 南郊区 and others were split.
MERGED, BEFORE_THE_MERGER, RENAMED = "140403", ("140402", "140411"), ("140481", "140406")
SPLIT, BEFORE_THE_SPLIT = ("140212", "140213", "140214"), ("140202", "140203", "140211", "140212")


def test_the_period_before_is_the_calendars() -> None:
    assert [earlier("2018-01", n) for n in (1, 3, 6, 12)] == ["2017-12", "2017-10", "2017-07", "2017-01"]
    assert earlier("2017-12", 12) == "2016-12"


def test_a_months_own_value_is_what_grew_over_the_counties_that_are_there_both_times() -> None:
    mart = built(
        "finance",
        lent(YANGGAO, "2017-11", 5), lent(YANGGAO, "2017-12", 8),
        lent(TIANZHEN, "2017-12", 100), lent(GUANGLING, "2017-11", 50),
    )  # fmt: skip
    columns = ("value", "month_value", "counties_counted", "counties_compared", "prior_period", "change")
    codes = ("140000", YANGGAO, TIANZHEN)
    assert lines(mart, "loan_amount_yuan", "2017-12", *columns, codes=codes) == {
        "140000": (108, 3, 2, 1, None, None), YANGGAO: (8, 3, 1, 1, None, None),
        TIANZHEN: (100, None, 1, 0, None, None),
    }  # fmt: skip


def test_januarys_own_value_is_the_years_so_far() -> None:
    mart = built("finance", lent(YANGGAO, "2017-12", 90), lent(YANGGAO, "2018-01", 5))
    assert lines(mart, "loan_amount_yuan", "2018-01", "month_value", "counties_compared")["140000"] == (5, 1)


def test_a_quarters_own_value_looks_at_the_quarter_before() -> None:
    mart = built("motivation", *(said(YANGGAO, p, {"activities": n}) for p, n in {"2017-03": 4, "2017-06": 9}.items()))
    assert lines(mart, "activities", "2017-06", "month_value")["140000"] == 5
    assert lines(mart, "activities", "2017-03", "month_value")["140000"] == 4


def test_a_month_that_did_not_come_is_not_carried_forward() -> None:
    mart = built(
        "finance", lent(YANGGAO, "2017-10", 5, 5), lent(TIANZHEN, "2017-11", 1, 1), lent(YANGGAO, "2017-12", 8, 8)
    )
    found = lines(mart, "loan_amount_yuan", "2017-12", "month_value", "counties_compared", codes=("140000", YANGGAO))
    assert found == {"140000": (None, 0), YANGGAO: (None, 0)}
    assert lines(mart, "loan_balance_yuan", "2017-12", "prior_period", "change")["140000"] == (None, None)
    assert lines(mart, "loan_amount_yuan", "2017-11", "value", codes=[YANGGAO]) == {YANGGAO: None}


def test_a_stock_changes_on_the_period_before_and_on_the_year_before() -> None:
    balances = {"2016-12": 10, "2017-11": 14, "2017-12": 11}
    mart = built("finance", *(lent(YANGGAO, period, 1, balance) for period, balance in balances.items()))
    columns = ("value", "prior_period", "change", "prior_year", "change_prior_year", "month_value")
    assert lines(mart, "loan_balance_yuan", "2017-12", *columns)["140000"] == (11, 14, -3, 10, 1, None)


def test_a_ratio_is_compared_over_the_same_counties_both_times() -> None:
    mart = built(
        "outcomes",
        people(YANGGAO, "2017-06", rural_population=100, poor_persons_closing=10),
        people(YANGGAO, "2017-12", rural_population=200, poor_persons_closing=10),
        people(TIANZHEN, "2017-12", rural_population=100, poor_persons_closing=90),
    )
    columns = ("prior_period", "change", "counties_compared")
    assert lines(mart, "poverty_headcount_ratio", "2017-12", *columns)["140000"] == (10, -5, 1)


def test_years_are_not_subtracted() -> None:
    mart = built("outcomes", *(people(YANGGAO, p, delisting_year=2016) for p in ("2017-06", "2017-12")))
    assert lines(mart, "delisting_year", "2017-12", "value", "change", codes=[YANGGAO]) == {YANGGAO: (2016, None)}


def test_what_is_compared_stands_beside_what_it_is_compared_with_and_the_change_in_percent() -> None:
    mart = built(
        "finance",
        lent(YANGGAO, "2017-11", 4, 40), lent(YANGGAO, "2017-12", 8, 50), lent(TIANZHEN, "2017-12", 100, 100),
        lent(YANGGAO, "2016-12", 5, 20), lent(GUANGLING, "2017-11", 7, 7),
    )  # fmt: skip
    columns = ("prior_period", "value_compared", "change_percent")
    yearly = ("prior_year", "value_compared_prior_year", "change_percent_prior_year")
    stock, flow = (
        lines(mart, f"loan_{name}_yuan", "2017-12", "value", *columns, *yearly)["140000"]
        for name in ("balance", "amount")
    )
    assert stock == (150, 40, 50, 25, 20, 50, 150), "naive division gives 275 % and 650 %"
    assert flow == (108, None, None, None, 5, 8, 60), "a year-to-date figure is compared with the year before alone"


@pytest.mark.parametrize(
    ("then", "now", "percent"), [(0, 5, None), (None, 5, None), (3, 4, Decimal("33.333333")), (4, 0, -100), (4, 4, 0)]
)
def test_a_change_in_percent_is_of_what_is_above_zero(then: int | None, now: int, percent: Decimal | None) -> None:
    mart = built("finance", lent(YANGGAO, "2017-11", 1, then), lent(YANGGAO, "2017-12", 1, now))
    assert lines(mart, "loan_balance_yuan", "2017-12", "change_percent")["140000"] == percent


def test_a_figure_in_percent_changes_by_points_an_average_by_percent_and_a_loss_by_none() -> None:
    then, now = (
        {"rural_population": 100, "poor_persons_closing": poor, "income_per_capita": Decimal(income),
         "income_business": Decimal(business)}
        for poor, income, business in ((10, 5000, -10), (5, 6000, 10))
    )  # fmt: skip
    mart = built("outcomes", people(YANGGAO, "2017-06", **then), people(YANGGAO, "2017-12", **now))
    found = [
        lines(mart, indicator, "2017-12", "change", "change_percent")["140000"]
        for indicator in ("poverty_headcount_ratio", "income_per_capita", "income_business")
    ]
    assert found == [(-5, None), (1000, 20), (20, None)]


# --- codes that changed --------------------------------------------------------------------------------------------


def over(values: Mapping[str, int | None], period: str) -> list[Given]:
    return [lent(code, period, 1, balance) for code, balance in values.items()]


def yearly(then: Mapping[str, int | None], now: Mapping[str, int | None], *codes: str) -> dict[str, Any]:
    mart = built("finance", *over(then, "2017-12"), *over(now, "2018-12"))
    return lines(mart, "loan_balance_yuan", "2018-12", "prior_year", "change_prior_year", "broken", codes=codes)


def test_a_county_under_a_new_code_goes_on() -> None:
    old, new = RENAMED
    assert yearly({old: 5}, {new: 7}, new, "140400") == {new: (5, 2, False), "140400": (5, 2, False)}


def test_a_merged_county_continues_the_sum_of_those_it_was_made_of() -> None:
    one, other = BEFORE_THE_MERGER
    assert yearly({one: 5, other: 6}, {MERGED: 12}, MERGED, "140000") == {
        MERGED: (11, 1, False), "140000": (11, 1, False),
    }  # fmt: skip


def test_a_merged_county_is_not_compared_with_a_part_of_itself() -> None:
    assert yearly({BEFORE_THE_MERGER[0]: 5}, {MERGED: 12}, MERGED) == {MERGED: (None, None, False)}


def test_the_parties_to_a_split_are_broken_and_their_prefecture_goes_on() -> None:
    then, now = dict.fromkeys(BEFORE_THE_SPLIT, 10), dict.fromkeys(SPLIT, 15)
    broken = dict.fromkeys(SPLIT, (None, None, True))
    assert yearly(then, now, *SPLIT, "140200", "140000") == broken | {
        "140200": (40, 5, False), "140000": (40, 5, False),
    }  # fmt: skip


def test_a_prefecture_that_lacks_one_party_to_a_split_compares_the_others() -> None:
    then = dict.fromkeys(BEFORE_THE_SPLIT, 10) | {YANGGAO: 3}
    now = dict.fromkeys(SPLIT[:2], 15) | {YANGGAO: 4}
    assert yearly(then, now, "140200") == {"140200": (3, 1, False)}


def test_within_the_year_a_split_county_is_compared_with_itself() -> None:
    mart = built("finance", *over({SPLIT[1]: 5}, "2018-05"), *over({SPLIT[1]: 6}, "2018-06"))
    columns = ("prior_period", "change", "prior_year", "broken")
    assert lines(mart, "loan_balance_yuan", "2018-06", *columns, codes=[SPLIT[1]]) == {SPLIT[1]: (5, 1, None, True)}


def test_what_is_not_summed_does_not_go_over_a_merger() -> None:
    rate = {"wrong_exit_rate": Decimal(1)}
    then = (people(code, "2017-12", **rate) for code in (*BEFORE_THE_MERGER, RENAMED[0]))
    mart = built("outcomes", *then, people(MERGED, "2018-12", **rate), people(RENAMED[1], "2018-12", **rate))
    columns = ("value", "prior_year", "broken")
    assert lines(mart, "wrong_exit_rate", "2018-12", *columns, codes=(MERGED, RENAMED[1])) == {
        MERGED: (1, None, True), RENAMED[1]: (1, 1, False),
    }  # fmt: skip
