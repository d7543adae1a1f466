"""Each way in which a published figure is recomputed, from a few rows by hand; and when it holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, TIANZHEN, YANGGAO
from tests.programmes import Given, InMemory, in_memory, said
from warehouse.codebook import Figure
from warehouse.marts.figure_state import COVERED, moves
from warehouse.marts.mart_scorecard import AGGREGATES, build, entering, speaks_of, value_of
from warehouse.marts.roll_up import DECIMAL

PERIOD = "2017-12"
OUTSIDE = next(d.county_code for d in BOOK.in_force("2017-12") if d not in BOOK.members("deep_poverty", "2017-12"))
INSIDE = TIANZHEN


def figure(aggregate: str, **values: Any) -> Figure:
    """A figure of the deep-poverty counties' microcredit."""
    like = next(f for f in BOOK.figures if f.figure == "microcredit_amount")
    about = {
        "figure": "some", "aggregate": aggregate, "scope": "deep_poverty", "dataset": "finance", "period": PERIOD,
        "column": "loan_amount_yuan", "by": None, "where": None, "since": None, "relation": "eq",
        "published": Decimal(0), "tolerance": Decimal(0),
    }  # fmt: skip
    return like.model_copy(update=about | values)


def rows(dataset: str, *given: tuple[str, str, dict[str, Any]]) -> pl.LazyFrame:
    """County, period and values."""
    form = BOOK.datasets[dataset]
    blank = dict.fromkeys(form.columns)
    return pl.LazyFrame(
        [{"county_code": county, "period": period} | blank | values for county, period, values in given],
        {"county_code": pl.String, "period": pl.String, **form.dtypes},
    )


def lent(county: str, amount: int | None, period: str = PERIOD, **more: Any) -> tuple[str, str, dict[str, Any]]:
    return county, period, {"loan_amount_yuan": amount, **more}


def value(of: Figure, *given: tuple[str, str, dict[str, Any]]) -> Decimal | None:
    (found,) = value_of(BOOK, of, rows(of.dataset, *given)).collect()["value"]
    return None if found is None else Decimal(found)


# --- the ways ------------------------------------------------------------------------------------------------------


def test_a_sum_is_over_the_counties_of_its_scope_and_period() -> None:
    given = [lent(INSIDE, 3), lent(OUTSIDE, 100), lent(INSIDE, 50, "2017-11")]
    assert value(figure("sum"), *given) == 3
    assert value(figure("sum", scope="province"), *given) == 103
    assert value(figure("sum", scope="province"), lent(INSIDE, None)) is None


def test_a_share_is_of_the_whole_province() -> None:
    assert value(figure("share"), lent(INSIDE, 1), lent(OUTSIDE, 3)) == 25
    assert value(figure("share"), lent(INSIDE, None), lent(OUTSIDE, 3)) is None
    assert value(figure("share"), lent(INSIDE, 0), lent(OUTSIDE, 0)) is None
    assert value(figure("share"), lent(INSIDE, 2)) == 100


def test_a_ratio_is_of_two_sums_within_the_scope() -> None:
    ratio = figure("ratio", column="loan_households", by="loan_amount_yuan")
    given = [
        lent(INSIDE, 8, loan_households=1),
        lent(INSIDE, 8, loan_households=3),
        lent(OUTSIDE, 1, loan_households=9),
    ]
    assert value(ratio, *given) == 25
    assert value(ratio, lent(INSIDE, 0, loan_households=1)) is None


def test_rows_are_counted_told_apart_and_the_least_and_greatest_taken() -> None:
    given = [lent(INSIDE, 5), lent(INSIDE, 5), lent(INSIDE, 2), lent(OUTSIDE, 1), lent(OUTSIDE, 9)]
    assert value(figure("count"), *given) == 3
    assert value(figure("distinct"), *given) == 2
    assert value(figure("least"), *given) == 2
    assert value(figure("greatest"), *given) == 5


