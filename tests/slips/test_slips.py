"""A few hundred slips, held to what is asked of them; and that slips are what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest

from tests.builders import BOOK, YANGGAO, given, row
from tests.slips.kinds import KINDS, Beside, Slip, plant
from tests.slips.measure import Night, Province, is_right
from tests.slips.page import goals
from tests.slips.run import JUDGED, SEEDS
from warehouse.messages.finding import Change, Proposal
from warehouse.synthetic import PERIODS, Value, build_returns

NOBODY = Beside(None, None)


@pytest.fixture(scope="module")
def province() -> Province:
    """The clean province of the demo, as it is when the last period is judged."""
    return Province(SEEDS[0], JUDGED[-1], build_returns(SEEDS[0], PERIODS))


@pytest.fixture(scope="module")
def night(province: Province) -> Night:
    """It, with slips in two tenths of its returns."""
    return province.in_a_tenth(0, tuple(KINDS)) + province.in_a_tenth(1, tuple(KINDS))


@pytest.fixture(scope="module")
def measured(night: Night) -> Mapping[str, float]:
    """What was measured of each goal, in percent."""
    return dict(goals(night).select("goal", "measured %").iter_rows())


def test_a_few_hundred_slips_of_all_kinds_and_forms_are_planted(night: Night) -> None:
    assert night.slips.height > 300
    assert set(night.slips["kind"]) == set(KINDS)
    assert set(night.slips["dataset"]) >= BOOK.datasets.keys() - {"policy"}


def test_a_slip_changes_the_cells_that_it_says_and_no_others(province: Province) -> None:
    for kind in KINDS:
        for (dataset, _), one in list(province.returns.items())[::7]:
            slip = plant(kind, one, Beside(one, one), Random(1))
            if slip:
                changed = {
                    (n, column): value
                    for n, values in enumerate(one.rows)
                    for column, value in values.items()
                    if slip.wrong.rows[n][column] != value
                }
                assert changed == slip.true, (kind, dataset)
                assert replace(slip.wrong, rows=one.rows) == one


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("x10", {124_000}), ("tenth", {1_240}), ("x10^4", {124_000_000}), ("sign", {-12_400}), ("transposed", {14_200}),
        ("dropped", {12_000, 14_000}), ("doubled", {112_400, 12_240, 12_440}),
    ],
)  # fmt: skip
def test_digits_slip_in_the_unit_that_the_clerk_types(kind: str, stored: set[int]) -> None:
    one = given(YANGGAO, "2017-12", "funds", row("funds", fiscal_spent_yuan=12_400))  # 1.24 万元
    assert {_spent(plant(kind, one, NOBODY, Random(n))) for n in range(20)} == stored


def _spent(slip: Slip | None) -> Value:
    assert slip
    return slip.wrong.rows[0]["fiscal_spent_yuan"]


def test_another_place_gives_its_value() -> None:
    one, other = (given(YANGGAO, "2017-12", "motivation", row("motivation", participants=n)) for n in (12, 34))
    for kind, beside in (("row", Beside(None, other)), ("last", Beside(other, None)), ("county", Beside(None, other))):
        slip = plant(kind, one, beside, Random(1))
        assert slip
        assert slip.wrong == other
        assert slip.true == {(0, "participants"): 12}


@pytest.mark.parametrize(
    ("kind", "proposed", "right"),
    [("x10", 123, True), ("x10", 124, False), ("tenth", 120, True), ("tenth", 123, True), ("tenth", 130, False)],
)
def test_the_right_value_is_what_was_true_but_for_the_digits_that_a_tenth_lost(
    kind: str,
    proposed: int,
    right: bool,  # noqa: FBT001
) -> None:
    slip = plant(kind, given(YANGGAO, "2017-12", "motivation", row("motivation", participants=123)), NOBODY, Random(1))
    assert slip
    change = Change(cell="B2", indicator="participants", found=None, value=str(proposed), how=kind)
    assert is_right(Proposal(changes=(change,)), slip) is right
    assert not is_right(Proposal(changes=(change, change.model_copy(update={"cell": "C2"}))), slip)


def test_as_much_is_said_of_slips_as_is_asked_though_little_is_known_of_the_past(measured: Mapping[str, float]) -> None:
    assert measured["silent: ten times too much"] <= 8
    assert measured["silent: yuan below 万元 and the reverse"] <= 6
    assert measured["silent: two digits transposed"] <= 65
    assert measured["clean cells questioned"] <= 0.3
    assert measured["cell named where anything is said"] >= 95
    assert measured["right value first: powers of ten"] >= 80
    assert measured["right value first: transpositions that break a critical rule"] >= 60
    assert measured["error carried by the first tenth of the findings"] >= 90
