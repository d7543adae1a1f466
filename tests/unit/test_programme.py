"""A programme's mart from a few returns: what is added up, what is compared, what stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO
from tests.programmes import Given, built, in_memory, said
from warehouse import marts
from warehouse.codebook.model import Indicator, RollUp
from warehouse.marts.comparison import earlier
from warehouse.marts.measures import measures_of
from warehouse.marts.programme import programme
from warehouse.marts.sources import PERIOD_END
from warehouse.messages.errors import CodebookError

ABOVE = ("140000", "140200", "poverty_counties", "national_list", "national_key", "deep_poverty")
PROGRAMMES = {name: BOOK.mart_of(name, "programme").mart for name in BOOK.datasets}
# 城区 and 郊区 became 潞州区 together; 潞城市 became 潞城区; 南郊区 and others were split.
MERGED, BEFORE_THE_MERGER, RENAMED = "140403", ("140402", "140411"), ("140481", "140406")
SPLIT, BEFORE_THE_SPLIT = ("140212", "140213", "140214"), ("140202", "140203", "140211", "140212")


def lent(county: str, period: str, lent: int | None, balance: int | None = None, **about: str) -> Given:
    return said(county, period, {"loan_amount_yuan": lent, "loan_balance_yuan": balance}, **about)


def lines(mart: pl.DataFrame, indicator: str, period: str, *columns: str, codes: Any = ABOVE) -> dict[str, Any]:
    """The columns of an indicator's lines, by code."""
    rows = mart.filter(pl.col("code").is_in(list(codes)), indicator=indicator, period=period)
    found = rows.select("code", *columns).rows()
    return {code: values[0] if len(columns) == 1 else tuple(values) for code, *values in found}


# --- the contract --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROGRAMMES)
def test_every_programme_has_a_mart_with_the_one_contract(name: str) -> None:
    columns = BOOK.marts[PROGRAMMES[name]]
    said_of = [c.model_dump(exclude={"mart"}) for c in columns]
    assert said_of == [c.model_dump(exclude={"mart"}) for c in BOOK.marts["mart_outcomes"]]


@pytest.mark.parametrize("name", PROGRAMMES)
def test_every_line_has_a_unit_of_the_codebook_and_a_name_of_its_own(name: str) -> None:
    found = measures_of(BOOK.datasets[name])
    assert found
    assert {line.unit for line in found} <= BOOK.units.keys()
    assert len({line.name for line in found}) == len(found)


def test_a_line_whole() -> None:
    mart = built("funds", said(YANGGAO, "2017-12", {"fiscal_spent_yuan": 7}, status="verified"))
    wanted = {
        "period": "2017-12", "level": "prefecture", "code": "140200", "name_zh": "大同市",
        "indicator": "fiscal_spent_yuan", "label_zh": "支出资金", "label_en": "Funds spent", "unit": "yuan",
        "value": Decimal(7), "status": "verified", "month_value": None, "prior_period": None, "change": None,
        "prior_year": None, "change_prior_year": None, "broken": False, "counties_due": 11, "counties_counted": 1,
        "counties_compared": 0, "counties_compared_prior_year": 0, "value_reported": None, "value_compared": None,
        "change_percent": None, "value_compared_prior_year": None, "change_percent_prior_year": None,
        "counties_nil": 0, "counties_blank": 0, "counties_missing": 10, "counties_quarantined": 0, "complete": False,
        "partial": True,
    }  # fmt: skip
    schema = {c.column: c.polars for c in BOOK.marts["mart_funds"] if c.column != PERIOD_END}
    line = mart.filter(code="140200", indicator="fiscal_spent_yuan")
    assert_frame_equal(line, pl.DataFrame([wanted], schema), check_exact=True)


def test_lines_are_in_the_order_of_period_area_and_form() -> None:
    mart = built("finance", lent(YANGGAO, "2017-12", 1), lent(YANGGAO, "2017-11", 1))
    areas = mart.select("period", "level", "code").unique(maintain_order=True)
    assert areas.equals(areas.sort(pl.all()))
    assert mart["indicator"].unique(maintain_order=True).to_list() == list(BOOK.datasets["finance"].columns)


