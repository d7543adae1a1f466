"""Which county a code, a name or a file's name means, and what several of them come to."""

from __future__ import annotations

import pytest

from tests.builders import BOOK, TIANZHEN, YANGGAO
from warehouse.intake.ownership.claims import (
    Agreement,
    Claim,
    agree_county,
    agree_period,
    county_by_code,
    county_by_name,
    county_within,
)

BY_PREFECTURE = {
    code: frozenset(d.county_code for d in BOOK.divisions if d.prefecture_code == code)
    for code in {d.prefecture_code for d in BOOK.divisions}
}
DATONG = "140200"


def codes(name: str) -> frozenset[str]:
    """The counties of all times that are called so."""
    return frozenset(d.county_code for d in BOOK.divisions if d.name_zh == name)


# --- codes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [TIANZHEN, f" {TIANZHEN} ", f"{TIANZHEN}000", f"{TIANZHEN}000000", "１４０２２２", "14 02 22"]
)
def test_a_code_of_a_county_means_it(text: str) -> None:
    claim = county_by_code(text, "表", "B2")
    assert claim == Claim(text, frozenset((TIANZHEN,)), "表", "B2")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("999999", "999999"),
        (f"{TIANZHEN}00", f"{TIANZHEN}00"),
        (f"{TIANZHEN}0000", f"{TIANZHEN}0000"),
        (f"{TIANZHEN}00000", f"{TIANZHEN}00000"),
        (f"{TIANZHEN}001", f"{TIANZHEN}001"),
        (f"{TIANZHEN}000001", f"{TIANZHEN}000001"),
        ("14022x", "14022x"),
    ],
)
def test_an_unknown_code_means_itself(text: str, value: str) -> None:
    assert county_by_code(text).values == {value}


@pytest.mark.parametrize(("text", "values"), [("x", set()), ("", set()), ("不知县", set()), ("天镇县", {TIANZHEN})])
def test_what_has_no_digit_is_no_code_and_means_whom_it_names(text: str, values: set[str]) -> None:
    assert county_by_code(text).values == values


@pytest.mark.parametrize("prefecture", sorted(BY_PREFECTURE))
def test_a_code_of_a_prefecture_may_mean_each_of_its_counties(prefecture: str) -> None:
    assert county_by_code(prefecture).values == BY_PREFECTURE[prefecture]
    assert county_by_code(f"{prefecture}000000").values == BY_PREFECTURE[prefecture]


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("division", BOOK.divisions, ids=lambda d: d.county_code)
def test_every_county_is_known_by_its_name_behind_its_prefecture_and_by_its_code(division) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    name, prefecture = division.name_zh, division.prefecture_zh
    assert county_by_name(name).values >= codes(name)
    for text in (f"{prefecture}{name}", f"{prefecture.removesuffix('市')}{name}"):
        assert division.county_code in county_by_name(text).values
    assert division.county_code in county_by_name(name, prefecture).values
    within = county_within(f"{division.county_code}_{name}_2017-12")
    assert within is not None
    assert division.county_code in within.values


@pytest.mark.parametrize(
    ("text", "prefecture", "values"),
    [
        ("天镇县", None, {TIANZHEN}),
        ("天镇", None, {TIANZHEN}),
        ("天 镇 县", None, {TIANZHEN}),
        ("大同市天镇县", None, {TIANZHEN}),
        ("大同天镇县", None, {TIANZHEN}),
        ("大同天镇", None, {TIANZHEN}),
        ("天镇县", "大同市", {TIANZHEN}),
        ("天镇县", "长治市", {TIANZHEN}),
        ("山西省大同市天镇县", None, {TIANZHEN}),
        ("天镇县扶贫办", None, {TIANZHEN}),
        ("天镇县扶贫开发办公室", None, {TIANZHEN}),
        ("天镇扶贫办", None, set()),
        ("无此县", None, set()),
        ("", None, set()),
        ("县", None, set()),
        ("天", None, set()),
    ],
)
def test_a_name_means_those_that_are_called_so(text: str, prefecture: str | None, values: set[str]) -> None:
    assert county_by_name(text, prefecture).values == values


def test_a_name_that_several_have_means_each_of_them_until_its_prefecture_is_said() -> None:
    districts = codes("城区")
    assert len(districts) > 1
    assert county_by_name("城区").values == districts
    for division in (d for d in BOOK.divisions if d.name_zh == "城区"):
        own = {
            d.county_code for d in BOOK.divisions if (d.name_zh, d.prefecture_zh) == ("城区", division.prefecture_zh)
        }
        assert county_by_name("城区", division.prefecture_zh).values == own


def test_a_prefecture_s_name_means_each_of_its_counties() -> None:
    assert county_by_name("大同市").values == BY_PREFECTURE[DATONG]


def test_what_may_be_a_prefecture_as_well_as_a_county_means_all_of_them() -> None:
    county = codes("大同县")
    assert county
    assert county_by_name("大同").values >= county
    assert county_by_name("大同县").values == county


