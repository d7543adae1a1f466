"""A period beside an earlier one, as codes change: who is compared with whom, and where no comparison can be made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

from tests.builders import BOOK, YANGGAO
from warehouse.codebook.succession import BLOCKS, blocks
from warehouse.marts.comparison import areas_of_blocks, compare, earlier, place
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.sources import levels_of

FORM = BOOK.datasets["finance"]
LENT = next(line for line in measures_of(FORM) if line.name == "loan_amount_yuan")
PART = "loan_amount_yuan:part"
# 城区 and 郊区 became 潞州区; 潞城市 became 潞城区; 城区, 矿区 and 南郊区 became 平城区 and 云冈区, and 新荣区 grew.
MERGED, BOTH = "140403", ("140402", "140411")
RENAMED, FORMER = "140406", "140481"
SPLIT, PARTIES = ("140212", "140213", "140214"), ("140202", "140203", "140211", "140212")


# --- periods -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "months", "before"),
    [
        ("2018-06", 0, "2018-06"),
        ("2018-06", 1, "2018-05"),
        ("2018-06", 5, "2018-01"),
        ("2018-06", 6, "2017-12"),
        ("2018-06", 12, "2017-06"),
        ("2018-01", 1, "2017-12"),
        ("2018-12", 12, "2017-12"),
        ("2018-12", 11, "2018-01"),
        ("2018-12", -1, "2019-01"),
        ("2018-06", -12, "2019-06"),
        ("2018-11", -1, "2018-12"),
        ("0001-01", 1, "0000-12"),
        ("2018-03", 27, "2015-12"),
    ],
)
def test_so_many_months_before(period: str, months: int, before: str) -> None:
    assert earlier(period, months) == before
    assert earlier(before, -months) == period


# --- where each county stands --------------------------------------------------------------------------------------


def standing(code: str, at: str = "2018-12", months: int = 12) -> list[tuple[Any, ...]]:
    found = place(BOOK, (at,), months).filter(county_code=code).sort("later")
    return found.select("period", "later", "block", "counties").rows()


def test_a_county_that_lasts_stands_by_itself_on_both_sides() -> None:
    assert standing(YANGGAO) == [("2017-12", False, YANGGAO, 1), ("2018-12", True, YANGGAO, 1)]


def test_a_county_under_a_new_code_stands_beside_the_old_one() -> None:
    assert standing(RENAMED) == [("2018-12", True, RENAMED, 1)]
    assert standing(FORMER) == [("2017-12", False, RENAMED, 1)]


def test_those_that_merged_stand_beside_what_they_became() -> None:
    assert standing(MERGED) == [("2018-12", True, MERGED, 1)]
    for code in BOTH:
        assert standing(code) == [("2017-12", False, MERGED, 2)]


def test_all_parties_to_a_split_stand_together() -> None:
    least = min(SPLIT)
    for code in SPLIT:
        assert ("2018-12", True, least, 3) in standing(code)
    for code in PARTIES:
        assert ("2017-12", False, least, 4) in standing(code)


@pytest.mark.parametrize(
    ("at", "most"), [("2018-01", 1), ("2018-04", 4), ("2018-06", 1), ("2018-11", 2), ("2018-12", 1)]
)
def test_between_two_changes_everybody_stands_by_himself(at: str, most: int) -> None:
    assert place(BOOK, (at,), 1)["counties"].max() == most


def test_nothing_asked_is_nothing_with_its_columns() -> None:
    found = place(BOOK, (), 12)
    assert found.is_empty()
    assert dict(found.schema) == {"at": pl.String, "period": pl.String, **BLOCKS}


@pytest.mark.parametrize("years", [(2016, 2017), (2017, 2018), (2016, 2018)])
def test_every_county_of_both_years_stands_once_a_side(years: tuple[int, int]) -> None:
    found = place(BOOK, (f"{years[1]}-12",), 12 * (years[1] - years[0]))
    assert found.select("county_code", "later").is_unique().all()
    for year, later in zip(years, (False, True), strict=True):
        in_force = {d.county_code for d in BOOK.in_force(f"{year}-12")}
        assert set(found.filter(later=later)["county_code"]) == in_force
    sizes = found.group_by("block", "later").len()
    told = found.select("block", "later", "counties").unique()
    assert dict(zip(sizes.select("block", "later").rows(), sizes["len"], strict=True)) == {
        (block, later): counties for block, later, counties in told.rows()
    }


# --- sums of both sides --------------------------------------------------------------------------------------------


def compared(
    given: Iterable[tuple[str, str, int | None]],
    at: str = "2018-12",
    months: int = 12,
    lines: tuple[Measure, ...] = (LENT,),
) -> dict[str, tuple[Any, ...]]:
    """Now, then and the counties compared, by block, of those that can be compared."""
    columns = {"period": pl.String, "county_code": pl.String, PART: pl.Int64}
    counties = pl.LazyFrame(list(given), columns, orient="row")
    found = compare(counties, lines, place(BOOK, (at,), months), months).collect()
    wanted = (f"{PART}:now:{months}", f"{PART}:then:{months}", f"loan_amount_yuan:compared:{months}")
    return {row[0]: row[1:] for row in found.select("block", *wanted).rows()}


def test_a_county_is_compared_with_itself_a_year_ago() -> None:
    assert compared([("2018-12", YANGGAO, 5), ("2017-12", YANGGAO, 3)]) == {YANGGAO: (5, 3, 1)}


@pytest.mark.parametrize(("now", "then"), [(None, 3), (5, None), (None, None)])
def test_where_one_side_is_blank_both_are_unknown(now: int | None, then: int | None) -> None:
    assert compared([("2018-12", YANGGAO, now), ("2017-12", YANGGAO, then)]) == {YANGGAO: (None, None, None)}


@pytest.mark.parametrize(("now", "then"), [(0, 3), (5, 0), (0, 0)])
def test_zero_is_a_value(now: int, then: int) -> None:
    assert compared([("2018-12", YANGGAO, now), ("2017-12", YANGGAO, then)]) == {YANGGAO: (now, then, 1)}


def test_where_one_side_did_not_come_there_is_nothing_to_compare() -> None:
    assert compared([("2018-12", YANGGAO, 5)]) == {}
    assert compared([("2017-12", YANGGAO, 5)]) == {}
    assert compared([("2018-12", YANGGAO, 5), ("2017-11", YANGGAO, 5)]) == {}


def test_what_was_merged_is_compared_with_the_sum_of_both() -> None:
    given = [("2018-12", MERGED, 10), ("2017-12", BOTH[0], 3), ("2017-12", BOTH[1], 4)]
    assert compared(given) == {MERGED: (10, 7, 1)}


def test_where_one_of_those_that_merged_gave_nothing_there_is_no_sum() -> None:
    assert compared([("2018-12", MERGED, 10), ("2017-12", BOTH[0], 3), ("2017-12", BOTH[1], None)]) == {
        MERGED: (None, None, None)
    }
    assert compared([("2018-12", MERGED, 10), ("2017-12", BOTH[0], 3)]) == {MERGED: (None, None, None)}


def test_the_parties_to_a_split_are_compared_together_and_count_as_those_of_now() -> None:
    given = [*(("2018-12", code, 10) for code in SPLIT), *(("2017-12", code, 5) for code in PARTIES)]
    assert compared(given) == {min(SPLIT): (30, 20, 3)}
    assert compared(given[1:]) == {min(SPLIT): (None, None, None)}
    assert compared(given[:-1]) == {min(SPLIT): (None, None, None)}


def test_a_county_under_a_new_code_is_compared_with_the_old_one() -> None:
    assert compared([("2018-12", RENAMED, 7), ("2017-12", FORMER, 6)]) == {RENAMED: (7, 6, 1)}


def test_what_does_not_rise_is_compared_for_counties_alone_and_for_no_sum_of_them() -> None:
    alone = Measure(**{**vars(LENT), "rises": False})
    given = [("2018-12", MERGED, 10), ("2017-12", BOTH[0], 3), ("2017-12", BOTH[1], 4)]
    assert compared(given, lines=(alone,)) == {MERGED: (None, None, None)}
    assert compared([("2018-12", YANGGAO, 5), ("2017-12", YANGGAO, 3)], lines=(alone,)) == {YANGGAO: (5, 3, 1)}


# --- areas ---------------------------------------------------------------------------------------------------------


def areas(*codes: str, at: str = "2018-12") -> dict[tuple[str, str], tuple[bool, bool]]:
    """By block and area: whether it holds the whole block, and whether that continues several."""
    levels = levels_of(BOOK, at).with_columns(period=pl.lit(at)).lazy()
    found = areas_of_blocks(place(BOOK, (at,), 12).lazy(), levels).filter(pl.col("block").is_in(list(codes))).collect()
    return {(row["block"], row["code"]): (row["inside"], row["merged"]) for row in found.iter_rows(named=True)}


def test_a_county_by_itself_is_inside_each_of_its_areas_and_continues_nobody_else() -> None:
    found = areas(YANGGAO)
    assert {code for _, code in found} >= {YANGGAO, "140200", "140000"}
    assert set(found.values()) == {(True, False)}


def test_what_was_merged_continues_several() -> None:
    assert set(areas(MERGED).values()) == {(True, True)}
    assert set(areas(RENAMED).values()) == {(True, False)}


def test_a_split_is_inside_the_prefecture_and_not_inside_each_of_its_counties() -> None:
    found = areas(min(SPLIT))
    assert found[min(SPLIT), "140200"] == (True, True)
    assert found[min(SPLIT), "140000"] == (True, True)
    for code in SPLIT:
        assert found[min(SPLIT), code] == (False, True)


def test_blocks_are_the_least_sets_that_no_succession_leaves() -> None:
    found = blocks(BOOK, "2017-12", "2018-12")
    assert found.filter(block=min(SPLIT)).sort("later", "county_code").select("county_code", "later").rows() == [
        *((code, False) for code in sorted(PARTIES)), *((code, True) for code in sorted(SPLIT)),
    ]  # fmt: skip