def test_a_form_without_anything_to_add_up_has_a_mart_without_rows() -> None:
    form = BOOK.datasets["policy"]
    other = form.model_copy(update={"indicators": tuple(i for i in form.indicators if i.roll_up.how == "none")})
    book = replace(BOOK, datasets={**BOOK.datasets, "policy": other})
    mart = marts.build("mart_policy", in_memory("policy", said(YANGGAO, "2017-12", {"measure": "m01"}), book=book))
    assert mart.collect().equals(pl.DataFrame(schema={c.column: c.polars for c in BOOK.marts["mart_policy"]}))


# --- sums ----------------------------------------------------------------------------------------------------------


def test_a_sum_is_of_the_counties_that_gave_a_value_and_says_how_many_of_how_many() -> None:
    mart = built("finance", lent(YANGGAO, "2017-12", 5), lent(TIANZHEN, "2017-12", 7), lent(GUANGLING, "2017-12", None))
    found = lines(mart, "loan_amount_yuan", "2017-12", "value", "counties_due", "counties_counted")
    assert found == {
        "140000": (12, 119, 2), "140200": (12, 11, 2), "poverty_counties": (12, 58, 2), "national_list": (12, 36, 2),
        "national_key": (12, 35, 2), "deep_poverty": (7, 10, 1),
    }  # fmt: skip
    assert mart.filter(level="county")["code"].n_unique() == 119


def test_a_county_that_gave_nothing_is_blank_not_zero_and_zero_is_a_value() -> None:
    mart = built("finance", lent(YANGGAO, "2017-12", 0), lent(TIANZHEN, "2017-12", None))
    codes = (YANGGAO, TIANZHEN, GUANGLING, "140100")
    found = lines(mart, "loan_amount_yuan", "2017-12", "value", "counties_counted", codes=codes)
    assert found == {YANGGAO: (0, 1), TIANZHEN: (None, 0), GUANGLING: (None, 0), "140100": (None, 0)}


def test_a_sum_is_as_settled_as_the_least_of_what_is_in_it() -> None:
    mart = built(
        "finance",
        lent(YANGGAO, "2017-12", 5, status="approved"),
        lent(TIANZHEN, "2017-12", 5, status="verified"),
        lent(GUANGLING, "2017-12", None, status="provisional"),
    )
    assert lines(mart, "loan_amount_yuan", "2017-12", "status", codes=("140000", "deep_poverty", "140100")) == {
        "140000": "verified", "deep_poverty": "verified", "140100": None,
    }  # fmt: skip


def test_amounts_stay_exact_beyond_what_a_float_holds() -> None:
    mart = built("finance", lent(YANGGAO, "2017-12", 9_007_199_254_740_993), lent(TIANZHEN, "2017-12", 2))
    assert lines(mart, "loan_amount_yuan", "2017-12", "value")["140000"] == 9_007_199_254_740_995


# --- ratios, counts, what stays with the county --------------------------------------------------------------------


def people(county: str, period: str = "2017-12", **values: Any) -> Given:
    return said(county, period, values)


def test_a_share_comes_from_its_parts_never_from_the_counties_shares() -> None:
    mart = built(
        "outcomes",
        people(YANGGAO, rural_population=300, poor_persons_closing=30, poverty_headcount_ratio=Decimal(10)),
        people(TIANZHEN, rural_population=100, poor_persons_closing=2, poverty_headcount_ratio=Decimal(2)),
        people(GUANGLING, rural_population=None, poor_persons_closing=90),
    )
    found = lines(mart, "poverty_headcount_ratio", "2017-12", "value", "counties_counted", codes=("140000", TIANZHEN))
    assert found == {"140000": (8, 2), TIANZHEN: (2, 1)}


def test_an_average_is_weighted_over_the_counties_that_have_both() -> None:
    mart = built(
        "outcomes",
        people(YANGGAO, rural_population=300, income_per_capita=Decimal("7000.50")),
        people(TIANZHEN, rural_population=100, income_per_capita=Decimal(5000)),
        people(GUANGLING, rural_population=800, income_per_capita=None),
    )
    codes = ("140000", YANGGAO, GUANGLING)
    found = lines(mart, "income_per_capita", "2017-12", "value", "counties_counted", codes=codes)
    assert found == {"140000": (Decimal("6500.375"), 2), YANGGAO: (Decimal("7000.5"), 1), GUANGLING: (None, 0)}


