"""What is joined to a row from other returns, and when a rule then has nothing to be held to."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from expectations.companions import (
    ExpectedBounds,
    Last,
    LastDecember,
    Membership,
    Partner,
    PeerBounds,
    PeerRatio,
    PeriodEnd,
)
from expectations.suites import companions_for
from expectations.suites.relocation import REGISTER
from expectations.suites.support import UNITS
from tests.builders import BOOK, GUANGLING, YANGGAO, finance, row, village
from tests.stores import Said, before, frame, join, known, now, said

LAST = Last("last_", ("loan_households",))
THIS_YEAR = Last("this_year_", ("loan_households",), same_year=True)
DECEMBER = LastDecember("december_", ("loan_households",))


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


@pytest.mark.parametrize(("others", "asked"), [(1, False), (59, False), (60, True)])
def test_a_county_that_sent_none_is_asked_once_half_of_them_did(others: int, asked: bool) -> None:  # noqa: FBT001
    codes = [d.county_code for d in BOOK.in_force("2017-12") if d.county_code != YANGGAO][:others]
    collected = [before("2017-12", 4, county=code, receipt=n) for n, code in enumerate(codes, start=1)]
    (found,) = join(LAST, now(), *collected)
    assert len(BOOK.in_force("2017-12")) == 119
    assert (found["last_loan_households"], found["last_absent"]) == (None, asked)


def test_half_is_counted_by_period_and_of_those_who_owe_the_form() -> None:
    units = Last("last_", ("posted_officials",))
    at = [said(99, YANGGAO, "2018-06", "support", row("support"))]
    owing = [d.county_code for d in BOOK.members("poverty_counties", "2017-12") if d.county_code != YANGGAO]
    sent = [said(n, code, "2017-12", "support", row("support")) for n, code in enumerate(owing[:29], start=1)]
    (found,) = join(units, at, *sent)
    assert found["last_absent"]
    apart = [
        said(n, c, "2017-12" if n % 2 else "2017-09", "support", row("support")) for n, _, c, *_ in map(list, sent)
    ]
    (found,) = join(units, at, *apart)
    assert not found["last_absent"]


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
    (found,) = join(LAST, now("140403", "2018-12"), *merged)
    assert (found["last_loan_households"], found["last_absent"]) == (7, False)


def test_a_merged_county_with_an_ancestor_missing_is_asked() -> None:
    (found,) = join(LAST, now("140403", "2018-12"), before("2017-12", 3, "140402"))
    assert (found["last_loan_households"], found["last_absent"]) == (None, True)


def test_ratios_of_merged_counties_are_weighted() -> None:
    def income(receipt: int, county: str, period: str, people: int, value: int) -> Said:
        return said(
            receipt, county, period, "outcomes", row("outcomes", rural_population=people, income_per_capita=value)
        )

    december = LastDecember("december_", ("income_per_capita",))
    at = [income(9, "140403", "2018-12", 400, 8000)]
    (found,) = join(december, at, income(1, "140402", "2017-12", 100, 6000), income(2, "140411", "2017-12", 300, 8000))
    assert found["december_income_per_capita"] == pytest.approx(7500)


def test_a_word_is_kept_through_a_new_code_and_lost_in_a_merger() -> None:
    def delisted(receipt: int, county: str, period: str) -> Said:
        return said(receipt, county, period, "outcomes", row("outcomes", delisting_status="verified"))

    december = LastDecember("december_", ("delisting_status",))
    one, merged = [delisted(9, "140215", "2018-06")], [delisted(9, "140403", "2018-12")]
    (found,) = join(december, one, delisted(1, "140227", "2017-12"))
    assert found["december_delisting_status"] == "verified"
    (found,) = join(december, merged, delisted(1, "140402", "2017-12"), delisted(2, "140411", "2017-12"))
    assert (found["december_delisting_status"], found["december_absent"]) == (None, False)


def test_the_last_dates_are_those_of_the_same_village() -> None:
    last = Last("last_", ("started_on",))
    at = [said(9, YANGGAO, "2018-06", "relocation_villages", village("1"), village("2"), village("3"))]
    then = said(1, YANGGAO, "2017-12", "relocation_villages", village("2", date(2017, 1, 2)), village("1"))
    found = join(last, at, then)
    assert [f["last_started_on"] for f in found] == [None, date(2017, 1, 2), None]


@pytest.mark.parametrize("code", ["140212", "140213", "140214"])
def test_a_party_to_a_split_is_neither_compared_nor_asked(code: str) -> None:
    parties = [before("2017-12", n, c, receipt=n) for n, c in enumerate(("140202", "140203", "140211"), start=1)]
    (found,) = join(LAST, now(code), *parties, before("2017-12", 5, YANGGAO, receipt=5))
    assert (found["last_loan_households"], found["last_absent"]) == (None, False)


# --- the village register ------------------------------------------------------------------------------------------

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


# --- the list of supporting units ----------------------------------------------------------------------------------


def unit(name: str, level: str, officials: int, yuan: int) -> dict[str, Any]:
    return row("support_units", unit_name=name, unit_level=level, posted_officials=officials, funds_attracted_yuan=yuan)


def test_units_are_counted_by_level_and_summed() -> None:
    listed = (unit("a", "provincial", 2, 700), unit("b", "provincial", 1, 50), unit("c", "enterprise", 4, 3))
    at = [said(9, YANGGAO, "2018-06", "support", row("support"))]
    (found,) = join(UNITS, at, said(9, YANGGAO, "2018-06", "support_units", *listed))
    wanted = {"provincial_units": 2, "central_units": 0, "posted_officials": 7, "funds_attracted_yuan": 753}
    assert {column: found[f"units_{column}"] for column in wanted} == wanted
    assert not found["units_absent"]


def test_a_partner_judged_again_counts_as_it_was_judged_last() -> None:
    store = known(register(9, *VILLAGES, verdict="quarantined"), register(8, *VILLAGES[:1]))
    again = store.returns.filter(receipt=9).with_columns(run=pl.lit("2"), verdict=pl.lit("accepted"), version=1)
    store.returns = pl.concat([store.returns, again.select(store.returns.columns).cast(store.returns.schema)])
    store.fresh["relocation_villages"] = frame("relocation_villages", [register(9, *VILLAGES)])
    at = frame("relocation", summary()).lazy()
    (found,) = REGISTER.join(at, store, BOOK.datasets["relocation"], "2017-12").collect().rows(named=True)
    assert (counts(found), found["register_absent"]) == ((4, 3, 2, 1), False)


# --- the codebook --------------------------------------------------------------------------------------------------


def test_membership_is_by_code_and_period() -> None:
    for period, wanted in (("2017-12", [1, 0]), ("2018-06", [0, 1]), ("0000-12", [0, 0])):
        at = [said(n, code, period, "finance", finance()) for n, code in enumerate(("140227", "140215"), start=1)]
        assert [f["in_national_list"] for f in join(Membership("national_list"), at)] == wanted


def test_companions_say_whether_they_are_of_peers_and_claim_their_own_columns_only() -> None:
    for dataset in BOOK.datasets.values():
        companions = companions_for(dataset)
        for companion in companions:
            assert companion.of_peers == isinstance(companion, ExpectedBounds | PeerBounds | PeerRatio)
            empty = frame(dataset.dataset, []).lazy()
            joined = companion.join(empty, known(), dataset, "2018-06").collect_schema().names()
            added = {*joined} - {*empty.collect_schema().names(), companion.absent}
            assert added
            for column in added:
                assert [c for c in companions if c.label(column)] == [companion], (dataset.dataset, column)


def test_a_partner_says_who_it_is() -> None:
    assert isinstance(REGISTER, Partner)
    assert REGISTER.partner(BOOK.datasets["relocation"]) == "搬迁自然村名册 Village register"


# --- the end of the period -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "day"), [("2016-02", date(2016, 2, 29)), ("2017-12", date(2017, 12, 31))])
def test_the_period_ends_with_its_month(period: str, day: date) -> None:
    (found,) = join(PeriodEnd(), [said(1, YANGGAO, period, "relocation_villages", VILLAGES[0])])
    assert found["period_end"] == day