@pytest.mark.parametrize(
    ("published", "amounts", "worst"),
    [(1, [1, 1], 1), (1, [1, 3, 0], 3), (3, [1, 3, 4], 1), (2, [0, 5], 5), (1, [], None)],
)
def test_the_worst_is_the_one_furthest_from_what_was_published(
    published: int, amounts: list[int], worst: int | None
) -> None:
    given = [lent(INSIDE, amount) for amount in amounts]
    found = value(figure("worst", published=Decimal(published)), *given, lent(OUTSIDE, 1000))
    assert found == worst


def test_only_rows_of_a_kind_are_taken_where_a_figure_says_so() -> None:
    coded = figure("count", dataset="outcomes", column="delisting_year", where="delisting_year=2017")
    form = "outcomes"
    given = [
        (INSIDE, PERIOD, {"delisting_year": 2017}),
        (INSIDE, PERIOD, {"delisting_year": 2016}),
        (INSIDE, PERIOD, {"delisting_year": None}),
        (INSIDE, "2017-06", {"delisting_year": 2017}),
    ]
    assert value(coded, *given) == 1
    assert rows(form, *given).filter(speaks_of(coded)).collect().height == 1
    assert rows(form, *given).filter(speaks_of(figure("count", dataset="outcomes"))).collect().height == 3


def income(county: str, now: int | None, then: int | None, persons: int | None) -> tuple[str, str, dict[str, Any]]:
    average = BOOK.datasets["outcomes"]["income_per_capita"]
    weight = average.roll_up.weight or ""
    return county, PERIOD, {"income_per_capita": now, "income_per_capita_prior_year": then, weight: persons}


OF_INCOME: dict[str, Any] = {"dataset": "outcomes", "column": "income_per_capita", "by": "income_per_capita_prior_year"}


def test_an_average_is_weighted_over_those_that_give_one() -> None:
    of = figure("weighted", **OF_INCOME)
    assert value(of, income(INSIDE, 10, None, 1), income(INSIDE, 20, None, 3)) == Decimal("17.5")
    assert value(of, income(INSIDE, 10, None, 1), income(INSIDE, None, None, 3)) == 10
    assert value(of, income(INSIDE, 10, None, 1), income(OUTSIDE, 20, None, 3)) == 10
    assert value(of, income(INSIDE, None, None, 1)) is None


def test_growth_is_of_one_average_over_another() -> None:
    of = figure("growth", **OF_INCOME)
    assert value(of, income(INSIDE, 110, 100, 1)) == 10
    assert value(of, income(INSIDE, 110, 100, 1), income(INSIDE, 330, 300, 9)) == 10
    assert value(of, income(INSIDE, 110, 100, 1), income(OUTSIDE, 500, 100, 9)) == 10
    assert value(of, income(INSIDE, 110, 0, 1)) is None


def test_a_lead_is_the_growth_within_less_that_of_the_province() -> None:
    of = figure("growth_lead", **OF_INCOME)
    assert value(of, income(INSIDE, 110, 100, 1), income(OUTSIDE, 100, 100, 1)) == 5
    assert value(of, income(INSIDE, 110, 100, 1)) == 0


@pytest.mark.parametrize(
    ("now", "then", "wanted"), [(9, 4, 5), (4, 9, -5), (0, 0, 0), (None, 4, None), (9, None, None)]
)
def test_an_increase_is_since_an_earlier_period(now: int | None, then: int | None, wanted: int | None) -> None:
    of = figure("increase", period="2018-06", since=PERIOD)
    given = [lent(INSIDE, now, "2018-06"), lent(INSIDE, then), lent(INSIDE, 77, "2018-03"), lent(OUTSIDE, 5)]
    assert value(of, *given) == wanted


SECOND = next(d.county_code for d in BOOK.members("deep_poverty", "2017-12") if d.county_code != INSIDE)


