"""Codes over time: who is in force on which day, and what of two periods can be compared, whichever they are."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import BOOK
from warehouse.codebook import Division
from warehouse.codebook.succession import blocks

CODES = {d.county_code: d for d in BOOK.divisions}
CHANGES = sorted({d.in_force_until for d in BOOK.divisions if d.in_force_until})
FIRST, LAST = date(2014, 1, 1), date(2021, 12, 31)
PERIODS = st.dates(FIRST, LAST).map(lambda day: f"{day:%Y-%m}")
DAYS = st.dates(FIRST, LAST) | st.sampled_from([d - timedelta(n) for d in CHANGES for n in (0, 1)])


def on(day: date) -> set[str]:
    """The codes in force on a day, by their dates."""
    return {d.county_code for d in BOOK.divisions if d.in_force_from <= day < (d.in_force_until or date.max)}


def became(division: Division, day: date) -> set[str]:
    """The codes in force on a day that a division of earlier became."""
    if division.in_force_until is None or day < division.in_force_until:
        return {division.county_code}
    return {heir for code in division.successor_codes for heir in became(CODES[code], day)}


@given(period=PERIODS)
def test_the_counties_of_a_period_are_those_in_force_on_its_last_day(period: str) -> None:
    year, month = int(period[:4]), int(period[5:])
    last_day = date(year, month, monthrange(year, month)[1])
    assert {d.county_code for d in BOOK.in_force(period)} == on(last_day)
    assert {d.county_code for d in BOOK.divisions if d.in_force(period)} == on(last_day)


@given(day=DAYS)
def test_on_every_day_every_territory_has_a_code_and_only_a_split_one_has_several(day: date) -> None:
    heirs = {code: became(CODES[code], day) for code in on(FIRST)}
    assert set().union(*heirs.values()) == on(day)
    assert {code for code, then in heirs.items() if len(then) != 1} <= {"140202", "140211"}


@given(day=DAYS)
def test_nobody_is_in_force_beside_what_it_became(day: date) -> None:
    now = on(day)
    for division in (CODES[code] for code in now if CODES[code].succession in ("renamed", "merged")):
        assert not now & set(division.successor_codes)


@given(ends=st.tuples(PERIODS, PERIODS).map(sorted))
def test_the_blocks_of_two_periods_part_the_counties_of_both(ends: list[str]) -> None:
    found = blocks(BOOK, *ends)
    for period, later in zip(ends, (False, True), strict=True):
        side = found.filter(later=later)
        assert sorted(side["county_code"]) == sorted(d.county_code for d in BOOK.in_force(period))
        assert side.filter(pl.len().over("block") != pl.col("counties")).is_empty()
    assert set(found.filter(later=False)["block"]) == set(found.filter(later=True)["block"])
