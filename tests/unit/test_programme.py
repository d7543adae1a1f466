"""A programme's mart from a few returns: what is added up, what is compared, what stays unknown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO
from tests.programmes import built, in_memory, lent, lines, people, said
from warehouse import marts
from warehouse.codebook.model import Indicator, RollUp
from warehouse.marts.measures import measures_of
from warehouse.marts.programme import programme
from warehouse.marts.sources import PERIOD_END
from warehouse.messages.errors import CodebookError

PROGRAMMES = {name: BOOK.mart_of(name, "programme").mart for name in BOOK.datasets}


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
        "partial": True, "held": False, "held_since": None,
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
