"""What the rules demand of a row: forms over its own cells, with what they are compared with put in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.expressions import Linear
from expectations.linear.row_rules import RowDemand, RowRules, substituted, worth
from tests.builders import BOOK, row

VILLAGES = {"villages_planned": 30, "villages_started": 20, "villages_completed": 10, "villages_demolished": 5}


def rules_of(dataset: str, period: str = "2017-12") -> RowRules:
    schema = SuiteVersions.of(BOOK.datasets[dataset]).columns(BOOK)
    return RowRules.of(BOOK.datasets[dataset], period, schema)


def demands(dataset: str, **values: Any) -> tuple[RowDemand, ...]:
    """What is demanded of a row with these values, companions' among them."""
    own = {c: v for c, v in values.items() if c in BOOK.datasets[dataset].columns}
    return rules_of(dataset).of_row(row(dataset, **own) | values)


def broken(dataset: str, **values: Any) -> set[str]:
    numbers = rules_of(dataset).numbers(row(dataset, **{c: v for c, v in values.items() if "last_" not in c}))
    return {one.rule.rule for one in demands(dataset, **values) if one.broken(numbers)}


def test_what_a_row_is_compared_with_is_part_of_a_constant() -> None:
    found = demands("relocation", **VILLAGES, last_villages_started=19)
    (rise,) = (one for one in found if one.rule.rule == "relocation_never_falls")
    assert rise.form == {("villages_started",): 1, (): -19}
    assert worth(rise.form, {"villages_started": Fraction(20)}) == 1


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_what_is_compared_with_nothing_demands_nothing(missing: float | None) -> None:
    rules = {one.rule.rule for one in demands("relocation", **VILLAGES, last_villages_started=missing)}
    assert "relocation_never_falls" not in rules
    assert "relocation_funnel" in rules


def test_own_cells_stay_unknown_also_where_they_are_blank() -> None:
    found = demands("relocation", **{**VILLAGES, "villages_completed": None})
    funnel = [set(one.columns) for one in found if one.rule.rule == "relocation_funnel"]
    assert {"villages_completed", "villages_demolished"} in funnel


def test_half_a_unit_of_rounding_is_kept_exactly() -> None:
    kept = {"rural_population": 3, "poor_persons_opening": 1, "poor_persons_closing": 1}
    assert broken("outcomes", **kept, poverty_headcount_ratio=Decimal("33.3")) == set()
    assert broken("outcomes", **kept, poverty_headcount_ratio=Decimal("33.4")) == {"headcount_ratio"}


def test_where_nothing_is_divided_by_nothing_is_evaluated() -> None:
    assert broken("outcomes", poverty_headcount_ratio=Decimal(50)) == set()


def test_a_condition_on_a_number_of_the_row_is_looked_up_when_the_number_is_known() -> None:
    found = [one for one in demands("finance") if one.rule.rule == "none_or_both"]
    assert {one.when.column for one in found if one.when} == {"loan_households", "loan_amount_yuan"}
    assert broken("finance", loan_amount_yuan=5, household_use_amount_yuan=5) == {"none_or_both", "loan_cap"}
    assert broken("finance") == set()


def test_days_and_texts_demand_nothing_of_numbers() -> None:
    found = demands("relocation_villages", started_on=date(2017, 1, 1), completed_on=date(2016, 1, 1))
    assert {one.rule.rule for one in found} == {"not_negative", "county_ceiling"}


def test_a_ratio_that_is_a_cell_is_linear_in_each_cell_and_not_in_all() -> None:
    (upper, lower) = (one for one in demands("outcomes") if one.rule.rule == "headcount_ratio")
    assert (upper.linear, lower.linear) == (None, None)
    assert upper.positive == ({("rural_population",): 1},)
    in_each = substituted(upper.form, {"rural_population": Fraction(3), "poor_persons_closing": Fraction(1)})
    assert {len(monomial) for monomial in in_each} == {0, 1}


def test_a_bound_over_peers_is_linear_once_it_is_known() -> None:
    schema = SuiteVersions.of(BOOK.datasets["finance"]).columns(BOOK)
    rules = RowRules.of(BOOK.datasets["finance"], "2017-12", schema, ("warning",))
    found = rules.of_row(row("finance") | {"peers_low": 10000.0, "peers_high": 40000.0})
    forms = [one.linear for one in found if one.rule.rule == "peer_outlier"]
    assert Linear({"loan_amount_yuan": Fraction(1), "loan_households": Fraction(-10000)}, Fraction(0)) in forms
