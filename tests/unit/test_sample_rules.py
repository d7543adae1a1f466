"""The synthetic province against the rules: the clean one breaks none, its faulty twin exactly what its key says.

The checks here are plain Python on purpose: the package under test holds no rules, and the suites are tested against
its files, not with them.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from xlsxwriter.utility import xl_cell_to_rowcol

from tests.plain_rules import (
    check_accountability,
    check_ecology,
    check_finance,
    check_frontline,
    check_funds,
    check_health,
    check_industry,
    check_outcomes,
    check_policy,
    check_projects,
    check_relocation,
    check_support,
    check_training,
    check_village,
)
from warehouse.codebook import Dataset, Indicator, load
from warehouse.sample import PERIODS, Planted, Return, build_returns, plant

BOOK = load()
built = cache(build_returns)
SEEDS = (7, 2018)
Key = tuple[str, str, str]
Broken = dict[Key, set[str]]
Twin = tuple[tuple[Return, ...], tuple[Return, ...], tuple[Planted, ...]]
INFO = {"plan_progress", "transferred_within_trained", "secretaries_within_villages"}
MERGED = {"140403": ("140402", "140411"), "140215": ("140227",), "140404": ("140421",), "140405": ("140424",),
          "140406": ("140481",), "140681": ("140624",)}  # fmt: skip
SPLIT = {"140212", "140213", "140214"}
RULES = {
    "relocation_funnel", "relocation_never_falls", "people_counts_fall", "relocation_matches_register",
    "people_funnel", "sites_governed", "village_unique", "dates_in_order", "reclaimed_needs_demolished", "stock_flow",
    "opening_is_last_closing", "headcount_ratio", "income_parts", "income_growth", "prior_income_is_last_years",
    "villages_exited", "deep_within_poor", "delisting_conditions", "income_plausible", "gains_bounds",
    "payment_per_person", "linked_bounds", "photovoltaic_installed", "loan_cap", "loan_unit_slip", "loan_parts",
    "overdue_within_balance", "none_or_both", "funds_funnel", "funds_parts", "done_within_task", "housing_funnel",
    "housing_started_within_task", "insured_within_registered", "reimbursed_within_cost", "certified_within_trained",
    "persons_within_person_times", "plan_progress", "cost_per_person", "transferred_within_trained",
    "secretaries_within_villages", "members_per_team", "party_transfer", "posted_within_secretaries", "posted_share",
    "deep_county_norms", "unit_once", "units_match_summary", "sums_match_summary", "letters", "grades_sum",
    "effective_after_issue", "measure_once", "key_unique", "known_county", "not_negative", "share_bounds",
    "required_present", "year_to_date_never_falls",
}  # fmt: skip


@pytest.fixture(scope="module", params=SEEDS)
def clean(request: pytest.FixtureRequest) -> tuple[Return, ...]:
    return built(request.param)


@pytest.fixture(scope="module")
def twin() -> Twin:
    returns = built(SEEDS[0])
    return returns, *plant(returns, SEEDS[0])


ROW_CHECKS = {
    "relocation": check_relocation, "outcomes": check_outcomes, "ecology": check_ecology,
    "industry": check_industry, "finance": check_finance, "funds": check_funds, "projects": check_projects,
    "health": check_health, "training": check_training, "accountability": check_accountability,
    "policy": check_policy,
}  # fmt: skip
OWN_UNIQUE = {"relocation_villages": "village_unique", "support_units": "unit_once", "policy": "measure_once"}


IN_FORCE = {period: {d.county_code for d in BOOK.in_force(int(period[:4]))} for period in PERIODS}


def bounds_of(indicator: Indicator) -> tuple[int | None, float]:
    """The least and greatest a value may be; no least where it is not a number or may be negative."""
    if not indicator.numeric or indicator.column in ("income_growth", "income_business", "income_property"):
        return None, 0
    return 0, 100 if indicator.unit.unit == "percent" else float("inf")


COLUMNS = {
    name: [(i.column, i.required, *bounds_of(i)) for i in dataset.indicators] for name, dataset in BOOK.datasets.items()
}


def check_everywhere(dataset: Dataset, found: Return) -> Iterator[str]:
    if found.county_code not in IN_FORCE[found.period]:
        yield "known_county"
    keys = [tuple(row[k] for k in dataset.keys) for row in found.rows]
    if len(set(keys)) < len(keys):
        yield "key_unique"
        if dataset.keys:
            yield OWN_UNIQUE[dataset.dataset]
    for row in found.rows:
        for column, required, low, high in COLUMNS[dataset.dataset]:
            value: Any = row[column]
            if value is None:
                if required == "true" or (required != "false" and row["rural_population"] > 0):
                    yield "required_present"
            elif low is not None and not low <= value <= high:
                yield "not_negative" if high == float("inf") else "share_bounds"


class Checker:
    """Which rules each return of a province breaks."""

    def __init__(self, returns: Sequence[Return]) -> None:
        self.returns = {(r.county_code, r.period, r.dataset): r for r in returns}
        self.national = {d.county_code for d in BOOK.divisions if d.poverty_county_list.startswith("national")}
        self.deep = {d.county_code for d in BOOK.divisions if d.deep_poverty}
        self.poor = {d.county_code for d in BOOK.divisions if d.poverty_county_list != "none"}
        self.bounds = {p: self._growth_bounds(p) for p in PERIODS}
        critical = ("village_unique", "unit_once", "dates_in_order", "reclaimed_needs_demolished", "key_unique")
        self.quarantined = {
            place
            for place, found in self.returns.items()
            if found.dataset in ("relocation_villages", "support_units")
            and any(rule in critical for rule in self.own(found))
        }

    def broken(self) -> Broken:
        broken: Broken = {}
        for place, found in self.returns.items():
            rules = {*self.own(found), *self.across(found)}
            if rules:
                broken[place] = rules
        return broken

    def own(self, found: Return) -> Iterator[str]:
        """Rules within one return."""
        dataset = BOOK.datasets[found.dataset]
        yield from check_everywhere(dataset, found)
        for row in found.rows:
            if any(row[column] is None for column, required, *_ in COLUMNS[found.dataset] if required == "true"):
                continue
            if found.dataset in ROW_CHECKS:
                yield from ROW_CHECKS[found.dataset](row)
            elif found.dataset == "relocation_villages":
                ends = {"2016-12": 31, "2017-11": 30, "2017-12": 31, "2018-06": 30}
                year, month = map(int, found.period.split("-"))
                yield from check_village(row, date(year, month, ends[found.period]))
            elif found.dataset == "frontline":
                yield from check_frontline(row, found.county_code in self.national)

    def across(self, found: Return) -> Iterator[str]:
        """Rules that look at other returns: partners, earlier periods, peers."""
        if found.nil:
            return
        row = found.rows[0]
        if found.dataset == "relocation":
            yield from self._against_register(found, row)
        if found.dataset == "support":
            yield from check_support(row, self._partner(found, "support_units"), found.county_code in self.deep)
        if found.dataset == "outcomes":
            yield from self._against_december(found, row)
            low, high = self.bounds[found.period][found.county_code in self.poor]
            if row["income_growth"] is not None and not low <= row["income_growth"] <= high:
                yield "income_plausible"
        yield from self._never_falls(found, row)

    def _partner(self, found: Return, dataset: str) -> tuple[Any, ...] | None:
        place = (found.county_code, found.period, dataset)
        if place in self.quarantined or place not in self.returns:
            return None
        return self.returns[place].rows

    def _against_register(self, found: Return, row: Mapping[str, Any]) -> Iterator[str]:
        villages = self._partner(found, "relocation_villages")
        if villages is None:
            yield "partner_missing"
            return
        days = {"villages_started": "started_on", "villages_completed": "completed_on",
                "villages_demolished": "demolished_on"}  # fmt: skip
        counts = {c: sum(v[day] is not None for v in villages) for c, day in days.items()}
        if any(row[c] != n for c, n in counts.items()) or row["villages_planned"] != len(villages):
            yield "relocation_matches_register"

    def _earlier(self, found: Return, before: str) -> list[Mapping[str, Any]]:
        """The rows of the latest earlier period: the county's own, or those of all its predecessors."""
        if found.period == "2018-06" and found.county_code in SPLIT:
            return []
        codes = MERGED.get(found.county_code, (found.county_code,)) if before < "2018" else (found.county_code,)
        places = [(c, before, found.dataset) for c in codes]
        if any(p not in self.returns or self.returns[p].nil for p in places):
            return []
        return [self.returns[p].rows[0] for p in places]

    def _against_december(self, found: Return, row: Mapping[str, Any]) -> Iterator[str]:
        earlier = self._earlier(found, f"{int(found.period[:4]) - 1}-12")
        if not earlier:
            return
        if row["poor_persons_opening"] != sum(e["poor_persons_closing"] for e in earlier):
            yield "opening_is_last_closing"
        people = sum(e["rural_population"] for e in earlier)
        if people:
            income = sum(e["income_per_capita"] * e["rural_population"] for e in earlier) / Decimal(people)
            if abs(row["income_per_capita_prior_year"] - income) > Decimal("0.5"):
                yield "prior_income_is_last_years"

    def _never_falls(self, found: Return, row: Mapping[str, Any]) -> Iterator[str]:
        dataset = BOOK.datasets[found.dataset]
        before = next((p for p in reversed(PERIODS[: PERIODS.index(found.period)]) if self._earlier(found, p)), None)
        if before is None or not dataset.one_row:
            return
        earlier = self._earlier(found, before)
        for indicator in (i for i in dataset.indicators if i.kind in ("cumulative", "year_to_date")):
            values = [e[indicator.column] for e in earlier]
            if None in values or row[indicator.column] is None or row[indicator.column] >= sum(values):
                continue
            if found.dataset == "relocation" and indicator.kind == "cumulative":
                villages = indicator.column.startswith("villages_")
                yield "relocation_never_falls" if villages else "people_counts_fall"
            if indicator.kind == "year_to_date" and before[:4] == found.period[:4]:
                yield "year_to_date_never_falls"

    def _growth_bounds(self, period: str) -> dict[bool, tuple[float, float]]:
        growths: dict[bool, list[float]] = defaultdict(list)
        for (code, when, dataset), found in self.returns.items():
            if (when, dataset) == (period, "outcomes") and found.rows[0]["income_growth"] is not None:
                growths[code in self.poor].append(float(str(found.rows[0]["income_growth"])))
        bounds = {}
        for peers, values in growths.items():
            middle = statistics.median(values)
            reach = 3.5 * max(1.4826 * statistics.median(abs(v - middle) for v in values), 0.3)
            bounds[peers] = (middle - reach, middle + reach)
        return bounds


