"""Robust bounds over a county's peers."""

from __future__ import annotations

from typing import Any

import pytest

from expectations.companions import Companion, PeerBounds, PeerRatio
from tests.builders import BOOK, YANGGAO, finance, row
from tests.stores import Said, join, said

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
