"""A few hundred mutants in each run of the tests; `make fuzz` reads thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import YANGGAO, receipt_of
from tests.fuzz.compare import Given, Outcome, outcome
from tests.fuzz.mutants import MUTATIONS, Mutant, mutant
from tests.fuzz.originals import Original, originals
from tests.fuzz.run import compared
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.sandbox.reader_pool import NOT_READ

SEEDS = range(20_000, 20_600)
KEY = ("finance", YANGGAO, "2017-12")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[Original]:
    return originals(tmp_path_factory.mktemp("originals"))


@pytest.fixture(scope="module")
def done(given: list[Original], tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    return compared(given, SEEDS, tmp_path_factory.mktemp("mutants"))


def test_no_mutant_crashes_hangs_or_is_silently_different(done: list[Outcome]) -> None:
    faults = [
        f"seed {one.mutant.seed}: {one.mutant.original.name}: {one.mutant.mutation.name}: {one.how}: {one.fault}"
        for one in done
        if one.fault
    ]
    assert len(done) == len(SEEDS)
    assert faults == []


def test_mutants_are_of_all_formats_and_come_out_in_all_ways(done: list[Outcome]) -> None:
    assert {one.mutant.original.kind for one in done} == {"xlsx", "xls", "ods", "zip", "text"}
    assert {one.how for one in done} == {"the same", "findings", "unreadable", "different"}
    structural = [one for one in done if one.mutant.mutation.structural]
    assert len(structural) > len(done) / 2
    assert any(one.how == "the same" and not one.mutant.same for one in structural)


def test_a_seed_names_one_mutant(given: list[Original]) -> None:
    assert all(mutant(seed, given) == mutant(seed, given) for seed in SEEDS[:50])
    turn = [mutant(seed, given).original for seed in SEEDS[: len(given)]]
    assert sorted(o.name for o in turn) == sorted(o.name for o in given)


def come_out(after: Given, *, structural: bool = True) -> str:
    """How a made-up mutant comes out, of a file that gave one return."""
    mutation = next(m for m in MUTATIONS if m.structural == structural)
    made = Mutant(1, Original("a.xlsx", b""), mutation, b"x")
    return outcome(made, Given({KEY: ("reported", False, (1,))}), after).how


def test_what_differs_without_a_finding_about_it_is_a_fault(tmp_path: Path) -> None:
    receipt = receipt_of(tmp_path / "a.xlsx").receipt
    elsewhere = reading_finding(receipt, "error_cell", "#REF!", "1", dataset="relocation")
    of_file = reading_finding(receipt, "unreadable_file", "found", "expected")
    broken = reading_finding(receipt, "unreadable_file", NOT_READ, "expected")
    other = {KEY: ("reported", False, (2,))}
    assert come_out(Given({KEY: ("reported", False, (1,))})) == "the same"
    assert come_out(Given(other)) == come_out(Given()) == come_out(Given(other, [elsewhere])) == "silently different"
    assert come_out(Given(other, [of_file])) == "findings"
    assert come_out(Given(findings=[of_file])) == "unreadable"
    assert come_out(Given(other), structural=False) == "different"
    assert come_out(Given(findings=[broken]), structural=False) == "crashed or hung"
