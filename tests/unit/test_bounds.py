"""Robust bounds: over a county's peers, and over its own past."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from expectations.companions import Companion, HistoryBounds, PeerBounds, PeerRatio
from tests.builders import BOOK, YANGGAO, finance, row, village
from tests.stores import Said, frame, join, known, now, said

# --- peers ---------------------------------------------------------------------------------------------------------

PEERS = PeerBounds("income_growth", low="low", high="high")
LISTED = [d.county_code for d in BOOK.members("poverty_counties", "2017-12")]
OTHERS = [d.county_code for d in BOOK.in_force("2017-12") if d.poverty_county_list == "none"]


def growths(codes: list[str], values: list[float], first: int = 1) -> list[Said]:
    return [
        said(n, code, "2017-12", "outcomes", row("outcomes", income_growth=value))
        for n, (code, value) in enumerate(zip(codes, values, strict=True), start=first)
    ]


def among(companion: Companion, accepted: list[Said], *quarantined: Said) -> list[dict[str, Any]]:
    """The rows of all with the companion's columns, when it is known who was let in."""
    return join(
        companion, [*accepted, *quarantined], *accepted, *((*one[:4], "quarantined", one[5]) for one in quarantined)
    )


def test_peers_bound_a_value_by_median_and_spread() -> None:
    values = [8.0, 9.0, 10.0, 11.0, 12.0, 9.5, 10.5, 10.0]
    found = among(PEERS, growths(LISTED[:8], values))
    reach = 3.5 * 1.4826 * 0.75
    assert [(f["low"], f["high"]) for f in found] == [(pytest.approx(10 - reach), pytest.approx(10 + reach))] * 8


def test_peers_that_agree_leave_room_for_rounding() -> None:
    (found, *_) = among(PEERS, growths(LISTED[:8], [10.0] * 8))
    assert (found["low"], found["high"]) == (pytest.approx(10 - 1.05), pytest.approx(10 + 1.05))


def test_seven_peers_are_too_few() -> None:
    assert {(f["low"], f["high"]) for f in among(PEERS, growths(LISTED[:7], [10.0] * 7))} == {(None, None)}


def test_the_quarantined_are_no_peers_but_are_compared() -> None:
    (odd,) = growths(LISTED[8:9], [90.0], first=30)
    assert {(f["low"], f["high"]) for f in among(PEERS, growths(LISTED[:7], [10.0] * 7), odd)} == {(None, None)}
    *_, last = among(PEERS, growths(LISTED[:8], [10.0] * 8), odd)
    assert (last["county_code"], last["high"]) == (LISTED[8], pytest.approx(11.05))


def test_peers_are_of_the_same_class() -> None:
    found = among(PEERS, growths(LISTED[:8], [10.0] * 8) + growths(OTHERS[:8], [20.0] * 8, first=20))
    assert [f["high"] for f in found] == [pytest.approx(11.05)] * 8 + [pytest.approx(21.05)] * 8


def test_peers_judged_earlier_count_and_a_correction_counts_once() -> None:
    earlier = growths(LISTED[:8], [10.0] * 8)
    corrected = growths(LISTED[:1], [30.0], first=20)
    (found,) = join(PEERS, corrected, *earlier, *corrected)
    assert found["high"] == pytest.approx(11.05)


LENT = PeerRatio("loan_amount_yuan", "loan_households", "low", "high")
LINFEN, XINZHOU = (
    [d.county_code for d in BOOK.in_force("2017-12") if d.prefecture_code == c] for c in ("141000", "140900")
)


def lending(codes: list[str], amounts: list[int], households: int = 10) -> list[Said]:
    return [
        said(int(code), code, "2017-12", "finance", finance(amount, households))
        for code, amount in zip(codes, amounts, strict=True)
    ]


def test_a_ratio_is_bound_by_those_of_its_prefecture() -> None:
    found = among(LENT, lending(LINFEN[:8], [1000] * 8) + lending(XINZHOU[:7], [9000] * 7))
    assert [(f["low"], f["high"]) for f in found] == [(pytest.approx(30), pytest.approx(170))] * 8 + [(None, None)] * 7


def test_a_wide_spread_widens_the_bounds_of_a_ratio() -> None:
    found = among(LENT, lending(LINFEN[:9], [200, 400, 600, 800, 1000, 1200, 1400, 1600, 1800]))
    assert found[0]["high"] == pytest.approx(100 + 3.5 * 1.4826 * 40)


def test_a_peer_without_a_denominator_is_none() -> None:
    found = among(LENT, lending(LINFEN[:7], [1000] * 7) + lending(LINFEN[7:8], [0], households=0))
    assert {f["low"] for f in found} == {None}


def test_a_code_not_in_force_has_no_peers() -> None:
    gone = next(d.county_code for d in BOOK.divisions if d.in_force_until and d.prefecture_code == "140400")
    peers = [d.county_code for d in BOOK.in_force("2018-12") if d.prefecture_code == "140400"][:8]
    sent = [said(int(c), c, "2018-12", "finance", finance(1000, 10)) for c in (*peers, gone)]
    assert [f["low"] is None for f in among(LENT, sent)] == [False] * 8 + [True]