def test_a_mean_rises_over_the_counties_that_gave_it_both_times() -> None:
    of = figure(
        "increase", dataset="outcomes", column="satisfaction_rate", period="2018-06", since=PERIOD, scope="province"
    )

    def satisfied(county: str, period: str, rate: int | None, people: int) -> tuple[str, str, dict[str, Any]]:
        return county, period, {"satisfaction_rate": rate, "rural_population": people}

    given = [
        satisfied(TIANZHEN, PERIOD, 90, 100), satisfied(TIANZHEN, "2018-06", 94, 300),
        satisfied(YANGGAO, PERIOD, 96, 100), satisfied(YANGGAO, "2018-06", 98, 100),
        satisfied("140223", PERIOD, 99, 800), satisfied("140223", "2018-06", None, 800),
    ]  # fmt: skip
    assert value(of, *given) == 2  # from 93 to 95
    assert value(of, *given[:3]) == 4
    assert value(of, given[0]) is None


OF_INCREASE: dict[str, Any] = {"aggregate": "increase", "period": "2018-06", "since": PERIOD}


@pytest.mark.parametrize("gone", ["2018-06", PERIOD])
def test_an_increase_is_over_the_counties_that_gave_both(gone: str) -> None:
    both = [lent(INSIDE, 9, "2018-06"), lent(INSIDE, 4), lent(SECOND, 700, gone)]
    assert value(figure(**OF_INCREASE), *both) == 5
    assert value(figure(**OF_INCREASE), *both, lent(SECOND, None, PERIOD if gone != PERIOD else "2018-06")) == 5
    assert value(figure(**OF_INCREASE), lent(INSIDE, 9, "2018-06"), lent(SECOND, 4)) is None


def test_the_parties_to_a_split_are_compared_together_or_not_at_all() -> None:
    old, *new = "140202", "140213", "140214"
    of = figure(**OF_INCREASE | {"scope": "province"})
    assert value(of, lent(INSIDE, 1, "2018-06"), lent(INSIDE, 1), lent(old, 50), lent(new[0], 60, "2018-06")) == 0


def test_growth_and_ratios_are_over_those_that_gave_both() -> None:
    of = figure("growth", **OF_INCOME)
    assert value(of, income(INSIDE, 110, 100, 1), income(SECOND, 900, None, 9)) == 10
    assert value(of, income(INSIDE, 110, 100, 1), income(SECOND, None, 5, 9)) == 10
    ratio = figure("ratio", column="loan_households", by="loan_amount_yuan")
    assert value(ratio, lent(INSIDE, 8, loan_households=2), lent(SECOND, None, loan_households=50)) == 25
    assert value(ratio, lent(INSIDE, 8, loan_households=2), lent(SECOND, 800)) == 25


def test_a_figure_set_beside_the_province_is_entered_by_all_of_it() -> None:
    assert entering(figure("share")) == entering(figure("growth_lead")) == "province"
    for aggregate in AGGREGATES.keys() - {"share", "growth_lead"}:
        assert entering(figure(aggregate)) == "deep_poverty"


def test_every_figure_has_a_way() -> None:
    assert {f.aggregate for f in BOOK.figures} <= {*AGGREGATES, "increase", "members"}


# --- whether it holds ----------------------------------------------------------------------------------------------


def card(of: Figure, *given: Given) -> dict[str, Any]:
    """The line of the scorecard."""
    sources: InMemory = in_memory("finance", *given, book=replace(BOOK, figures=(of,)))
    frame = build(sources).collect()
    assert frame.schema["value"] == DECIMAL
    (line,) = frame.rows(named=True)
    return line


DEEP = [d.county_code for d in BOOK.members("deep_poverty", "2017-12")]


def everybody(amount: int) -> list[Given]:
    """Returns of all counties of the group, of which one lent something."""
    return [said(code, PERIOD, {"loan_amount_yuan": amount if code == INSIDE else 0}) for code in DEEP]


