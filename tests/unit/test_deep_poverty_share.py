"""The ten counties' share of the province: which figures, over whom, and what stays unknown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO
from tests.programmes import Given, in_memory, said
from warehouse import marts

DEEP, DEEP_TOO, OTHER = TIANZHEN, GUANGLING, YANGGAO


def shares(*returns: Given) -> dict[str, dict[str, Any]]:
    built = marts.build("mart_deep_poverty_share", in_memory("funds", *returns)).collect()
    return {row["indicator"]: row for row in built.rows(named=True)}


def funds(county: str, allocated: int | None, status: str = "reported") -> Given:
    return said(county, "2017-11", {"fiscal_allocated_yuan": allocated}, status=status)


def test_the_figures_are_those_that_the_scorecard_has_as_shares() -> None:
    wanted = {(f.dataset, f.column) for f in BOOK.figures if f.aggregate == "share"}
    built = marts.build("mart_deep_poverty_share", in_memory("funds", funds(DEEP, 1))).collect()
    assert {(row["dataset"], row["indicator"]) for row in built.rows(named=True)} == wanted


def test_a_share_with_what_it_is_made_of_in_any_period() -> None:
    found = shares(funds(DEEP, 30), funds(DEEP_TOO, 1, "verified"), funds(OTHER, 93, "provisional"))
    row = found["fiscal_allocated_yuan"]
    assert (row["numerator"], row["denominator"], row["share"]) == (31, 124, 25)
    assert (row["numerator_due"], row["numerator_counted"]) == (10, 2)
    assert (row["denominator_due"], row["denominator_counted"]) == (119, 3)
    assert (row["numerator_missing"], row["denominator_missing"]) == (8, 116)
    assert (row["complete"], row["partial"]) == (False, True)
    assert (row["period"], row["unit"], row["status"]) == ("2017-11", "yuan", "provisional")


@pytest.mark.parametrize(
    ("returns", "numerator", "denominator", "share"),
    [
        ([funds(OTHER, 5)], None, 5, None),
        ([funds(DEEP, None), funds(OTHER, 5)], None, 5, None),
        ([funds(DEEP, 0), funds(OTHER, 0)], 0, 0, None),
        ([funds(DEEP, 0), funds(OTHER, 5)], 0, 5, 0),
        ([funds(DEEP, 1), funds(OTHER, 2)], 1, 3, Decimal("33.333333")),
    ],
    ids=["none came", "blank", "nothing of nothing", "nothing of some", "a third"],
)
def test_a_share_is_known_where_both_are(returns: list[Given], numerator: Any, denominator: Any, share: Any) -> None:
    row = shares(*returns)["fiscal_allocated_yuan"]
    assert (row["numerator"], row["denominator"], row["share"]) == (numerator, denominator, share)


@pytest.mark.parametrize(("lacking", "complete", "partial"), [(0, True, False), (1, False, False), (2, False, True)])
def test_a_share_is_complete_where_both_sums_are_and_partial_where_one_is(
    lacking: int,
    complete: bool,  # noqa: FBT001
    partial: bool,  # noqa: FBT001
) -> None:
    codes = [d.county_code for d in BOOK.in_force("2017-12")]
    absent = [d.county_code for d in BOOK.members("deep_poverty", "2017-12")][:lacking]
    row = shares(*(funds(code, 1) for code in codes if code not in absent))["fiscal_allocated_yuan"]
    assert (row["complete"], row["partial"]) == (complete, partial)
    assert (row["numerator_missing"], row["denominator_missing"]) == (lacking, lacking)
