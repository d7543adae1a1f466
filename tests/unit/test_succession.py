"""The succession of divisions: which county is the exact continuation of which."""

from __future__ import annotations

import polars as pl
import pytest

from tests.builders import BOOK
from warehouse.codebook.succession import SCHEMA, blocks, edition_of, succession


def ancestors(code: str, period: str, period_to: str) -> set[tuple[str, bool]]:
    found = succession(BOOK, [period], period_to).rows(named=True)
    return {(row["ancestor_code"], row["whole"]) for row in found if row["county_code"] == code}


def test_a_county_that_lasts_is_its_own_whole_ancestor() -> None:
    assert ancestors("140221", "2017-12", "2018-12") == {("140221", True)}


def test_a_county_under_a_new_code_continues_the_old_one_whole() -> None:
    assert ancestors("140406", "2017-12", "2018-12") == {("140481", True)}


def test_a_merged_county_is_the_sum_of_its_ancestors() -> None:
    assert ancestors("140403", "2017-12", "2018-12") == {("140402", True), ("140411", True)}


@pytest.mark.parametrize("code", ["140212", "140213", "140214"])
def test_no_party_to_a_split_is_whole(code: str) -> None:
    found = ancestors(code, "2017-12", "2018-12")
    assert ("140211", False) in found
    assert not any(whole for _, whole in found)


def test_a_successor_that_was_in_force_before_the_split_is_its_own_ancestor_too() -> None:
    in_force = {d.county_code for d in BOOK.in_force("2017-12")}
    assert (("140212", False) in ancestors("140212", "2017-12", "2018-12")) == ("140212" in in_force)


def test_between_two_changes_every_county_is_itself() -> None:
    found = succession(BOOK, ["2017-01"], "2017-12")
    assert found.height == 119
    assert found["whole"].all()
    assert (found["county_code"] == found["ancestor_code"]).all()


def test_no_years_give_no_rows_but_their_types() -> None:
    found = succession(BOOK, [], "2018-06")
    assert found.is_empty()
    assert dict(found.schema) == SCHEMA


def test_each_edition_asked_for_has_its_own_rows_once() -> None:
    periods = ["2016-12", "2017-12", "2018-06", "2018-07"]
    found = succession(BOOK, periods, "2018-12")
    editions = [BOOK.edition(period) for period in periods]
    assert found["edition"].unique(maintain_order=True).to_list() == sorted(set(editions))
    assert found.filter(county_code="140403").height == 4
    given = pl.DataFrame({"period": periods}).with_columns(edition_of(BOOK, periods))
    assert given["edition"].to_list() == editions


def block(code: str, period: str, period_to: str) -> tuple[set[str], set[str]]:
    """Who is in the block of a county, in the earlier period and in the later."""
    rows = blocks(BOOK, period, period_to).rows(named=True)
    (own,) = {row["block"] for row in rows if row["county_code"] == code and row["later"]}
    sides = [[row for row in rows if row["block"] == own and row["later"] is later] for later in (False, True)]
    assert all(row["counties"] == len(side) for side in sides for row in side)
    then, now = ({row["county_code"] for row in side} for side in sides)
    return then, now


def test_a_county_by_itself_is_a_block() -> None:
    assert block("140221", "2017-12", "2018-12") == ({"140221"}, {"140221"})
    assert block("140406", "2017-12", "2018-12") == ({"140481"}, {"140406"})


def test_those_that_merged_and_what_they_became_are_a_block() -> None:
    assert block("140403", "2017-12", "2018-12") == ({"140402", "140411"}, {"140403"})


@pytest.mark.parametrize("code", ["140212", "140213", "140214"])
def test_all_parties_to_a_split_are_one_block(code: str) -> None:
    then, now = block(code, "2017-12", "2018-12")
    assert now == {"140212", "140213", "140214"}
    assert then == {"140202", "140203", "140211", "140212"}