@pytest.mark.parametrize(
    ("relation", "value", "tolerance", "holds"),
    [
        ("eq", 100, 0, True),
        ("eq", 101, 0, False),
        ("eq", 101, 1, True),
        ("eq", 99, 1, True),
        ("eq", 102, 1, False),
        ("eq", 98, 1, False),
        ("ge", 100, 0, True),
        ("ge", 99, 0, False),
        ("ge", 99, 1, True),
        ("ge", 98, 1, False),
        ("ge", 1000, 0, True),
        ("le", 100, 0, True),
        ("le", 101, 0, False),
        ("le", 101, 1, True),
        ("le", 102, 1, False),
        ("le", 0, 0, True),
    ],
)
def test_a_figure_holds_within_its_tolerance_to_the_side_that_it_has(
    relation: str,
    value: int,
    tolerance: int,
    holds: bool,  # noqa: FBT001
) -> None:
    of = figure("sum", relation=relation, published=Decimal(100), tolerance=Decimal(tolerance))
    line = card(of, *everybody(value))
    assert (line["value"], line["difference"]) == (value, value - 100)
    assert line["state"] == ("holds" if holds else "differs")
    assert (line["published"], line["relation"]) == (100, relation)


def test_without_a_return_nothing_is_known_of_a_figure() -> None:
    line = card(figure("count"), said(OUTSIDE, PERIOD, {"loan_amount_yuan": 1}))
    assert (line["value"], line["difference"], line["state"], line["status"]) == (None, None, "unknown", None)
    assert (line["counties_due"], line["counties_counted"], line["complete"], line["partial"]) == (10, 0, False, True)


def test_a_figure_says_how_many_counties_entered_it_and_the_least_settled_of_them() -> None:
    given = [
        said(INSIDE, PERIOD, {"loan_amount_yuan": 1}, status="approved"),
        said(YANGGAO, PERIOD, {"loan_amount_yuan": 2}, status="provisional"),
        said(INSIDE, "2017-11", {"loan_amount_yuan": 3}, status="provisional"),
    ]
    line = card(figure("sum"), *given)
    assert (line["value"], line["status"], line["counties_due"], line["counties_counted"]) == (1, "approved", 10, 1)
    whole = card(figure("share"), *given)
    assert (whole["status"], whole["counties_due"], whole["counties_counted"]) == ("provisional", 119, 2)


@pytest.mark.parametrize(("group", "count"), [("deep_poverty", 10), ("province", 119)])
def test_the_counties_of_a_group_are_those_of_the_codebook(group: str, count: int) -> None:
    of = figure("members", scope="province", column=group, dataset="dim_county", published=Decimal(count))
    line = card(of)
    assert (line["value"], line["state"], line["counties_due"], line["counties_counted"]) == (
        count,
        "holds",
        count,
        count,
    )
    assert [line[name] for name in COVERED] == [count, count, None, None, True, False]
    scoped = card(figure("members", scope=group, column=None, dataset="dim_county"))
    assert scoped["value"] == count


def test_of_an_increase_the_counties_are_counted_that_gave_both_its_ends() -> None:
    of = figure(**OF_INCREASE | {"published": Decimal(5)})
    given = [
        said(INSIDE, "2018-06", {"loan_amount_yuan": 9}),
        said(INSIDE, PERIOD, {"loan_amount_yuan": 4}),
        said(SECOND, PERIOD, {"loan_amount_yuan": 700}),
    ]
    line = card(of, *given)
    assert (line["value"], line["counties_due"], line["counties_counted"]) == (5, 10, 1)
    assert (line["state"], *(line[name] for name in COVERED)) == ("incomplete", 10, 1, 10, 2, False, True)
    none = card(of, *given[1:])
    assert (none["value"], none["state"], none["counties_counted"]) == (None, "unknown", 0)


