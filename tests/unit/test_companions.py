"""What is joined to a row from other returns, and when a rule then has nothing to be held to."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.companions import Companion, Last, LastDecember, PeerBounds, PeriodEnd, RegisterCounts
from tests.builders import BOOK, GUANGLING, TIANZHEN, YANGGAO, finance, row, village
from warehouse.store.history import schema
from warehouse.store.known import RETURNS, Known

Said = tuple[int, str, str, str, str, tuple[dict[str, Any], ...]]


def said(
    receipt: int, county: str, period: str, dataset: str, *rows: dict[str, Any], verdict: str = "accepted"
) -> Said:
    return receipt, county, period, dataset, verdict, rows


def frame(dataset: str, returns: list[Said]) -> pl.DataFrame:
    rows = [
        {"receipt": receipt, "county_code": county, "period": period, **values}
        for receipt, county, period, name, _, given in returns
        if name == dataset
        for values in given
    ]
    return pl.DataFrame(rows, schema(BOOK.datasets[dataset]))


def known(*returns: Said) -> Known:
    """The store, were these returns all that it has."""
    heads = [(r, "ab", name, c, p, v, 1 if v.startswith("accepted") else None) for r, c, p, name, v, _ in returns]
    accepted = [one for one in returns if one[4].startswith("accepted")]
    return Known(
        book=BOOK,
        history=Path("/nonexistent"),
        runs=[],
        returns=pl.DataFrame(heads, RETURNS, orient="row"),
        fresh={name: frame(name, accepted) for name in {one[3] for one in accepted}},
    )


def join(companion: Companion, at: list[Said], *before: Said) -> list[dict[str, Any]]:
    """The rows at hand with the companion's columns."""
    _, _, period, dataset, _, _ = at[0]
    rows = frame(dataset, at)
    joined = companion.join(rows.lazy(), known(*before), BOOK.datasets[dataset], period).collect()
    assert joined.select(rows.columns).equals(rows), "grain and order stay"
    return joined.rows(named=True)


LAST = Last("last_", ("loan_households",))
THIS_YEAR = Last("this_year_", ("loan_households",), same_year=True)
DECEMBER = LastDecember("december_", ("loan_households",))


def now(county: str = YANGGAO, period: str = "2018-06") -> list[Said]:
    return [said(9, county, period, "finance", finance(households=9))]


def before(period: str, households: int, county: str = YANGGAO, receipt: int = 1, verdict: str = "accepted") -> Said:
    return said(receipt, county, period, "finance", finance(households=households), verdict=verdict)


# --- the last value ------------------------------------------------------------------------------------------------


def test_the_last_value_is_of_the_latest_earlier_period() -> None:
    (found,) = join(LAST, now(), before("2017-11", 3), before("2017-12", 4, receipt=2), before("2016-12", 5, receipt=3))
    assert (found["last_loan_households"], found["last_absent"]) == (4, False)


def test_the_period_itself_and_later_ones_are_not_the_last() -> None:
    (found,) = join(LAST, now(), before("2018-06", 3), before("2018-07", 4, receipt=2))
    assert (found["last_loan_households"], found["last_absent"]) == (None, False)


def test_the_last_value_is_the_version_in_force() -> None:
    (found,) = join(LAST, now(), before("2017-12", 3, receipt=1), before("2017-12", 4, receipt=2))
    assert found["last_loan_households"] == 4


def test_a_quarantined_return_is_no_last_value() -> None:
    (found,) = join(LAST, now(), before("2017-11", 3), before("2017-12", 4, receipt=2, verdict="quarantined"))
    assert found["last_loan_households"] == 3


def test_in_the_first_period_nothing_is_missing() -> None:
    (found,) = join(LAST, now())
    assert (found["last_loan_households"], found["last_absent"]) == (None, False)


def test_a_county_that_sent_none_while_others_did_is_asked() -> None:
    (found,) = join(LAST, now(), before("2017-12", 4, county=TIANZHEN))
    assert (found["last_loan_households"], found["last_absent"]) == (None, True)


def test_within_the_year_only_the_same_year_counts() -> None:
    (found,) = join(THIS_YEAR, now(), before("2017-12", 4))
    assert (found["this_year_loan_households"], found["this_year_absent"]) == (None, False)
    (found,) = join(THIS_YEAR, now(), before("2018-01", 5), before("2018-05", 6, receipt=2))
    assert found["this_year_loan_households"] == 6


def test_december_is_that_of_the_year_before_and_no_other_month() -> None:
    others = [before(p, n, receipt=n) for n, p in enumerate(("2016-12", "2017-11", "2018-01", "2018-05"), start=1)]
    (found,) = join(DECEMBER, now(), *others)
    assert found["december_loan_households"] is None
    (found,) = join(DECEMBER, now(), *others, before("2017-12", 7, receipt=8))
    assert found["december_loan_households"] == 7


# --- over a change of codes ----------------------------------------------------------------------------------------


def test_a_merged_county_is_compared_with_the_sum_of_its_ancestors() -> None:
    merged = [before("2017-12", 3, "140402"), before("2017-12", 4, "140411", receipt=2)]
    (found,) = join(LAST, now("140403"), *merged)
    assert (found["last_loan_households"], found["last_absent"]) == (7, False)


def test_a_merged_county_with_an_ancestor_missing_is_asked() -> None:
    (found,) = join(LAST, now("140403"), before("2017-12", 3, "140402"))
    assert (found["last_loan_households"], found["last_absent"]) == (None, True)