def without_info(broken: Broken) -> Broken:
    return {place: rules - INFO for place, rules in broken.items() if rules - INFO}


def test_the_clean_province_breaks_no_rule(clean: tuple[Return, ...]) -> None:
    assert without_info(Checker(clean).broken()) == {}


def test_incomes_are_far_inside_their_bounds(clean: tuple[Return, ...]) -> None:
    checker = Checker(clean)
    for found in (r for r in clean if r.dataset == "outcomes" and r.rows[0]["income_growth"] is not None):
        low, high = checker.bounds[found.period][found.county_code in checker.poor]
        value = float(str(found.rows[0]["income_growth"]))
        assert low + 0.1 * (high - low) < value < high - 0.1 * (high - low)


# --- the faulty twin -----------------------------------------------------------------------------------------------


def test_the_key_has_every_rule(twin: Twin) -> None:
    assert {row.rule for row in twin[2]} == RULES | {"partner_missing"}
    assert len(RULES) == 59


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
    plain = {place: rules for place, rules in told.items() if not rules & INFO}
    assert without_info(broken) == plain
    for place, rules in told.items():
        assert rules <= broken[place]


def test_each_planted_cell_differs_from_the_clean_one(twin: Twin) -> None:
    clean, faulty, key = twin
    before = {(r.county_code, r.period, r.dataset): r for r in clean}
    after = {(r.county_code, r.period, r.dataset): r for r in faulty}
    for row in key:
        if row.rule in ("partner_missing", "known_county"):
            continue
        place = (row.county_code, row.period, row.dataset)
        columns = BOOK.datasets[row.dataset].columns
        for cell in row.cells.split(";"):
            line, column = xl_cell_to_rowcol(cell)
            old = before[place].rows[line - 1][columns[column]] if line <= len(before[place].rows) else "no such row"
            assert after[place].rows[line - 1][columns[column]] != old, row


def test_only_the_key_and_its_partners_differ(twin: Twin) -> None:
    clean, faulty, key = twin
    changed = {b.county_code for a, b in zip(clean, faulty, strict=True) if a != b}
    assert changed == {row.county_code for row in key}