def test_in_a_year_without_counties_there_are_no_peers() -> None:
    for companion, dataset in ((PEERS, "outcomes"), (LENT, "finance")):
        (found,) = join(companion, [said(1, YANGGAO, "0000-12", dataset, row(dataset))])
        assert (found["low"], found["high"]) == (None, None)


# --- a county's own past -------------------------------------------------------------------------------------------

PAST = HistoryBounds(("loan_balance_yuan",))
MONTHS = [f"2017-{month:02d}" for month in range(1, 13)]


def balances(values: list[int | None], county: str = YANGGAO, first: int = 1) -> list[Said]:
    return [
        said(n, county, period, "finance", finance(loan_balance_yuan=value))
        for n, (period, value) in enumerate(zip(MONTHS, values, strict=False), start=first)
    ]


def bound(values: list[int | None], county: str = YANGGAO, was: str = YANGGAO) -> tuple[Any, Any]:
    (found,) = join(PAST, now(county, "2018-12"), *balances(values, was))
    return found["history_low_loan_balance_yuan"], found["history_high_loan_balance_yuan"]


def test_the_past_bounds_a_value_by_median_and_spread() -> None:
    reach = 3.5 * 1.4826 * 250
    assert bound([500, 1000, 750, 1250, 1000, 1500]) == (pytest.approx(1000 - reach), pytest.approx(1000 + reach))


def test_a_steady_past_leaves_a_fifth_of_the_median_as_scale() -> None:
    assert bound([1000] * 6) == (pytest.approx(300), pytest.approx(1700))


@pytest.mark.parametrize("values", [[1000] * 5, [1000] * 5 + [None] * 3, [0] * 4 + [9] * 3])
def test_a_short_past_or_one_of_zeros_says_nothing(values: list[int | None]) -> None:
    assert bound(values) == (None, None)


def test_only_what_was_accepted_earlier_is_past() -> None:
    *five, last = balances([1000] * 6)
    sixth = said(15, YANGGAO, "2018-05", "finance", finance(loan_balance_yuan=1000))
    quarantined = (*last[:4], "quarantined", last[5])
    later = [said(n, YANGGAO, f"2018-{n - 10:02d}", "finance", finance(loan_balance_yuan=1)) for n in range(16, 23)]
    (found,) = join(PAST, now(), *five, sixth, quarantined, *later)
    assert found["history_low_loan_balance_yuan"] == pytest.approx(300)
    (found,) = join(PAST, now(), *five[:4], sixth, quarantined, *later)
    assert found["history_low_loan_balance_yuan"] is None


def test_half_of_a_county_has_no_past() -> None:
    """大同县 (140227) as if it had become two: each has one ancestor, neither is what that was."""
    halves = [
        d.model_copy(update={"successor_codes": ("140215", "140216")}) if d.county_code == "140227" else d
        for d in BOOK.divisions
    ]
    other = next(d for d in BOOK.divisions if d.county_code == "140215")
    store = known(*balances([1000] * 6, "140227"))
    store.book = replace(BOOK, divisions=(*halves, other.model_copy(update={"county_code": "140216"})))
    rows = frame("finance", now("140215")).lazy()
    (found,) = PAST.join(rows, store, BOOK.datasets["finance"], "2018-06").collect().rows(named=True)
    assert found["history_low_loan_balance_yuan"] is None


@pytest.mark.parametrize(("county", "was"), [("140403", "140402"), ("140212", "140212"), ("140213", "140202")])
def test_a_merged_county_and_a_party_to_a_split_start_anew(county: str, was: str) -> None:
    assert bound([1000] * 6, county, was) == (None, None)


def test_the_past_follows_a_new_code() -> None:
    assert bound([1000] * 6, "140215", "140227") == (pytest.approx(300), pytest.approx(1700))


def test_a_count_of_a_few_may_double() -> None:
    past = HistoryBounds(("paired_counties", "partner_universities"))
    sent = [
        said(n, YANGGAO, f"201{n}-12", "support", row("support", paired_counties=1, partner_universities=0))
        for n in range(1, 8)
    ]
    (found,) = join(past, [said(9, YANGGAO, "2018-06", "support", row("support"))], *sent)
    assert found["history_high_paired_counties"] == pytest.approx(4.5)
    assert found["history_high_partner_universities"] is None


def test_a_villages_past_is_its_own() -> None:
    past = HistoryBounds(("households",))
    sent = [
        said(n, YANGGAO, period, "relocation_villages", village("1", households=10), village("2", households=100))
        for n, period in enumerate(MONTHS[:6], start=1)
    ]
    at = [said(9, YANGGAO, "2018-06", "relocation_villages", *(village(code) for code in "213"))]
    highs = [f["history_high_households"] for f in join(past, at, *sent)]
    assert highs == [pytest.approx(170), pytest.approx(17), None]