def test_ratios_of_merged_counties_are_weighted() -> None:
    def income(receipt: int, county: str, period: str, people: int, value: int) -> Said:
        return said(
            receipt, county, period, "outcomes", row("outcomes", rural_population=people, income_per_capita=value)
        )

    december = LastDecember("december_", ("income_per_capita",))
    at = [income(9, "140403", "2018-06", 400, 8000)]
    (found,) = join(december, at, income(1, "140402", "2017-12", 100, 6000), income(2, "140411", "2017-12", 300, 8000))
    assert found["december_income_per_capita"] == pytest.approx(7500)


@pytest.mark.parametrize("code", ["140212", "140213", "140214"])
def test_a_party_to_a_split_is_neither_compared_nor_asked(code: str) -> None:
    parties = [before("2017-12", n, c, receipt=n) for n, c in enumerate(("140202", "140203", "140211"), start=1)]
    (found,) = join(LAST, now(code), *parties, before("2017-12", 5, YANGGAO, receipt=5))
    assert (found["last_loan_households"], found["last_absent"]) == (None, False)


# --- the village register ------------------------------------------------------------------------------------------

REGISTER = RegisterCounts("register_")
DAY, LATER = date(2017, 11, 30), date(2018, 1, 2)
VILLAGES = (village("1", DAY, DAY, DAY), village("2", DAY, DAY, LATER), village("3", DAY), village("4"))


def summary(receipt: int = 9) -> list[Said]:
    return [said(receipt, YANGGAO, "2017-12", "relocation", row("relocation"))]


def register(receipt: int, *villages: dict[str, Any], verdict: str = "accepted", county: str = YANGGAO) -> Said:
    return said(receipt, county, "2017-12", "relocation_villages", *villages, verdict=verdict)


def counts(found: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(found[f"register_{column}"] for column in REGISTER.columns)


def test_the_register_counts_villages_and_dates_until_the_periods_end() -> None:
    (found,) = join(REGISTER, summary(), register(9, *VILLAGES))
    assert (counts(found), found["register_absent"]) == ((4, 3, 2, 1), False)


def test_the_register_of_the_same_submission_comes_before_the_one_in_force() -> None:
    (found,) = join(REGISTER, summary(), register(9, *VILLAGES), register(10, *VILLAGES[:1]))
    assert counts(found) == (4, 3, 2, 1)


def test_without_one_of_its_own_the_register_in_force_counts() -> None:
    (found,) = join(REGISTER, summary(), register(1, *VILLAGES), register(2, *VILLAGES[:2]))
    assert counts(found) == (2, 2, 2, 1)


def test_a_nil_register_is_none_of_each() -> None:
    (found,) = join(REGISTER, summary(), register(9))
    assert (counts(found), found["register_absent"]) == ((0, 0, 0, 0), False)


def test_a_missing_register_is_asked_for() -> None:
    (found,) = join(REGISTER, summary(), register(1, *VILLAGES, county=GUANGLING))
    assert (counts(found), found["register_absent"]) == ((None,) * 4, True)


def test_a_quarantined_register_of_its_own_is_not_replaced_by_an_older_one() -> None:
    (found,) = join(REGISTER, summary(), register(1, *VILLAGES), register(9, *VILLAGES, verdict="quarantined"))
    assert (counts(found), found["register_absent"]) == ((None,) * 4, True)


# --- peers ---------------------------------------------------------------------------------------------------------

PEERS = PeerBounds("income_growth", low="low", high="high")
LISTED = [d.county_code for d in BOOK.members("poverty_counties", 2017)]
OTHERS = [d.county_code for d in BOOK.in_force(2017) if d.poverty_county_list == "none"]


def growths(codes: list[str], values: list[float], first: int = 1) -> list[Said]:
    return [
        said(n, code, "2017-12", "outcomes", row("outcomes", income_growth=value))
        for n, (code, value) in enumerate(zip(codes, values, strict=True), start=first)
    ]


def test_peers_bound_a_value_by_median_and_spread() -> None:
    values = [8.0, 9.0, 10.0, 11.0, 12.0, 9.5, 10.5, 10.0]
    found = join(PEERS, growths(LISTED[:8], values))
    reach = 3.5 * 1.4826 * 0.75
    assert [(f["low"], f["high"]) for f in found] == [(pytest.approx(10 - reach), pytest.approx(10 + reach))] * 8


def test_peers_that_agree_leave_room_for_rounding() -> None:
    (found, *_) = join(PEERS, growths(LISTED[:8], [10.0] * 8))
    assert (found["low"], found["high"]) == (pytest.approx(10 - 1.05), pytest.approx(10 + 1.05))


def test_seven_peers_are_too_few() -> None:
    assert {(f["low"], f["high"]) for f in join(PEERS, growths(LISTED[:7], [10.0] * 7))} == {(None, None)}


def test_peers_are_of_the_same_class() -> None:
    found = join(PEERS, growths(LISTED[:8], [10.0] * 8) + growths(OTHERS[:8], [20.0] * 8, first=20))
    assert [f["high"] for f in found] == [pytest.approx(11.05)] * 8 + [pytest.approx(21.05)] * 8


def test_peers_judged_earlier_count_and_a_correction_counts_once() -> None:
    earlier = growths(LISTED[:8], [10.0] * 8)
    (found,) = join(PEERS, growths(LISTED[:1], [30.0], first=20), *earlier)
    assert found["high"] == pytest.approx(11.05)


# --- the end of the period -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "day"), [("2016-02", date(2016, 2, 29)), ("2017-12", date(2017, 12, 31))])
def test_the_period_ends_with_its_month(period: str, day: date) -> None:
    (found,) = join(PeriodEnd(), [said(1, YANGGAO, period, "relocation_villages", VILLAGES[0])])
    assert found["period_end"] == day
