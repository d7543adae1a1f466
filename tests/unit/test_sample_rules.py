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
from itertools import pairwise
from typing import Any

import pytest
from xlsxwriter.utility import xl_cell_to_rowcol

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


# --- rules, in plain Python: each function yields the ids of the rules that one return breaks ----------------------


Number = int | Decimal | None


def chain(*values: Number) -> bool:
    """Whether a <= b <= c ... holds; a missing operand is not evaluated."""
    given = [v for v in values if v is not None]
    return len(given) < len(values) or all(a <= b for a, b in pairwise(given))


def outside(amount: Number, count: Number, low: int, high: float) -> bool:
    return count is not None and amount is not None and count > 0 and not low <= Decimal(amount) / count <= high


def check_relocation(r: Mapping[str, Any]) -> Iterator[str]:
    stages = [r[f"villages_{s}"] for s in ("demolished", "completed", "started", "planned")]
    if not chain(*stages):
        yield "relocation_funnel"
    if not chain(r["persons_moved_in"], r["persons_housed"], r["persons_identified"]):
        yield "people_funnel"
    if not chain(r["communities_governed"], r["resettlement_sites"]):
        yield "sites_governed"


def check_village(r: Mapping[str, Any], end: date) -> Iterator[str]:
    days = [r["started_on"], r["completed_on"], r["demolished_on"]]
    given = [d for d in days if d is not None]
    if given != days[: len(given)] or given != sorted(given) or any(d > end for d in given):
        yield "dates_in_order"
    if (r["reclaimed_area_mu"] or 0) > 0 and r["demolished_on"] is None:
        yield "reclaimed_needs_demolished"


def check_outcomes(r: Mapping[str, Any]) -> Iterator[str]:
    flow = ("poor_persons_exited", "poor_persons_added", "poor_persons_removed")
    exited, added, removed = (r[c] for c in flow)
    if r["poor_persons_opening"] - exited + added - removed != r["poor_persons_closing"]:
        yield "stock_flow"
    if r["rural_population"]:
        exact = Decimal(100 * r["poor_persons_closing"]) / r["rural_population"]
        if abs(r["poverty_headcount_ratio"] - exact) > Decimal("0.05"):
            yield "headcount_ratio"
    parts = [r[f"income_{p}"] for p in ("wages", "business", "property", "transfers")]
    if None not in parts and sum(parts) != r["income_per_capita"]:
        yield "income_parts"
    if r["income_growth"] is not None:
        exact = 100 * (r["income_per_capita"] / r["income_per_capita_prior_year"] - 1)
        if abs(r["income_growth"] - exact) > Decimal("0.05"):
            yield "income_growth"
    yield from check_poor(r)


def check_poor(r: Mapping[str, Any]) -> Iterator[str]:
    if r["poor_villages_exited"] > r["poor_villages_opening"]:
        yield "villages_exited"
    if r["deep_poverty_persons"] > r["poor_persons_closing"]:
        yield "deep_within_poor"
    if r["delisting_status"] != "none":
        low = [r[c] for c in ("poverty_headcount_ratio", "wrong_exit_rate", "missed_identification_rate")]
        if r["delisting_year"] is None or max(low) >= 2 or r["satisfaction_rate"] < 90:
            yield "delisting_conditions"


def check_ecology(r: Mapping[str, Any]) -> Iterator[str]:
    kinds = [v for c, v in r.items() if c not in ("persons_with_gains", "payments_yuan")]
    if not chain(max(kinds), r["persons_with_gains"], sum(kinds)):
        yield "gains_bounds"
    if outside(r["payments_yuan"], r["persons_with_gains"], 100, 20_000):
        yield "payment_per_person"


def check_industry(r: Mapping[str, Any]) -> Iterator[str]:
    kinds = [r[f"{k}_households"] for k in ("specialty_farming", "photovoltaic", "ecommerce", "tourism")]
    if not chain(max(kinds), r["households_linked"], min(sum(kinds), r["registered_households"])):
        yield "linked_bounds"
    if not chain(r["photovoltaic_installed_kw"], r["photovoltaic_planned_kw"]):
        yield "photovoltaic_installed"


