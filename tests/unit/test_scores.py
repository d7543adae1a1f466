"""How much of the province's totals a finding may make wrong: small numbers by hand, nothing is validated."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.companions import Last
from expectations.validation.batch import Batch
from expectations.validation.scores import MOST, with_scores
from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, row
from warehouse.intake.layout.row_frames import PROVENANCE
from warehouse.intake.model.records import ReturnHeader
from warehouse.intake.reading import LAYOUT
from warehouse.messages.finding import Change, Finding, Proposal
from warehouse.store.history import schema
from warehouse.store.prior_state import RETURNS, PriorState

PERIOD = "2017-12"
Values = Mapping[str, Any]


def letters(dataset: str) -> dict[str, str]:
    return {column: chr(ord("A") + place) for place, column in enumerate(BOOK.datasets[dataset].columns)}


def batch(dataset: str, *sent: tuple[str, Values], **companions: Any) -> Batch:
    """A return of each county, receipts from 101, rows from 2; `companions` are columns that are joined to them."""
    form = BOOK.datasets[dataset]
    rows = [
        {"receipt": 101 + n, "sheet": "表", "row": 2 + n, "county_code": county, "period": PERIOD}
        | row(dataset, **values)
        for n, (county, values) in enumerate(sent)
    ]
    layout = [(one["receipt"], "表", column, at) for one in rows for column, at in letters(dataset).items()]
    return Batch(
        dataset=form,
        period=PERIOD,
        return_headers={(one["receipt"], one["county_code"]): ReturnHeader.model_construct() for one in rows},
        rows=pl.DataFrame(rows, {**PROVENANCE, **form.dtypes}).with_row_index("row_id").with_columns(**companions),
        companions=(Last("last_", form.columns),),
        layout=pl.DataFrame(layout, LAYOUT, orient="row"),
        at_reading=(),
    )


def known(dataset: str, *in_force: tuple[str, Values], silent: int = 0) -> PriorState:
    """What is in force: these returns, and nil ones of all other counties but of so many that are still to report."""
    others = [d.county_code for d in BOOK.members(BOOK.datasets[dataset].owed_by, PERIOD)]
    others = [code for code in others if code not in {county for county, _ in in_force}]
    codes = [*(county for county, _ in in_force), *others[: len(others) - silent]]
    about = {"run": "1", "submission": "ab", "dataset": dataset, "period": PERIOD, "verdict": "accepted", "version": 1}
    rows = [
        {"receipt": n, "sheet": "表", "row": 2, "county_code": county, "period": PERIOD, "version": 1}
        | row(dataset, **values)
        for n, (county, values) in enumerate(in_force)
    ]
    returns = [about | {"receipt": n, "county_code": county} for n, county in enumerate(codes)]
    fresh = {dataset: pl.DataFrame(rows, schema(BOOK.datasets[dataset]))}
    return PriorState(BOOK, Path("/nonexistent/history"), ["1"], pl.DataFrame(returns, RETURNS), fresh)


def finding(
    rule: str, *columns: str, dataset: str = "finance", county: str = YANGGAO, receipt: int = 101, **values: Any
) -> Finding:
    """A finding about these columns of a return."""
    cells = [f"{letters(dataset)[column]}{receipt - 99}" for column in columns]
    return Finding.model_validate(
        {"receipt": receipt, "submission": "ab", "file": "甲.xlsx", "sheet": "表", "cell": cells[0],
         "cells": ";".join(cells), "county_code": county, "period": PERIOD, "dataset": dataset,
         "indicator": columns[0], "rule": rule, "severity": "warning", "found": "x", "expected": "x",
         "message_zh": "x", "message_en": "x"} | values
    )  # fmt: skip


def proposal(*changes: tuple[str, str]) -> tuple[Proposal, ...]:
    made = (Change(cell=None, indicator=column, found="1", value=value, how="a slip") for column, value in changes)
    return (Proposal(changes=tuple(made)),)


def scores(findings: list[Finding], own: Batch, prior: PriorState) -> list[float | None]:
    return [one.score for one in with_scores(findings, own, prior)]


LENT = "loan_amount_yuan"
OTHERS = ((TIANZHEN, {LENT: 600}), (GUANGLING, {LENT: 300}))
TENFOLD = batch("finance", (YANGGAO, {LENT: 1000}))


# --- what is expected ----------------------------------------------------------------------------------------------


def test_a_score_is_how_far_a_value_is_from_the_expected_one_over_the_total_with_that_one() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 1000}), expected_loan_amount_yuan=pl.lit(100.0))
    # |1000 - 100| of 600 + 300 + 100
    assert scores([finding("growth_outlier", LENT)], batched, known("finance", *OTHERS)) == [90.0]


def test_a_proposal_says_it_where_it_is_nearer_to_what_past_and_peers_say() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 1000}), expected_loan_amount_yuan=pl.lit(130.0))
    for proposals, score in ((["100"], 90.0), (["2000"], 100 * 870 / 1030), (["2000", "100"], 90.0)):
        told = tuple(one for value in proposals for one in proposal((LENT, value)))
        found = finding("growth_outlier", LENT, proposals=told)
        assert scores([found], batched, known("finance", *OTHERS)) == [pytest.approx(score)]


def test_of_other_ways_to_set_it_right_the_one_counts_that_makes_most_wrong() -> None:
    batched = batch("finance", (YANGGAO, {"overdue_balance_yuan": 1000, "loan_balance_yuan": 100}))
    prior = known("finance", (TIANZHEN, {"overdue_balance_yuan": 0, "loan_balance_yuan": 900}))
    told = proposal(("loan_balance_yuan", "1000")) + proposal(("overdue_balance_yuan", "100"))
    found = finding("overdue_within_balance", "overdue_balance_yuan", "loan_balance_yuan", proposals=told)
    assert scores([found], batched, prior) == [900.0]


def test_where_nothing_else_is_known_it_is_the_nearest_value_that_the_rule_allows() -> None:
    # 50 000 yuan a household at most: of 1 household 50 000 were allowed, or 2 households with what is lent.
    over = batch("finance", (YANGGAO, {LENT: 100_000, "loan_households": 1}))
    prior = known("finance", (TIANZHEN, {LENT: 50_000, "loan_households": 198}))
    assert scores([finding("loan_cap", LENT)], over, prior) == [50.0]
    assert scores([finding("loan_cap", "loan_households")], over, prior) == [0.5]
    assert scores([finding("loan_cap", LENT, "loan_households")], over, prior) == [50.0]


def test_of_a_ratio_either_side_may_be_what_is_wrong() -> None:
    # 50 yuan a household; the prefecture's other counties lend 100 to 1000.
    bounds = {"peers_low": pl.lit(100.0), "peers_high": pl.lit(1000.0)}
    batched = batch("finance", (YANGGAO, {LENT: 500, "loan_households": 10}), **bounds)
    prior = known("finance", (TIANZHEN, {LENT: 9000, "loan_households": 95}))
    assert scores([finding("peer_outlier", LENT)], batched, prior) == [5.0]
    assert scores([finding("peer_outlier", "loan_households")], batched, prior) == [5.0]


def test_a_number_below_zero_is_held_against_zero_and_one_above_the_ceiling_against_that() -> None:
    below = batch("finance", (YANGGAO, {LENT: -90}))
    assert scores([finding("not_negative", LENT)], below, known("finance", *OTHERS)) == [10.0]
    ceiling = BOOK.datasets["finance"][LENT].most or 0
    above = batch("finance", (YANGGAO, {LENT: 3 * ceiling}))
    assert scores([finding("county_ceiling", LENT)], above, known("finance", (TIANZHEN, {LENT: ceiling}))) == [100.0]


def test_else_it_is_the_last_value() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 1000}), last_loan_amount_yuan=pl.lit(100))
    assert scores([finding("year_to_date_never_falls", LENT)], batched, known("finance", *OTHERS)) == [90.0]


def test_a_blank_that_ought_to_have_a_value_lacks_all_of_it() -> None:
    batched = batch("finance", (YANGGAO, {LENT: None}), expected_loan_amount_yuan=pl.lit(100.0))
    found = finding("required_present", LENT, severity="critical")
    assert scores([found], batched, known("finance", *OTHERS)) == [10.0]


@pytest.mark.parametrize(
    "found",
    [
        finding("growth_outlier", LENT),  # nothing says what is expected
        finding("growth_outlier", LENT, severity="info"),
        finding("growth_outlier", LENT, county="149999"),
        finding("growth_outlier", LENT, receipt=102),
        finding("partner_missing", LENT, county_code=None),
    ],
)
def test_what_cannot_be_known_has_no_score(found: Finding) -> None:
    assert scores([found], TENFOLD, known("finance", *OTHERS)) == [None]


# --- the total -----------------------------------------------------------------------------------------------------


def test_no_slip_hides_another() -> None:
    sent = ((YANGGAO, {LENT: 1000}), (TIANZHEN, {LENT: 5_000_000}))
    batched = batch("finance", *sent, expected_loan_amount_yuan=pl.Series([100.0, 500.0]))
    both = [finding("growth_outlier", LENT), finding("growth_outlier", LENT, county=TIANZHEN, receipt=102)]
    # Both are in force as they were sent; the total is 100 + 500 + 400.
    prior = known("finance", *sent, (GUANGLING, {LENT: 400}))
    assert scores(both, batched, prior) == [90.0, 499_950.0]


def test_nor_does_a_value_that_another_slip_leads_one_to_expect() -> None:
    # The list of one county is wrong, and its summary is to agree with it; that does not make the other's slip small.
    batched = batch(
        "finance", (YANGGAO, {LENT: 1000}), (TIANZHEN, {LENT: 500}), expected_loan_amount_yuan=pl.Series([100.0, 5e6])
    )
    both = [finding("growth_outlier", LENT), finding("growth_outlier", LENT, county=TIANZHEN, receipt=102)]
    assert scores(both, batched, known("finance", (GUANGLING, {LENT: 400})))[0] == 90.0


def test_a_return_that_is_not_let_in_is_scored_as_if_it_were() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 1000}), expected_loan_amount_yuan=pl.lit(100.0))
    found = finding("loan_parts", LENT, severity="critical")
    before = known("finance", (YANGGAO, {LENT: 77}), *OTHERS)  # what it was to correct does not count besides
    assert scores([found], batched, before) == [90.0]


def test_counties_that_are_still_to_report_count_like_those_that_have() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 1000}), expected_loan_amount_yuan=pl.lit(100.0))
    due = len(BOOK.members("province", PERIOD))
    prior = known("finance", (YANGGAO, {}), *OTHERS, silent=due // 2)
    came = due - due // 2
    assert scores([finding("growth_outlier", LENT)], batched, prior) == [pytest.approx(90.0 * came / due)]


def test_an_average_counts_with_its_weight() -> None:
    sent = (YANGGAO, {"income_per_capita": 9000, "rural_population": 10})
    batched = batch("outcomes", sent, expected_income_per_capita=pl.lit(6000.0))
    prior = known("outcomes", (TIANZHEN, {"income_per_capita": 3000, "rural_population": 30}))
    found = finding("growth_outlier", "income_per_capita", dataset="outcomes")
    # The average is 5000 or 3750: 30 000 of 60 000 + 90 000.
    assert scores([found], batched, prior) == [20.0]


def test_what_no_total_is_made_of_makes_none_wrong() -> None:
    sent = (YANGGAO, {"wrong_exit_rate": 50, "poverty_headcount_ratio": 50})
    expected = {"expected_wrong_exit_rate": pl.lit(0.5), "expected_poverty_headcount_ratio": pl.lit(5.0)}
    batched = batch("outcomes", sent, **expected)
    found = [finding("share_bounds", c, dataset="outcomes") for c in ("wrong_exit_rate", "poverty_headcount_ratio")]
    assert scores(found, batched, known("outcomes")) == [0.0, 0.0]


def test_a_list_counts_with_all_its_rows() -> None:
    batched = batch(
        "support_units",
        (YANGGAO, {"unit_name": "甲", "unit_level": "central", "posted_officials": 50}),
        (YANGGAO, {"unit_name": "乙", "unit_level": "central", "posted_officials": 5}),
        expected_posted_officials=pl.Series([5.0, 5.0]),
    )
    one_return = batched.rows.with_columns(receipt=pl.lit(101, pl.Int64))
    listed = Batch(**{**vars(batched), "rows": one_return})
    prior = known("support_units", (TIANZHEN, {"unit_name": "丙", "unit_level": "central", "posted_officials": 80}))
    found = finding("growth_outlier", "posted_officials", dataset="support_units")
    assert scores([found], listed, prior) == [50.0]  # 45 of 5 + 5 + 80


def test_where_nothing_is_expected_at_all_it_is_of_what_was_sent() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 1000}), expected_loan_amount_yuan=pl.lit(0.0))
    assert scores([finding("growth_outlier", LENT)], batched, known("finance")) == [100.0]


def test_a_score_has_a_bound() -> None:
    batched = batch("finance", (YANGGAO, {LENT: 2**62}), expected_loan_amount_yuan=pl.lit(1.0))
    assert scores([finding("growth_outlier", LENT)], batched, known("finance")) == [MOST]


# --- findings that look at the same cells --------------------------------------------------------------------------


def test_a_cell_that_a_proposal_would_change_is_what_is_wrong_with_others_that_look_at_it() -> None:
    used = "household_use_amount_yuan"
    batched = batch("finance", (YANGGAO, {LENT: 100, used: 1000}))
    prior = known("finance", (TIANZHEN, {LENT: 100, used: 8900}))
    follows = finding("loan_parts", used, LENT, severity="critical")
    # By itself it may be that 1000 were lent, of 100 + 1000 in all, or 100 used, of 8900 + 100.
    assert scores([follows], batched, prior) == [pytest.approx(100 * 900 / 1100)]
    named = finding("growth_outlier", used, proposals=proposal((used, "100")))
    assert scores([follows, named], batched, prior) == [10.0, 10.0]


@settings(max_examples=60, deadline=None)
@given(
    amounts=st.lists(st.integers(1, 10**9), min_size=3, max_size=3),
    expected=st.integers(1, 10**9),
    factor=st.sampled_from([2, 10, 1000, 10_000]),
)
def test_a_score_is_the_same_in_any_unit(amounts: list[int], expected: int, factor: int) -> None:
    def score(by: int) -> float | None:
        sent, *others = (by * amount for amount in amounts)
        batched = batch("finance", (YANGGAO, {LENT: sent}), expected_loan_amount_yuan=pl.lit(float(by * expected)))
        prior = known("finance", *zip((TIANZHEN, GUANGLING), ({LENT: other} for other in others), strict=True))
        return scores([finding("growth_outlier", LENT)], batched, prior)[0]

    assert score(factor) == pytest.approx(score(1), rel=1e-9, abs=1e-6)