def test_satisfaction_is_of_people_not_of_counties_and_its_trend_of_those_that_gave_it_both_times() -> None:
    mart = built(
        "outcomes",
        people(YANGGAO, "2017-06", rural_population=100, satisfaction_rate=Decimal(90)),
        people(YANGGAO, rural_population=300, satisfaction_rate=Decimal(92)),
        people(TIANZHEN, rural_population=100, satisfaction_rate=Decimal(96)),
        people(GUANGLING, rural_population=800),
    )
    columns = ("value", "prior_period", "change", "counties_counted", "counties_compared")
    for area in ("140200", "140000"):
        assert lines(mart, "satisfaction_rate", "2017-12", *columns)[area] == (93, 90, 2, 2, 1)


def test_growth_is_derived_again_from_the_averages() -> None:
    incomes = {"income_per_capita": Decimal(110), "income_per_capita_prior_year": Decimal(100)}
    mart = built(
        "outcomes",
        people(YANGGAO, rural_population=100, income_growth=Decimal(10), **incomes),
        people(
            TIANZHEN, rural_population=300, income_per_capita=Decimal(90), income_per_capita_prior_year=Decimal(100)
        ),
    )
    codes = ("140000", YANGGAO, TIANZHEN)
    assert lines(mart, "income_growth", "2017-12", "value", codes=codes) == {"140000": -5, YANGGAO: 10, TIANZHEN: -10}


def test_what_a_county_wrote_of_a_ratio_stands_beside_what_its_parts_give() -> None:
    written = {"poverty_headcount_ratio": Decimal("12.4"), "wrong_exit_rate": Decimal(1)}
    mart = built("outcomes", people(TIANZHEN, rural_population=1000, poor_persons_closing=123, **written))
    for indicator, wanted in {
        "poverty_headcount_ratio": {TIANZHEN: (Decimal("12.3"), Decimal("12.4")), "140200": (Decimal("12.3"), None)},
        "wrong_exit_rate": {TIANZHEN: (1, 1)},
        "rural_population": {TIANZHEN: (1000, None), "140200": (1000, None)},
    }.items():
        assert lines(mart, indicator, "2017-12", "value", "value_reported", codes=(TIANZHEN, "140200")) == wanted


def test_the_fact_has_what_its_parts_give_beside_what_a_county_wrote() -> None:
    written = {"poverty_headcount_ratio": Decimal("12.4")}
    sources = in_memory("outcomes", people(TIANZHEN, rural_population=1000, poor_persons_closing=123, **written))
    fact = marts.build("fact_indicator", sources).collect()
    given = fact.select("indicator", "value", "value_computed").rows()
    assert ("poverty_headcount_ratio", Decimal("12.4"), Decimal("12.3")) in given
    assert ("rural_population", 1000, None) in given


def test_nothing_is_divided_by_nobody() -> None:
    mart = built("outcomes", people(YANGGAO, rural_population=0, poor_persons_closing=0, income_per_capita=Decimal(1)))
    for ratio in ("poverty_headcount_ratio", "income_per_capita"):
        assert lines(mart, ratio, "2017-12", "value", "counties_counted")["140200"] == (None, 1)


def test_counties_are_counted_by_their_state() -> None:
    states = {YANGGAO: "verified", TIANZHEN: "none", GUANGLING: "verified"}
    mart = built("outcomes", *(people(county, delisting_status=state) for county, state in states.items()))
    found = {
        state: lines(mart, f"delisting_status={state}", "2017-12", "value", "unit")["140200"]
        for state in ("none", "provisional", "verified")
    }
    assert found == {"none": (1, "county"), "provisional": (0, "county"), "verified": (2, "county")}


def test_measures_are_counted_by_their_state_and_a_nil_return_has_none() -> None:
    mart = built(
        "policy",
        said(TIANZHEN, "2017-12", {"measure": "m01", "status": "issued", "county_plan": True},
             {"measure": "m02", "status": "issued", "county_plan": False}),
        said(GUANGLING, "2017-12"),
    )  # fmt: skip
    found = lines(mart, "status=issued", "2017-12", "value", "unit", "counties_due", "counties_counted")
    assert found["140000"] == (2, "measure", 10, 2)
    assert "document" not in set(mart["indicator"])