def test_without_one_countys_return_an_increase_is_incomplete_and_says_which_end_it_lacks() -> None:
    of = figure(**OF_INCREASE | {"published": Decimal(10), "tolerance": Decimal(5)})
    ends = {PERIOD: 4, "2018-06": 5}
    given = [said(code, period, {"loan_amount_yuan": n}) for period, n in ends.items() for code in DEEP]
    whole, lacking = card(of, *given), card(of, *given[:-1])
    assert (whole["value"], whole["state"], *(whole[name] for name in COVERED)) == (
        10, "holds", 10, 10, 10, 10, True, False,
    )  # fmt: skip
    assert (lacking["value"], lacking["state"], *(lacking[name] for name in COVERED)) == (
        9, "incomplete", 10, 9, 10, 10, False, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("aggregate", "relation", "value", "state"),
    [
        ("least", "ge", 99, "differs"), ("least", "ge", 100, "incomplete"), ("least", "le", 99, "holds"),
        ("greatest", "le", 101, "differs"), ("greatest", "le", 100, "incomplete"), ("greatest", "ge", 101, "holds"),
        ("worst", "eq", 101, "differs"), ("worst", "eq", 100, "incomplete"),
        ("sum", "eq", 101, "differs"), ("sum", "eq", 99, "incomplete"), ("sum", "eq", 100, "incomplete"),
        ("sum", "ge", 100, "holds"), ("sum", "le", 101, "differs"), ("sum", "le", 100, "incomplete"),
        ("share", "ge", 1, "incomplete"),
    ],
)  # fmt: skip
def test_a_figure_is_known_before_all_is_in_where_no_return_can_change_what_it_is(
    aggregate: str, relation: str, value: int, state: str
) -> None:
    of = figure(aggregate, relation=relation, published=Decimal(100))
    assert card(of, said(INSIDE, PERIOD, {"loan_amount_yuan": value}))["state"] == state


@pytest.mark.parametrize(("aggregate", "columns"), [("growth", 118), ("growth_lead", 118), ("ratio", 119)])
def test_what_does_not_apply_to_a_county_is_not_due_from_it(aggregate: str, columns: int) -> None:
    by = {"column": "poor_persons_closing", "by": "rural_population"} if aggregate == "ratio" else OF_INCOME
    of = figure(aggregate, **{**by, "dataset": "outcomes", "scope": "province"})
    codes = [d.county_code for d in BOOK.in_force("2017-12")]
    poor = {"poor_persons_closing": 1, "rural_population": 10, "income_per_capita": Decimal(2)}
    rich = {"poor_persons_closing": 0, "rural_population": 0}
    given = [said(code, PERIOD, poor | {"income_per_capita_prior_year": Decimal(1)}) for code in codes[1:]]
    frame = build(in_memory("outcomes", *given, said(codes[0], PERIOD, rich), book=replace(BOOK, figures=(of,))))
    (line,) = frame.collect().rows(named=True)
    assert [line[name] for name in COVERED] == [columns, columns, columns, columns, True, False]
    assert (line["counties_due"], line["counties_counted"]) == (119, 119)


@pytest.mark.parametrize("open_periods", [("2018-06",), (PERIOD,)])
def test_of_a_period_that_is_not_open_no_figure_is_known(open_periods: tuple[str, ...]) -> None:
    both = [said(code, period, {"loan_amount_yuan": 1}) for code in DEEP for period in (PERIOD, "2018-06")]
    for of in (figure("sum", period=open_periods[0]), figure(**OF_INCREASE)):
        sources = replace(
            in_memory("finance", *both, book=replace(BOOK, figures=(of,))), open_periods=frozenset(open_periods)
        )
        (line,) = build(sources).collect().rows(named=True)
        known = of.aggregate == "sum"
        assert (line["value"] is None, line["state"] == "unknown", line["complete"]) == (not known, not known, known)


def test_a_sum_of_what_may_be_negative_is_never_known_before_all_is_in() -> None:
    assert moves(BOOK.datasets["finance"], figure("sum")) == "up"
    assert moves(BOOK.datasets["outcomes"], figure("sum", column="income_business")) == ""
