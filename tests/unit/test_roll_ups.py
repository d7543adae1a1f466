"""Relations on sums, rules about whole returns, peers: what is judged beside the rows of one return."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    GUANGLING,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    loans,
    mart,
    night,
    row,
    send,
    verdicts,
    village,
)
from warehouse.store.files import Root

PERIOD = "2017-12"
DAY = date(2017, 6, 1)


def funds(allocated: int, received: int, **values: int) -> dict[str, int]:
    return row(
        "funds",
        fiscal_allocated_yuan=allocated,
        provincial_allocated_yuan=allocated,
        fiscal_received_yuan=received,
        **values,
    )


def sums(root: Root, dataset: str, rule: str, period: str = PERIOD) -> dict[str, Any]:
    """By level: counties counted, checks passed and failed."""
    found = mart(root, "mart_roll_up_quality").filter(dataset=dataset, rule=rule, period=period)
    return {r["level"]: (r["counties_counted"], r["passed"], r["failed"]) for r in found.iter_rows(named=True)}


def test_a_county_in_excess_shows_in_its_prefecture_and_is_made_up_for_in_the_province(root: Root, inbox: Path) -> None:
    elsewhere = "140428"  # another prefecture
    send(
        inbox,
        given(YANGGAO, PERIOD, "funds", funds(100, 150)),
        given(TIANZHEN, PERIOD, "funds", funds(100, 100)),
        given(elsewhere, PERIOD, "funds", funds(1000, 500)),
    )
    assert night(root, inbox).accepted_with_queries == 1
    # Two relations a chain would be one check: received <= allocated fails in 140200, nowhere else.
    assert sums(root, "funds", "funds_funnel") == {"prefecture": (2, 1, 1), "province": (3, 1, 0)}
    failing = mart(root, "mart_roll_up_quality").filter(dataset="funds", rule="funds_funnel", level="prefecture")
    assert failing["failing"].item().startswith("140200 大同市: fiscal_spent_yuan = 0; fiscal_received_yuan = 250")


def test_a_quarantined_county_is_not_in_the_sums(root: Root, inbox: Path) -> None:
    bad = funds(100, 900) | {"provincial_allocated_yuan": 5}
    send(inbox, given(YANGGAO, PERIOD, "funds", bad), given(TIANZHEN, PERIOD, "funds", funds(100, 100)))
    assert night(root, inbox).quarantined == 1
    assert sums(root, "funds", "funds_funnel") == {"prefecture": (1, 1, 0), "province": (1, 1, 0)}


def test_sums_are_of_all_counties_that_count_not_of_those_of_the_night(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", given(YANGGAO, PERIOD, "funds", funds(100, 150))).parent)
    assert sums(root, "funds", "funds_funnel")["province"] == (1, 0, 1)
    night(root, send(inbox / "2", given(TIANZHEN, PERIOD, "funds", funds(100, 20))).parent)
    assert sums(root, "funds", "funds_funnel")["province"] == (2, 1, 0)


def test_temporal_rules_on_sums_look_at_counties_present_in_both_periods(root: Root, inbox: Path) -> None:
    """The province lent less in December because a county is missing: that is no fall."""
    send(
        inbox,
        loans(finance(2000), period="2017-11"),
        loans(finance(9000), period="2017-11", county=TIANZHEN),
        loans(finance(2500)),
        loans(finance(100), county=GUANGLING),
    )
    night(root, inbox)
    counted, passed, failed = sums(root, "finance", "year_to_date_never_falls")["province"]
    assert (counted, failed) == (1, 0)
    assert passed > 0


def test_rules_that_make_no_sense_of_sums_are_not_asked_of_them(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(2000))))
    asked = set(mart(root, "mart_roll_up_quality")["rule"])
    assert "loan_parts" in asked
    assert not asked & {"not_negative", "required_present", "key_unique", "growth_outlier", "peer_outlier"}


# --- returns as a whole --------------------------------------------------------------------------------------------


def register(county: str, period: str, villages: int) -> list[Any]:
    rows = [village(f"{county}{n:03}", DAY) for n in range(villages)]
    counts = {"villages_planned": villages, "villages_started": villages}
    return [
        given(county, period, "relocation_villages", *rows),
        given(county, period, "relocation", row("relocation", **counts)),
    ]


def decided(root: Root, period: str = PERIOD) -> dict[str, str]:
    return {key[3]: verdict for key, (verdict, _) in verdicts(root).items() if key[2] == period}


@pytest.mark.parametrize("villages", [0, 1])
def test_a_register_that_shrinks_is_quarantined_though_it_be_nil(root: Root, inbox: Path, villages: int) -> None:
    send(inbox, *register(YANGGAO, "2017-11", 2), *register(YANGGAO, PERIOD, villages))
    night(root, inbox)
    assert decided(root)["relocation_villages"] == "quarantined"
    (found,) = mart(root, "mart_findings").filter(rule="register_never_shrinks").rows(named=True)
    assert found["found"] == f"rows = {villages}; rows_before = 2"
    assert found["file"]
    quality = mart(root, "mart_quality").filter(rule="register_never_shrinks").sort("period")
    assert quality.select("passed", "failed", "not_evaluated").rows() == [(0, 0, 1), (0, 1, 0)]


@pytest.mark.parametrize("villages", [2, 3])
def test_a_register_that_stays_or_grows_is_accepted(root: Root, inbox: Path, villages: int) -> None:
    send(inbox, *register(YANGGAO, "2017-11", 2), *register(YANGGAO, PERIOD, villages))
    assert night(root, inbox).quarantined == 0


def test_other_datasets_are_not_held_to_the_register_s_rule(root: Root, inbox: Path) -> None:
    night(root, send(inbox, *register(YANGGAO, "2017-11", 2), loans(finance())))
    rules = mart(root, "mart_quality").filter(rule="register_never_shrinks")
    assert set(rules["dataset"]) == {"relocation_villages"}
