"""The synthetic province against the rules: the clean one breaks none, its faulty twin exactly what its key says.

The checks are plain Python on purpose (`tests/plain_province.py`): the package under test holds no rules, and the
suites are tested against its files, not with them.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import pytest
from xlsxwriter.utility import xl_cell_to_rowcol

from tests.plain_province import Broken, Checker
from tests.plain_rules import CRITICAL, INFO, OUTLIERS, QUERIES
from warehouse.codebook import load
from warehouse.synthetic import FaultKeyRow, Return, build_returns, plant

BOOK = load()
built = cache(build_returns)
SEEDS = (7, 2018)
Twin = tuple[tuple[Return, ...], tuple[Return, ...], tuple[FaultKeyRow, ...]]


@pytest.fixture(scope="module", params=SEEDS)
def clean(request: pytest.FixtureRequest) -> tuple[Return, ...]:
    return built(request.param)


@pytest.fixture(scope="module")
def checker(clean: tuple[Return, ...]) -> Checker:
    return Checker(clean)


@pytest.fixture(scope="module")
def twin() -> Twin:
    returns = built(SEEDS[0])
    return returns, *plant(returns, SEEDS[0])


def without_info(broken: Broken) -> Broken:
    return {place: rules - INFO for place, rules in broken.items() if rules - INFO}


def test_the_clean_province_breaks_no_rule(checker: Checker) -> None:
    assert without_info(checker.broken()) == {}


def test_incomes_are_far_inside_their_bounds(clean: tuple[Return, ...], checker: Checker) -> None:
    for found in (r for r in clean if r.dataset == "outcomes" and r.rows[0]["income_growth"] is not None):
        low, high = checker.growth_bounds(found.period)[found.county_code in checker.poor]
        value = float(str(found.rows[0]["income_growth"]))
        assert low + 0.1 * (high - low) < value < high - 0.1 * (high - low)


# --- the faulty twin -----------------------------------------------------------------------------------------------


def test_the_key_has_every_rule(twin: Twin) -> None:
    rules = CRITICAL | QUERIES | INFO
    assert {row.rule for row in twin[2]} == rules | {"partner_missing"}


def test_the_key_says_how_grave_each_rule_is(twin: Twin) -> None:
    graded = {"critical": CRITICAL, "warning": QUERIES | {"partner_missing"}, "info": INFO}
    assert all(row.rule in graded[row.severity] for row in twin[2])


def test_each_fault_has_a_county_of_its_own(twin: Twin) -> None:
    counties = defaultdict(set)
    for row in twin[2]:
        counties[row.county_code].add(row.fault)
    assert all(len(faults) == 1 for faults in counties.values())


@pytest.mark.parametrize("seed", [*SEEDS, 1])
def test_the_twin_breaks_exactly_what_the_key_says(seed: int) -> None:
    returns, key = plant(built(seed), seed)
    broken = Checker(returns).broken()
    told = {(r.county_code, r.period, r.dataset): set(r.rules.split(";")) for r in key}
    assert len(told) == len(key)
    plain = {place: rules - OUTLIERS for place, rules in told.items() if not rules & INFO and rules - OUTLIERS}
    assert without_info(broken) == plain
    for place, rules in told.items():
        assert rules - OUTLIERS <= broken.get(place, set())


def test_each_planted_cell_differs_from_the_clean_one(twin: Twin) -> None:
    clean, faulty, key = twin
    before = {(r.county_code, r.period, r.dataset): r for r in clean}
    after = {(r.county_code, r.period, r.dataset): r for r in faulty}
    for row in key:
        place = (row.county_code, row.period, row.dataset)
        if row.rule in ("partner_missing", "known_county"):
            continue
        if row.rule == "register_never_shrinks":
            assert (before[place].nil, after[place].nil, row.cells) == (False, True, "C8")
            continue
        columns = BOOK.datasets[row.dataset].columns
        for cell in row.cells.split(";"):
            line, column = xl_cell_to_rowcol(cell)
            old = before[place].rows[line - 1][columns[column]] if line <= len(before[place].rows) else "no such row"
            assert after[place].rows[line - 1][columns[column]] != old, row


def test_only_the_key_and_its_partners_differ(twin: Twin) -> None:
    clean, faulty, key = twin
    changed = {b.county_code for a, b in zip(clean, faulty, strict=False) if a != b}
    assert changed == {row.county_code for row in key}
