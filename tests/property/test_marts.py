"""What holds for any returns of a programme: levels add up, coverage is counted, nothing comes from nowhere."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.builders import BOOK
from tests.programmes import Given, built, said

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PERIODS = ("2017-11", "2017-12", "2018-11", "2018-12")
AMOUNT = st.none() | st.integers(0, 10**12)
SUMS = (
    "value", "counties_due", "counties_counted", "counties_nil", "counties_blank", "counties_missing",
    "counties_quarantined",
)  # fmt: skip
COMPARED = (
    "month_value", "prior_period", "value_compared", "change", "prior_year", "value_compared_prior_year",
    "change_prior_year",
)  # fmt: skip


def codes(period: str) -> list[str]:
    return [d.county_code for d in BOOK.in_force(period)]


@st.composite
def returns(draw: st.DrawFn, periods: tuple[str, ...] = PERIODS) -> list[Given]:
    """Returns of finance by some counties in some periods, some of their cells blank."""
    found = []
    for period in periods:
        for county in draw(st.lists(st.sampled_from(codes(period)), max_size=12, unique=True)):
            cells = {"loan_amount_yuan": draw(AMOUNT), "loan_balance_yuan": draw(AMOUNT)}
            found.append(said(county, period, cells))
    return found


def summed(mart: pl.DataFrame, level: str, *columns: str) -> pl.DataFrame:
    """The columns of a level added up, by period and indicator; null where all are."""
    sums = (pl.when(pl.col(c).count() > 0).then(pl.col(c).sum()).alias(c) for c in columns)
    lines = mart.filter(level=level).group_by("period", "indicator").agg(*sums)
    return lines.sort("period", "indicator").cast(dict.fromkeys(columns, pl.Decimal(38, 6)))


@SLOW
@given(returns())
def test_counties_and_prefectures_add_up_to_the_province(sent: list[Given]) -> None:
    mart = built("finance", *sent)
    province = summed(mart, "province", *SUMS)
    for level in ("county", "prefecture"):
        assert_frame_equal(summed(mart, level, *SUMS), province)


@SLOW
@given(returns())
def test_what_is_given_is_counted_once_and_nothing_else(sent: list[Given]) -> None:
    province = built("finance", *sent).filter(level="province")
    for period in {period for _, period, _, _ in sent}:
        for indicator in ("loan_amount_yuan", "loan_balance_yuan"):
            cells = [rows[0][indicator] for _, at, rows, _ in sent if at == period]
            values = [Decimal(cell) for cell in cells if cell is not None]
            (row,) = province.filter(period=period, indicator=indicator).rows(named=True)
            assert row["value"] == (sum(values) if values else None)
            assert (row["counties_due"], row["counties_counted"]) == (len(codes(period)), len(values))


@SLOW
@given(returns(("2017-11", "2017-12")))
def test_within_a_year_comparisons_add_up_too(sent: list[Given]) -> None:
    mart = built("finance", *sent)
    assert not mart["broken"].filter(mart["period"] < "2018").any()
    columns = (*COMPARED, "counties_compared")
    for level in ("county", "prefecture"):
        assert_frame_equal(summed(mart, level, *columns), summed(mart, "province", *columns))


@SLOW
@given(returns())
def test_comparisons_never_exceed_what_is_counted_and_come_in_pairs(sent: list[Given]) -> None:
    mart = built("finance", *sent)
    for compared, then, change in (
        ("counties_compared", "prior_period", "change"),
        ("counties_compared_prior_year", "prior_year", "change_prior_year"),
    ):
        assert (mart[compared] <= mart["counties_counted"]).all()
        stocks = mart.filter(indicator="loan_balance_yuan")
        assert stocks[then].is_null().equals(stocks[compared] == 0)
        assert stocks[change].is_null().equals(stocks[compared] == 0)
    for now, then, change in (
        ("value_compared", "prior_period", "change"),
        ("value_compared_prior_year", "prior_year", "change_prior_year"),
    ):
        assert (mart[now] - mart[then]).equals(mart[change], null_equal=True)
    whole = mart.filter(
        pl.col("counties_compared_prior_year") == pl.col("counties_counted"), indicator="loan_balance_yuan"
    )
    assert (whole["value"] - whole["prior_year"]).equals(whole["change_prior_year"], null_equal=True)
    assert mart.filter("broken", level="county")["prior_year"].is_null().all()


@SLOW
@given(returns(), st.randoms(use_true_random=False))
def test_the_order_in_which_returns_came_changes_nothing(sent: list[Given], random: object) -> None:
    other = list(sent)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert_frame_equal(built("finance", *sent), built("finance", *other))