def check_finance(r: Mapping[str, Any]) -> Iterator[str]:
    households, amount = r["loan_households"], r["loan_amount_yuan"]
    if amount > 50_000 * households:
        yield "loan_cap"
    if outside(amount, households, 1_000, float("inf")):
        yield "loan_unit_slip"
    if r["household_use_amount_yuan"] + r["partnership_amount_yuan"] != amount:
        yield "loan_parts"
    if not chain(r["overdue_balance_yuan"], r["loan_balance_yuan"]):
        yield "overdue_within_balance"
    if (households == 0) != (amount == 0):
        yield "none_or_both"


def check_funds(r: Mapping[str, Any]) -> Iterator[str]:
    if not chain(*(r[f"fiscal_{c}_yuan"] for c in ("spent", "received", "allocated"))):
        yield "funds_funnel"
    if r["central_allocated_yuan"] + r["provincial_allocated_yuan"] != r["fiscal_allocated_yuan"]:
        yield "funds_parts"


def check_projects(r: Mapping[str, Any]) -> Iterator[str]:
    tasks = ("cropland_to_forest", "afforestation", "sea_buckthorn")
    if not all(chain(r[f"{t}_done_mu"], r[f"{t}_planned_mu"]) for t in tasks):
        yield "done_within_task"
    planned, started, completed, accepted = (
        r[f"housing_{s}_households"] for s in ("planned", "started", "completed", "accepted")
    )
    if not chain(accepted, completed, started):
        yield "housing_funnel"
    if not chain(started, planned):
        yield "housing_started_within_task"


def check_health(r: Mapping[str, Any]) -> Iterator[str]:
    if not chain(r["insured_persons"], r["registered_persons"]):
        yield "insured_within_registered"
    if not chain(r["reimbursed_yuan"], r["medical_cost_yuan"]):
        yield "reimbursed_within_cost"


def check_training(r: Mapping[str, Any]) -> Iterator[str]:
    trained = r["trained_persons"]
    if r["certified_persons"] > trained:
        yield "certified_within_trained"
    if trained > r["trained_person_times"]:
        yield "persons_within_person_times"
    if not chain(trained, r["planned_persons"]):
        yield "plan_progress"
    if outside(r["training_funds_yuan"], trained, 200, 20_000):
        yield "cost_per_person"
    if r["transferred_persons"] > trained:
        yield "transferred_within_trained"


def check_frontline(r: Mapping[str, Any], national: bool) -> Iterator[str]:  # noqa: FBT001
    if r["first_secretaries"] > r["poor_villages"]:
        yield "secretaries_within_villages"
    if r["resident_team_members"] < 2 * r["resident_teams"]:
        yield "members_per_team"
    if not chain(r["party_relation_transferred"], r["party_member_team_members"], r["resident_team_members"]):
        yield "party_transfer"
    if r["first_secretaries_posted"] > r["first_secretaries"]:
        yield "posted_within_secretaries"
    if national and 100 * r["first_secretaries_posted"] < 60 * r["first_secretaries"]:
        yield "posted_share"


def check_support(r: Mapping[str, Any], units: Sequence[Mapping[str, Any]] | None, deep: bool) -> Iterator[str]:  # noqa: FBT001
    least = ("technical_experts", "financial_experts", "paired_counties")
    one = (r["provincial_leaders"], r["partner_universities"])
    if deep and (one != (1, 1) or not 3 <= r["provincial_units"] <= 5 or min(r[c] for c in least) < 1):
        yield "deep_county_norms"
    if units is None:
        yield "partner_missing"
        return
    levels = {"central_units": "central", "provincial_units": "provincial",
              "partner_universities": "university", "paired_counties": "paired_county"}  # fmt: skip
    if any(r[c] != sum(u["unit_level"] == level for u in units) for c, level in levels.items()):
        yield "units_match_summary"
    sums = ("posted_officials", "funds_attracted_yuan", "aid_projects", "aid_beneficiaries")
    if any(r[c] != sum(u[c] for u in units) for c in sums):
        yield "sums_match_summary"


def check_accountability(r: Mapping[str, Any]) -> Iterator[str]:
    if r["letters_signed"] > r["letters_required"]:
        yield "letters"
    if sum(r[f"graded_{g}"] for g in ("excellent", "good", "fair", "poor")) != r["units_assessed"]:
        yield "grades_sum"


def check_policy(r: Mapping[str, Any]) -> Iterator[str]:
    if r["issued_on"] > r["effective_on"]:
        yield "effective_after_issue"


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