# --- names of files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (f"{TIANZHEN}_天镇县_2018-06", {TIANZHEN}),
        (f"{TIANZHEN}", {TIANZHEN}),
        ("天镇县金融扶贫统计表", {TIANZHEN}),
        ("天镇报表", {TIANZHEN}),
        ("2017年天镇12月", {TIANZHEN}),
        ("大同市天镇县", {TIANZHEN}),
        ("天镇县大同市", {TIANZHEN}),
        (f"{TIANZHEN}_{YANGGAO}", None),
        ("天镇县阳高县", None),
        (f"{TIANZHEN}阳高县", set()),
        ("大同", None),
        ("999999", None),
        ("1402221", None),
        (f"1{TIANZHEN}", None),
        ("汇总表", None),
        ("", None),
    ],
)
def test_a_file_s_name_says_a_county_where_it_says_one(name: str, values: set[str] | None) -> None:
    claim = county_within(name, "表")
    if values is None:
        assert claim is None
    else:
        assert claim is not None
        assert claim.values == values
        assert (claim.text, claim.sheet, claim.cell) == (name, "表", None)


def test_a_short_word_that_is_part_of_another_name_is_no_county() -> None:
    assert county_within("天镇县城区小学") == Claim("天镇县城区小学", frozenset((TIANZHEN,)))


# --- agreement -----------------------------------------------------------------------------------------------------


def claim(*values: str, text: str = "said") -> Claim:
    return Claim(text, frozenset(values))


@pytest.mark.parametrize(
    ("claims", "value", "fault"),
    [
        ([], None, None),
        ([(TIANZHEN,)], TIANZHEN, None),
        ([(TIANZHEN,), (TIANZHEN, YANGGAO)], TIANZHEN, None),
        ([(TIANZHEN, YANGGAO), (TIANZHEN,)], TIANZHEN, None),
        ([(TIANZHEN, YANGGAO), (TIANZHEN, YANGGAO)], None, "county_unclear"),
        ([(TIANZHEN,), (YANGGAO,)], TIANZHEN, "county_disagrees"),
        ([(TIANZHEN,), (YANGGAO,), (TIANZHEN,)], TIANZHEN, "county_disagrees"),
        ([(TIANZHEN, YANGGAO), ("140221",), (TIANZHEN,)], "140221", "county_disagrees"),
        ([(TIANZHEN,), ()], None, "county_unclear"),
        ([()], None, "county_unclear"),
        ([("999999",)], "999999", None),
        ([("999999",), (TIANZHEN,)], "999999", "county_disagrees"),
    ],
)
def test_what_claims_of_a_county_come_to(claims: list[tuple[str, ...]], value: str | None, fault: str | None) -> None:
    agreed = agree_county([claim(*values) for values in claims], "2017-12")
    assert (agreed.value, agreed.fault) == (value, fault)


def test_the_first_that_contradicts_is_said_with_what_the_others_said() -> None:
    said = [claim(TIANZHEN), claim(TIANZHEN, YANGGAO), claim(YANGGAO, text="阳高县")]
    agreed = agree_county(said, "2017-12")
    assert agreed == Agreement(TIANZHEN, "county_disagrees", "阳高县", f"{TIANZHEN} 大同市天镇县", said[2])


def test_a_name_that_none_has_is_said_before_any_contradiction() -> None:
    said = [claim(TIANZHEN), claim(YANGGAO), claim(text="无此县")]
    agreed = agree_county(said, "2017-12")
    assert (agreed.fault, agreed.found, agreed.expected) == (
        "county_unclear", "无此县", "县(市、区)名称 the name of a county",
    )  # fmt: skip
    assert agreed.claim is said[2]


def test_those_that_may_be_meant_are_named_in_order() -> None:
    agreed = agree_county([claim(YANGGAO, TIANZHEN)], "2017-12")
    assert agreed.expected == "140221 大同市阳高县; 140222 大同市天镇县"


def successions() -> list[tuple[str, str]]:
    """Each county that became one other alone, and that other."""
    known = {d.county_code for d in BOOK.divisions}
    pairs = [(d.county_code, d.successor_codes[0]) for d in BOOK.divisions if d.succession == "renamed"]
    return [(old, new) for old, new in pairs if new in known and old != new]


@pytest.mark.parametrize(("old", "new"), successions())
def test_of_a_county_and_what_it_became_the_one_in_force_is_meant(old: str, new: str) -> None:
    for period in ("2016-12", "2018-03", "2018-04", "2018-10", "2018-11", "2019-12"):
        (left,) = {old, new} & {d.county_code for d in BOOK.in_force(period)}
        assert agree_county([claim(old, new)], period).value == left, period
    assert agree_county([claim(old, new)], None).value is None


def test_of_two_that_have_nothing_to_do_with_each_other_none_is_chosen_though_one_is_no_more() -> None:
    gone = {d.county_code for d in BOOK.divisions} - {d.county_code for d in BOOK.in_force("2019-12")}
    stranger = next(
        code
        for code in sorted(gone)
        if all(TIANZHEN not in d.successor_codes for d in BOOK.divisions if d.county_code == code)
    )
    agreed = agree_county([claim(stranger, TIANZHEN)], "2019-12")
    assert (agreed.value, agreed.fault) == (None, "county_unclear")


def test_a_period_that_several_claims_leave_open_is_not_chosen() -> None:
    agreed = agree_period([claim("2017-11", "2017-12")])
    assert (agreed.value, agreed.fault, agreed.expected) == (None, "period_disagrees", "2017-11 | 2017-12")


def test_a_text_that_is_no_period_is_a_fault_of_the_cover() -> None:
    said = claim(text="某月")
    agreed = agree_period([claim("2017-12"), said])
    assert (agreed.value, agreed.fault, agreed.found) == (None, "cover_incomplete", "某月")
    assert agreed.claim is said
    assert agreed.expected == "报告期 a period like 2017-12"
