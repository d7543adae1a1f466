"""Periods as clerks write them: every way that is understood, and at each edge the one that is not."""

from __future__ import annotations

import pytest

from warehouse.intake.ownership.claims import agree_period, period_within
from warehouse.intake.ownership.periods import FIRST_YEAR, LAST_YEAR, parse_period, periods_within


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2017-12", "2017-12"),
        ("2017-1", "2017-01"),
        ("2017-01", "2017-01"),
        ("2017-12-31", "2017-12"),
        ("2017-12-1", "2017-12"),
        ("2017-12-31 00:00:00", "2017-12"),
        ("2017.12", "2017-12"),
        ("2017.2", "2017-02"),
        ("2017.01", "2017-01"),
        ("2017.10", "2017-10"),
        ("2017.12.31", "2017-12"),
        ("2017.1.31", "2017-01"),
        ("2017/6", "2017-06"),
        ("2017/06/30", "2017-06"),
        ("2017_06", "2017-06"),
        ("2017_06_30", "2017-06"),
        ("2017年12月", "2017-12"),
        ("2017年1月", "2017-01"),
        ("2017年01月", "2017-01"),
        ("2017年12月份", "2017-12"),
        ("2017年12月底", "2017-12"),
        ("2017年12月末", "2017-12"),
        ("2017年12月31日", "2017-12"),
        ("2017 年 12 月", "2017-12"),
        ("２０１７年１２月", "2017-12"),
        ("2017年1-12月", "2017-12"),
        ("2017年1—6月", "2017-06"),
        ("2017年1~6月", "2017-06"),
        ("2017年1至9月", "2017-09"),
        ("201712", "2017-12"),
        ("201701", "2017-01"),
        ("20171231", "2017-12"),
        ("20170101", "2017-01"),
        ("2017年第一季度", "2017-03"),
        ("2017年二季度", "2017-06"),
        ("2017年第3季度", "2017-09"),
        ("2017第四季度", "2017-12"),
        ("2017年Q1", "2017-03"),
        ("2017Q2", "2017-06"),
        ("2017q3", "2017-09"),
        ("2017年q4", "2017-12"),
        ("2017年上半年", "2017-06"),
        ("2017年下半年", "2017-12"),
        ("2017年全年", "2017-12"),
        ("0000-01", "0000-01"),
        ("9999-12", "9999-12"),
    ],
)
def test_what_is_a_period(text: str, period: str) -> None:
    assert parse_period(text) == period


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ",
        "2017",
        "2017年",
        "12月",
        "2017-13",
        "2017-00",
        "2017-0",
        "2017-12-32",
        "2017-12-00",
        "2017-12-31 12:00:00",
        "2017.1",
        "2016.1",
        "2017.13",
        "2017/12.31",
        "2017.12/31",
        "2017_12-31",
        "2017年13月",
        "2017年0月",
        "2017年12月32日",
        "2017年2-12月",
        "2017年1-13月",
        "20171",
        "201713",
        "201700",
        "20171232",
        "20171200",
        "2017120",
        "2017年第五季度",
        "2017年第0季度",
        "2017年季度",
        "2017Q5",
        "2017Q0",
        "2017上半年",
        "2017年中",
        "17-12",
        "17年12月",
        "x2017-12",
        "2017-12x",
        "报告期2017-12",
        "2017-12,2018-01",
        "一七年十二月",
    ],
)
def test_what_is_none(text: str | None) -> None:
    assert parse_period(text) is None


@pytest.mark.parametrize(
    ("name", "periods"),
    [
        ("140222_天镇县_2017-12", {"2017-12"}),
        ("天镇县2017年12月报表", {"2017-12"}),
        ("天镇县2017年1-12月报表", {"2017-12"}),
        ("天镇县201712", {"2017-12"}),
        ("天镇县2017年第四季度", {"2017-12"}),
        ("天镇县2017上半年", set()),
        ("2017年上半年天镇", {"2017-06"}),
        ("2017-11和2017-12", {"2017-11", "2017-12"}),
        ("2017年12月、2018年1月", {"2017-12", "2018-01"}),
        ("2017-12_2017年12月", {"2017-12"}),
        ("2017-12 2017年12月", set()),
        ("140222", set()),
        ("140205", set()),
        ("2017-12-31", {"2017-12"}),
        ("2017-12-30", set()),
        ("20171231", {"2017-12"}),
        ("20171230", set()),
        ("2018年2月28日", {"2018-02"}),
        ("2018年2月27日", set()),
        ("2016年2月29日", {"2016-02"}),
        ("2016年2月28日", set()),
        ("2018年6月30日", {"2018-06"}),
        ("2018年6月29日", set()),
        ("12017-12", set()),
        ("2017-121", set()),
        ("2017-12-311", {"2017-12"}),
        ("报表(2017.12)", {"2017-12"}),
        ("", set()),
        ("天镇县", set()),
    ],
)
def test_periods_within_a_name(name: str, periods: set[str]) -> None:
    assert periods_within(name) == periods


@pytest.mark.parametrize(
    ("year", "read"), [(FIRST_YEAR - 1, False), (FIRST_YEAR, True), (LAST_YEAR, True), (LAST_YEAR + 1, False)]
)
def test_within_a_name_a_year_is_one_of_living_memory(year: int, read: bool) -> None:  # noqa: FBT001
    assert periods_within(f"天镇县{year}年12月") == ({f"{year}-12"} if read else set())
    assert parse_period(f"{year}年12月") == f"{year}-12", "where it is called a period it is one"


def test_of_a_day_no_other_month_is_read() -> None:
    assert periods_within("2017-12-31-01-30") == {"2017-12"}
    assert periods_within("2017.11.30") == {"2017-11"}


@pytest.mark.parametrize(("name", "claimed"), [("2017-12", True), ("2017-11 2017-12", False), ("x", False)])
def test_a_name_claims_a_period_where_it_says_one(name: str, claimed: bool) -> None:  # noqa: FBT001
    claim = period_within(name, "表")
    assert (claim is not None) == claimed
    if claim:
        assert (claim.text, claim.values, claim.sheet, claim.cell) == (name, frozenset((name,)), "表", None)


@pytest.mark.parametrize(
    ("names", "value", "fault", "found", "expected"),
    [
        ([], None, None, "", ""),
        (["2017-12"], "2017-12", None, "", ""),
        (["2017-12", "2017年12月"], "2017-12", None, "", ""),
        (["2017-12", "2017-11"], "2017-12", "period_disagrees", "2017-11", "2017-12"),
        (["2017-12", "2017-11", "2017-10"], "2017-12", "period_disagrees", "2017-11", "2017-12"),
    ],
)
def test_all_that_claim_a_period_must_agree(
    names: list[str], value: str | None, fault: str | None, found: str, expected: str
) -> None:
    claims = [claim for name in names if (claim := period_within(name))]
    agreed = agree_period(claims)
    assert (agreed.value, agreed.fault, agreed.found, agreed.expected) == (value, fault, found, expected)
