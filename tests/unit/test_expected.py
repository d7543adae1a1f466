"""What past and peers let expect of a number, the bounds round it, and powers of ten of what lies outside."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given as example
from hypothesis import strategies as st

from expectations.companions import ExpectedBounds, robust
from tests.builders import BOOK, finance, row, village
from tests.stores import Said, join, said

PLAIN = [d.county_code for d in BOOK.in_force("2017-12") if d.poverty_county_list == "none"]
LINFEN = [d.county_code for d in BOOK.in_force("2017-12") if d.prefecture_code == "141000"]
LENT = ExpectedBounds(("loan_balance_yuan", "loan_amount_yuan"))


def lent(period: str, balances: dict[str, int], **values: int) -> list[Said]:
    """Returns of a period: what is outstanding, by county."""
    return [
        said(int(period[2:4] + period[5:] + code[2:]), code, period, "finance", finance(loan_balance_yuan=n, **values))
        for code, n in balances.items()
    ]


def expected(at: list[Said], *before: Said, companion: ExpectedBounds = LENT) -> list[dict[str, Any]]:
    return join(companion, at, *before, *at)


def balances(value: int, counties: list[str] = PLAIN[:10]) -> dict[str, int]:
    return dict.fromkeys(counties, value)


# --- growth --------------------------------------------------------------------------------------------------------


def test_a_number_is_expected_to_have_grown_as_its_peers_have() -> None:
    past = {code: 10**7 * n for n, code in enumerate(PLAIN[:10], start=1)}
    found = expected(lent("2018-01", {c: 2 * n for c, n in past.items()}), *lent("2017-12", past))
    assert [f["expected_loan_balance_yuan"] for f in found] == [pytest.approx(2 * n) for n in past.values()]
    assert all(f["growth_low_loan_balance_yuan"] < 2 * n for f, n in zip(found, past.values(), strict=True))
    assert all(f["growth_high_loan_balance_yuan"] < 3 * n for f, n in zip(found, past.values(), strict=True))


def test_one_earlier_period_is_enough_and_seven_peers_are_not() -> None:
    found = expected(lent("2018-01", balances(10**8)), *lent("2017-12", balances(10**8, PLAIN[:7])))
    assert {f["growth_low_loan_balance_yuan"] for f in found} == {None}
    found = expected(lent("2018-01", balances(10**8)), *lent("2017-12", balances(10**8, PLAIN[:8])))
    assert [f["growth_low_loan_balance_yuan"] is None for f in found] == [False] * 8 + [True] * 2


def test_the_same_period_last_year_is_a_past_too() -> None:
    """What is new since the last period, and was there a year ago."""
    past = (*lent("2017-01", balances(10**8)), *lent("2017-12", balances(0)))
    (found, *_) = expected(lent("2018-01", balances(10**8)), *past)
    assert found["expected_loan_balance_yuan"] == pytest.approx(10**8)
    assert found["growth_low_loan_balance_yuan"] < 10**8 < found["growth_high_loan_balance_yuan"]


def test_bounds_are_those_of_both_pasts_where_the_peers_grew_alike_since() -> None:
    past = (*lent("2017-01", {**balances(10**8), PLAIN[0]: 4 * 10**8}), *lent("2017-12", balances(10**8)))
    (odd, even, *_) = expected(lent("2018-01", balances(10**8)), *past)
    assert odd["growth_low_loan_balance_yuan"] == pytest.approx(10**8 / 1.05, rel=1e-3)
    assert odd["growth_high_loan_balance_yuan"] == pytest.approx(4 * 1.05 * 10**8)
    assert even["growth_high_loan_balance_yuan"] == pytest.approx(1.05 * 10**8)


def test_a_past_since_which_the_peers_went_all_ways_says_nothing_beside_a_better_one() -> None:
    scattered = {code: 10**8 * 3**n for n, code in enumerate(PLAIN[:10])}
    found = expected(lent("2018-01", balances(10**8)), *lent("2017-01", scattered), *lent("2017-12", balances(10**8)))
    assert {round(f["growth_high_loan_balance_yuan"]) for f in found} == {105 * 10**6}


def test_a_year_to_date_figure_is_brought_to_as_many_months() -> None:
    past = lent("2017-12", balances(0), lent=12 * 10**7)
    found = expected(lent("2018-02", balances(0), lent=2 * 10**7), *past)
    assert [f["expected_loan_amount_yuan"] for f in found] == pytest.approx([2 * 10**7] * len(found))
    early = expected(
        lent("2018-02", balances(0, PLAIN[:3]), lent=2 * 10**7), *past, *lent("2017-11", balances(0), lent=11 * 10**7)
    )
    assert [f["expected_loan_amount_yuan"] for f in early] == pytest.approx([2 * 10**7] * len(early))


def test_the_first_of_a_period_are_measured_by_how_the_peers_grew_before() -> None:
    past = (*lent("2017-11", balances(10**8)), *lent("2017-12", balances(11 * 10**7)))
    found = expected(lent("2018-01", balances(12 * 10**7, PLAIN[:3])), *past)
    assert [f["expected_loan_balance_yuan"] for f in found] == pytest.approx([121 * 10**6] * len(found))
    (first,) = expected(lent("2017-12", balances(10**8, PLAIN[:1])), *lent("2017-11", balances(10**8)))
    assert first["growth_low_loan_balance_yuan"] is None, "nobody has grown yet"


def test_large_to_zero_is_outside_and_zero_to_large_is_left_to_the_level() -> None:
    past = {**balances(10**8), PLAIN[0]: 0}
    (risen, *_) = expected(lent("2018-01", balances(10**8)), *lent("2017-12", past))
    assert risen["growth_low_loan_balance_yuan"] is None
    assert risen["level_high_loan_balance_yuan"] is None, "no size: nobody has registered persons"
    (fallen, *_) = expected(lent("2018-01", {**balances(10**8), PLAIN[0]: 0}), *lent("2017-12", balances(10**8)))
    assert fallen["growth_low_loan_balance_yuan"] > 0


def test_a_few_may_become_a_few_more() -> None:
    past = [said(n, c, "2017-12", "motivation", row("motivation", activities=1)) for n, c in enumerate(PLAIN[:10])]
    at = [said(n, c, "2018-03", "motivation", row("motivation", activities=3)) for n, c in enumerate(PLAIN[:10], 20)]
    found = join(
        ExpectedBounds(("activities",)),
        at[:1],
        *past,
        *at[1:],
        said(40, PLAIN[0], "2018-03", "motivation", row("motivation", activities=1)),
    )
    assert found[0]["growth_high_activities"] > 3


def test_each_village_has_a_past_of_its_own() -> None:
    homes = {str(n): 10 * n for n in range(1, 10)}
    past = said(1, PLAIN[0], "2017-11", "relocation_villages", *(village(c, households=n) for c, n in homes.items()))
    at = said(2, PLAIN[0], "2017-12", "relocation_villages", *(village(c, households=n) for c, n in homes.items()))
    found = join(ExpectedBounds(("households",)), [at], past, at)
    assert [f["expected_households"] for f in found] == [pytest.approx(n) for n in homes.values()]


def test_a_code_that_continues_another_has_its_past() -> None:
    (found,) = expected(
        lent("2018-06", balances(10**8, ["140215"])),
        *lent("2017-12", balances(10**8, ["140227", *PLAIN[:9]])),
        *lent("2018-06", balances(10**8, PLAIN[:9])),
    )
    assert found["expected_loan_balance_yuan"] == pytest.approx(10**8)


# --- level ---------------------------------------------------------------------------------------------------------

ACTIVE = ExpectedBounds(("activities",))


def active(numbers: dict[str, int]) -> list[Said]:
    return [said(int(c), c, "2018-03", "motivation", row("motivation", activities=n)) for c, n in numbers.items()]


def test_in_a_first_period_the_peers_alone_tell() -> None:
    found = expected(active(balances(100, LINFEN[:10])), companion=ACTIVE)
    factor = 2.718281828**1.75
    assert {f["growth_low_activities"] for f in found} == {None}
    assert [f["expected_activities"] for f in found] == pytest.approx([100] * len(found))
    assert [f["level_high_activities"] for f in found] == pytest.approx([100 * factor] * len(found), rel=1e-3)
    assert [f["level_low_activities"] for f in found] == pytest.approx([100 / factor] * len(found), rel=1e-3)


def test_seven_peers_with_any_are_too_few_for_a_level() -> None:
    found = expected(active(balances(100, LINFEN[:7]) | balances(0, LINFEN[7:])), companion=ACTIVE)
    assert {f["level_high_activities"] for f in found} == {None}


def test_where_many_have_none_none_is_no_outlier() -> None:
    found = expected(active(balances(100, LINFEN[:10]) | balances(0, LINFEN[10:])), companion=ACTIVE)
    assert {f["level_low_activities"] for f in found} == {0}


def test_a_level_is_of_the_size_that_another_form_says() -> None:
    persons = {code: 1000 * n for n, code in enumerate(PLAIN[:10], start=1)}
    registered = [
        said(n, c, "2017-12", "health", row("health", registered_persons=many))
        for n, (c, many) in enumerate(persons.items())
    ]
    found = expected(lent("2017-12", {c: 10**4 * n for c, n in persons.items()}), *registered)
    assert [f["expected_loan_balance_yuan"] for f in found] == [pytest.approx(10**4 * n) for n in persons.values()]


# --- effects, as published -----------------------------------------------------------------------------------------


def bounds(ratios: list[float], **given: float) -> tuple[float, float]:
    pairs = pl.DataFrame({"value": ratios, "earlier": [1.0] * len(ratios)})
    effect = robust.effects(pl.col("value"), pl.col("earlier"))
    low, high = robust.effect_bounds(effect, pl.lit(0.05), pl.lit(4.0), **given)
    return pairs.select(low.alias("low"), high.alias("high")).row(0)


def test_effects_are_alike_for_rise_and_fall_and_weigh_by_size() -> None:
    pairs = pl.DataFrame({"value": [100.0, 50.0, 200.0], "earlier": [100.0, 100.0, 100.0]})
    effect = robust.effects(pl.col("value"), pl.col("earlier"), 0.5)
    assert pairs.select(effect).to_series().to_list() == [0, pytest.approx(-10), pytest.approx(200**0.5)]


def test_quartiles_bound_effects_and_what_is_least_and_the_deciles_widen_them() -> None:
    ratios = [0.5, 0.8, 1.0, 1.25, 2.0]
    assert bounds(ratios) == (pytest.approx(-1), pytest.approx(1))
    assert bounds(ratios, least=0.5) == (pytest.approx(-2), pytest.approx(2))
    assert bounds(ratios, deciles=4.0) == (pytest.approx(-4 * 0.7), pytest.approx(4 * 0.7))
    assert bounds(ratios, deciles=4.0, most=2.0) == (pytest.approx(-2), pytest.approx(2))


@example(st.lists(st.floats(0.1, 10), min_size=8, max_size=20), st.floats(0.01, 100))
def test_bounds_of_effects_do_not_depend_on_what_all_share(ratios: list[float], factor: float) -> None:
    assert bounds([r * factor for r in ratios]) == pytest.approx(bounds(ratios), abs=1e-6)