def test_a_county_with_a_plan_counts_once_however_many_of_its_measures_are_of_it() -> None:
    measures = [{"measure": f"m{n:02}", "status": "issued", "county_plan": n < 9} for n in range(1, 11)]
    mart = built("policy", said(TIANZHEN, "2017-12", *measures), said(GUANGLING, "2017-12"))
    found = lines(mart, "county_plan=true", "2017-12", "value", "unit", codes=("140000", TIANZHEN, GUANGLING))
    assert found == {"140000": (1, "county"), TIANZHEN: (1, "county"), GUANGLING: (0, "county")}
    assert lines(mart, "status=issued", "2017-12", "value")["140000"] == 10


def test_what_is_not_rolled_up_stays_with_the_county() -> None:
    mart = built("support", said(YANGGAO, "2017-12", {"provincial_units": 3, "technical_experts": 1}))
    units = mart.filter(indicator="provincial_units")
    assert units["level"].unique().to_list() == ["county"]
    assert lines(mart, "provincial_units", "2017-12", "value", codes=[YANGGAO]) == {YANGGAO: 3}
    assert lines(mart, "technical_experts", "2017-12", "value")["140000"] == 1


def test_persons_and_person_times_have_lines_of_their_own() -> None:
    mart = built("training", said(YANGGAO, "2017-12", {"trained_persons": 4, "trained_person_times": 9}))
    assert lines(mart, "trained_persons", "2017-12", "value", "unit")["140000"] == (4, "person")
    assert lines(mart, "trained_person_times", "2017-12", "value", "unit")["140000"] == (9, "person_time")


# --- comparisons ---------------------------------------------------------------------------------------------------


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


# --- the guard -----------------------------------------------------------------------------------------------------


def changed(name: str, column: str, **update: Any) -> Any:
    """Sources whose codebook was told, past its own checks, that an indicator is something else."""
    dataset = BOOK.datasets[name]
    update = {k: RollUp.parse(v) if k == "roll_up" else v for k, v in update.items()}
    indicators = tuple(i.model_copy(update=update) if i.column == column else i for i in dataset.indicators)
    other = dataset.model_copy(update={"indicators": indicators})
    return in_memory(name, book=replace(BOOK, datasets={**BOOK.datasets, name: other}))


FORBIDDEN = {
    "a ratio summed": ("outcomes", "income_per_capita", "sum", "income_per_capita is a ratio.*never summed"),
    "a year summed": ("outcomes", "delisting_year", "sum", "delisting_year is a stock in year.*never summed"),
    "a share of persons in person-times": (
        "training", "trained_persons", "weighted:trained_persons/trained_person_times", "never meet",
    ),
    "an average weighted by a ratio": (
        "outcomes", "income_wages", "weighted:income_per_capita", "income_per_capita is a ratio.*never summed",
    ),
    "a share of ratios": (
        "outcomes", "income_wages", "weighted:income_business/income_per_capita", "income_business is a ratio",
    ),
    "a stock averaged": ("outcomes", "rural_population", "weighted:poor_persons_closing", "no weight"),
    "growth of what is averaged otherwise": (
        "outcomes", "income_growth", "derived:income_per_capita/poverty_headcount_ratio", "not averaged alike",
    ),
    "growth of what is summed": (
        "outcomes", "income_growth", "derived:rural_population/poor_persons_closing", "no weight to be averaged by",
    ),
    "a ratio counted": ("outcomes", "satisfaction_rate", "count", "is a ratio and is never counted"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "column", "roll_up", "message"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_roll_up_that_the_kind_forbids_cannot_be_built(name: str, column: str, roll_up: str, message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        programme(changed(name, column, roll_up=roll_up), name)
    with pytest.raises(CodebookError, match=message):
        marts.build(PROGRAMMES[name], changed(name, column, roll_up=roll_up))


@pytest.mark.parametrize("name", PROGRAMMES)
def test_only_what_the_codebook_rolls_up_rises(name: str) -> None:
    rolled: dict[bool, set[Indicator]] = {True: set(), False: set()}
    for line in measures_of(BOOK.datasets[name]):
        rolled[line.rises].add(line.indicator)
    assert all(i.roll_up.how != "none" for i in rolled[True])
    assert all(i.roll_up.how == "none" and i.numeric for i in rolled[False])
