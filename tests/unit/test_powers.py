"""Powers of ten: what is named and proposed for a number that fits neither past nor peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations.companions import ExpectedBounds
from expectations.suites import rules_for
from expectations.validation.checkpoint import Failure
from expectations.validation.powers import with_powers
from expectations.validation.rule_findings import rule_findings
from tests.unit.test_rule_findings import FORM, PERIOD, batch
from warehouse.messages.finding import Finding


def asked(column: str, value: float, rule: str = "growth_outlier", **bounds: float | None) -> Finding:
    """What is said of a value by a rule, with the bounds of past and peers that there are."""
    names = ("expected", "growth_low", "growth_high", "level_low", "level_high")
    own: Mapping[str, Any] = {f"{name}_{column}": bounds.get(name) for name in names}
    one = batch({column: value})
    joined = one.rows.with_columns(pl.lit(bound, pl.Float64).alias(name) for name, bound in own.items())
    one = replace(one, rows=joined, companions=(ExpectedBounds(FORM.columns),))
    (failing,) = (r for r in rules_for(FORM, PERIOD) if r.rule == rule)
    (place,) = (n for n, check in enumerate(failing.checks) if column in check.columns)
    (found,) = with_powers(rule_findings([Failure(failing, place, (0,))], one), one)
    return found


GROWN = {"expected": 1_000_000.0, "growth_low": 600_000.0, "growth_high": 1_500_000.0}


@pytest.mark.parametrize(
    ("value", "proposed", "how", "zh", "en"),
    [
        (9_876_540_000, "987654", "unit", "疑似以元填在万元栏,则应为 98.7654 万元。", "yuan under 万元: then it is"),
        (120, "1200000", "unit", "疑似以亿元填在万元栏", "亿元 under 万元"),
        (9_876_500, "987650", "power_of_ten", "疑似多出 1 位", "10 times too much: then it is 98.765 万元."),
        (9_800, "980000", "power_of_ten", "疑似少了 2 位", "100 times too little"),
    ],
)  # fmt: skip
def test_the_power_that_fits_is_named_and_proposed(value: int, proposed: str, how: str, zh: str, en: str) -> None:
    found = asked("loan_amount_yuan", value, **GROWN)
    assert [(c.value, c.how, c.found, c.cell) for p in found.proposals for c in p.changes] == [
        (proposed, how, str(value), "B7")
    ]
    assert zh in found.message_zh
    assert en in found.message_en


def test_nothing_is_named_where_no_power_fits() -> None:
    for value in (4_000_000, 0):
        found = asked("loan_amount_yuan", value, **GROWN)
        assert (found.proposals, "疑似" in found.message_zh) == ((), False)


def test_a_power_has_to_fit_the_level_too() -> None:
    level = {"level_low": 2_000_000.0, "level_high": 9_000_000.0}
    assert not asked("loan_amount_yuan", 9_876_540_000, **GROWN, **level).proposals


def test_a_number_that_the_form_cannot_have_is_not_proposed() -> None:
    """A tenth of 15 households."""
    bounds = {"expected": 1.6, "growth_low": 0.0, "growth_high": 5.0}
    assert not asked("loan_households", 15, **bounds).proposals
    assert asked("loan_households", 20, **bounds).proposed == "AA7: 20 -> 2"


def test_of_several_the_nearest_to_what_is_expected_comes_first() -> None:
    wide = {"expected": 90_000.0, "level_low": 9_000.0, "level_high": 900_000.0}
    found = asked("loan_amount_yuan", 2_000_000_000, "level_outlier", **wide)
    assert [Decimal(p.changes[0].value) for p in found.proposals] == [200_000, 20_000]


def test_what_is_more_than_a_county_can_have_is_looked_at_too() -> None:
    found = asked("loan_amount_yuan", 10**14, "county_ceiling", **GROWN)
    assert found.proposed == "B7: 100000000000000 -> 1000000"
