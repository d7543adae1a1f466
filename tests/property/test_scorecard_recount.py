"""A published figure is made twice, by the mart and in plain numbers: from any rows both come to the same."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import BOOK
from warehouse.codebook import Figure
from warehouse.lineage.recount import same, six_digits
from warehouse.lineage.scorecard_recount import WAYS, Recount
from warehouse.marts.mart_scorecard import AGGREGATES, value_of

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PERIOD, LATER = "2017-12", "2018-06"
DEEP = [d.county_code for d in BOOK.members("deep_poverty", "2017-12")]
CODES = [*DEEP, "140202", "140203", "140211", "140212", "140213", "140214", "140402", "140403", "140411", "140105"]
COUNT, INCOME = st.none() | st.integers(0, 9), st.none() | st.integers(1, 9).map(Decimal)
CELLS = {
    "finance": {"loan_amount_yuan": COUNT, "loan_households": COUNT},
    "outcomes": {"income_per_capita": INCOME, "income_per_capita_prior_year": INCOME, "rural_population": COUNT},
}
WEIGHTED = ("weighted", "growth", "growth_lead")


@st.composite
def cases(draw: st.DrawFn) -> tuple[Figure, list[dict[str, Any]]]:
    """A figure and rows of its dataset, one a county and period."""
    aggregate = draw(st.sampled_from([*AGGREGATES, "increase"]))
    name = "outcomes" if aggregate in WEIGHTED else "finance"
    column, by, *_ = CELLS[name]
    like = next(f for f in BOOK.figures if f.aggregate == aggregate)
    about = {
        "dataset": name, "column": column, "by": by if aggregate in (*WEIGHTED, "ratio") else None, "where": None,
        "period": LATER if aggregate == "increase" else PERIOD, "published": Decimal(5),
        "since": PERIOD if aggregate == "increase" else None,
        "scope": draw(st.sampled_from(["province", "deep_poverty"])),
    }  # fmt: skip
    blank = dict.fromkeys(BOOK.datasets[name].columns)
    places = draw(st.lists(st.tuples(st.sampled_from([PERIOD, LATER]), st.sampled_from(CODES)), unique=True))
    rows = [
        {"period": period, "county_code": code} | blank | {column: draw(cell) for column, cell in CELLS[name].items()}
        for period, code in places
    ]
    return like.model_copy(update=about), rows


@SLOW
@given(cases())
def test_a_figure_in_plain_numbers_is_what_the_mart_gives(case: tuple[Figure, list[dict[str, Any]]]) -> None:
    figure, rows = case
    schema = {"period": pl.String, "county_code": pl.String, **BOOK.datasets[figure.dataset].dtypes}
    (given_by_mart,) = value_of(BOOK, figure, pl.LazyFrame(rows, schema)).collect()["value"]
    again = Recount(BOOK, figure, rows, {}).value()
    if figure.aggregate == "worst" and again is not None:  # two may be as far from it
        given_by_mart, again = abs(given_by_mart - figure.published), abs(again - 5)
    assert same(given_by_mart, None if again is None else six_digits(again))


def test_every_way_of_the_mart_is_recounted() -> None:
    assert WAYS.keys() == AGGREGATES.keys()
