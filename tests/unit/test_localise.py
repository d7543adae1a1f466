"""Which cells of a row are to blame, and what they may have been meant to say: by hand, for each thing that is hard."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from expectations.analysis.rule_versions import SuiteVersions
from expectations.linear import localise
from expectations.linear.correction import RowCase, RowCorrections
from expectations.linear.row_rules import RowRules
from tests.builders import BOOK, row

LOANS = {
    "loan_households": 4_000, "loan_amount_yuan": 183_470_000, "household_use_amount_yuan": 120_000_000,
    "partnership_amount_yuan": 63_470_000,
}  # fmt: skip
VILLAGES = {"villages_planned": 30, "villages_started": 24, "villages_completed": 13, "villages_demolished": 5}
INCOME = {
    "rural_population": 250_000, "income_per_capita": Decimal(9_973), "income_wages": Decimal(5_000),
    "income_business": Decimal(2_500), "income_property": Decimal(473), "income_transfers": Decimal(2_000),
}  # fmt: skip

TWICE = {**VILLAGES, "villages_completed": 130, "persons_identified": 83, "persons_housed": 790, "persons_moved_in": 77}


def corrected(dataset: str, period: str = "2017-12", **values: Any) -> RowCorrections:
    """What is said of a row with these values, companions' among them; zero in all other required cells."""
    form = BOOK.datasets[dataset]
    schema = SuiteVersions.of(form).columns(BOOK)
    own = {column: value for column, value in values.items() if column in form.columns}
    critical, queries = (RowRules.of(form, period, schema, (severity,)) for severity in ("critical", "warning"))
    return RowCase.of(critical, queries, row(dataset, **own) | values).corrected()


def first(found: RowCorrections) -> list[tuple[str, float, str]]:
    """The changes of the likeliest proposal."""
    return [(change.column, float(change.value), change.how) for change in found.corrections[0].changes]


def test_a_sum_that_does_not_come_out_puts_its_parts_and_itself_in_question_and_finds_the_slip() -> None:
    found = corrected("finance", **{**LOANS, "partnership_amount_yuan": 64_370_000})
    assert found.cells == (
        ("household_use_amount_yuan",), ("partnership_amount_yuan",), ("loan_amount_yuan",),
    )  # fmt: skip
    assert first(found) == [("partnership_amount_yuan", 63_470_000, "transposed")]
    assert found.rules == {"loan_parts"}


def test_yuan_beside_households_scale_however_far_a_value_is_off() -> None:
    wrong = LOANS["household_use_amount_yuan"] * 100_000_000
    found = corrected("finance", **{**LOANS, "household_use_amount_yuan": wrong})
    assert found.cells == (("household_use_amount_yuan",),)
    assert first(found) == [("household_use_amount_yuan", 120_000_000, "unit")]


def test_a_difference_within_the_rounding_is_none_and_beyond_it_a_value_in_its_middle_is_implied() -> None:
    poor = {**INCOME, "poor_persons_opening": 1_250, "poor_persons_closing": 1_250}
    assert corrected("outcomes", **poor, poverty_headcount_ratio=Decimal("0.5")).rules == frozenset()
    found = corrected("outcomes", **poor, poverty_headcount_ratio=Decimal("0.6"))
    assert ("poverty_headcount_ratio", 0.5, "one_digit") in {
        (c.column, float(c.value), c.how) for one in found.corrections for c in one.changes
    }


def test_a_blank_cell_hides_no_fault_of_its_neighbours() -> None:
    # The first may be no more than the last, whatever stands between them.
    found = corrected(
        "relocation", **{**VILLAGES, "villages_completed": None, "villages_demolished": 31, "villages_started": 20}
    )
    assert found.cells == (("villages_demolished",),)
    assert found.outcome == "found"


def test_a_blank_cell_is_part_of_no_correction() -> None:
    found = corrected("relocation", **{**VILLAGES, "villages_started": None, "villages_completed": 310})
    assert {column for cells in found.cells for column in cells} == {"villages_completed", "villages_planned"}


def test_what_another_form_says_is_proposed() -> None:
    register = {f"register_{column}": value for column, value in VILLAGES.items()}
    found = corrected("relocation", **{**VILLAGES, "villages_started": 42}, **register)
    assert found.cells == (("villages_started",),)
    assert first(found) == [("villages_started", 24, "transposed")]


def test_a_county_that_contradicts_its_register_and_its_past_cannot_be_set_right_here() -> None:
    found = corrected("relocation", **VILLAGES, register_villages_started=20, last_villages_started=22)
    assert (found.outcome, found.cells, found.corrections) == ("none", (), ())


def test_a_condition_on_a_cell_is_a_way_to_satisfy_the_rule() -> None:
    found = corrected("finance", **{**LOANS, "loan_households": 0})
    assert found.cells == (("loan_households",),)
    assert found.rules >= {"none_or_both"}


def test_two_slips_take_two_cells() -> None:
    found = corrected("relocation", **TWICE)
    assert ("persons_housed", "villages_completed") in found.cells
    assert all(len(cells) == 2 for cells in found.cells)
    assert sorted(first(found)) == [("persons_housed", 79, "power_of_ten"), ("villages_completed", 13, "power_of_ten")]


def test_two_columns_that_were_swapped_are_one_slip() -> None:
    found = corrected("relocation", **{**VILLAGES, "villages_started": 13, "villages_completed": 24})
    swapped = [("villages_started", 24, "swapped"), ("villages_completed", 13, "swapped")]
    assert swapped in [[(c.column, float(c.value), c.how) for c in one.changes] for one in found.corrections]


@pytest.mark.parametrize(("column", "meant"), [("villages_started", 42), ("villages_completed", 24)])
def test_what_is_expected_decides_between_values_that_all_satisfy_the_rules(column: str, meant: int) -> None:
    wrong = {"villages_planned": 50, "villages_started": 24, "villages_completed": 42, "villages_demolished": 5}
    found = corrected("relocation", **wrong, **{f"expected_{column}": meant + 0.4})
    assert first(found) == [(column, meant, "transposed")]


def test_no_answer_within_the_steps_allowed_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(localise, "MOST_ROUNDS", 0)
    found = corrected("relocation", **TWICE)
    assert (found.outcome, found.cells) == ("no_answer_in_time", ())


def test_a_row_that_breaks_nothing_has_nothing_to_correct() -> None:
    assert corrected("finance", **LOANS) == RowCorrections("none", (), (), frozenset())
