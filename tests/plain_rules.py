"""The rules of one row in plain Python, an oracle for the sample: each function yields the ids that a row breaks.

Written from the list of what must hold, without a look at the suites; `tests/plain_province.py` has what looks beyond
the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

Number = int | Decimal | None
INFO = {"plan_progress", "transferred_within_trained", "secretaries_within_villages", "upskilled_within_plan"}
# The rest are queries: the return is accepted.
CRITICAL = {
    "relocation_funnel", "relocation_never_falls", "relocation_matches_register", "people_funnel", "village_unique",
    "dates_in_order", "reclaimed_needs_demolished", "register_never_shrinks", "stock_flow", "opening_is_last_closing",
    "headcount_ratio", "income_parts", "income_growth", "villages_exited", "deep_within_poor", "poor_within_rural",
    "gains_bounds", "linked_bounds", "loan_cap", "loan_parts", "overdue_within_balance", "none_or_both", "funds_parts",
    "housing_funnel", "insured_within_registered", "contracted_within_registered", "reimbursed_within_cost",
    "certified_within_trained", "persons_within_person_times", "party_transfer", "posted_within_secretaries",
    "unit_once", "units_match_summary", "sums_match_summary", "letters", "grades_sum", "effective_after_issue",
    "measure_once", "key_unique", "known_county", "not_negative", "share_bounds", "required_present",
    "county_ceiling", "village_leaders_by_level", "letters_by_level",
}  # fmt: skip
# What is far from past and peers: most planted faults are so besides, and few true numbers.
OUTLIERS = {"growth_outlier", "level_outlier"}
QUERIES = OUTLIERS | {
    "people_counts_fall", "sites_governed", "village_dates_kept", "households_within_persons",
    "prior_income_is_last_years", "delisting_conditions", "income_plausible", "poor_villages_carried",
    "delisting_stands", "payment_per_person", "photovoltaic_installed", "loan_unit_slip", "funds_funnel",
    "done_within_task", "housing_started_within_task", "cost_per_person", "members_per_team", "posted_share",
    "teams_cover_villages", "rotations_within_due", "deep_county_norms", "measures_within_assessed",
    "state_matches_dates", "activities_have_participants", "year_to_date_never_falls", "peer_outlier",
    "upskilling_spent_within_plan", "cost_per_person_upskilled",
}  # fmt: skip


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
    if r["households"] > r["persons"]:
        yield "households_within_persons"


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
    if r["poor_persons_closing"] > r["rural_population"]:
        yield "poor_within_rural"
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
    if not chain(r["contracted_persons"], r["registered_persons"]):
        yield "contracted_within_registered"
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


def check_upskilling(r: Mapping[str, Any]) -> Iterator[str]:
    persons, yuan = r["upskilled_persons"], r["upskilling_spent_yuan"]
    if not chain(persons, r["upskilling_planned_persons"]):
        yield "upskilled_within_plan"
    if not chain(yuan, r["upskilling_planned_yuan"]):
        yield "upskilling_spent_within_plan"
    if outside(yuan, persons, 100, 20_000):
        yield "cost_per_person_upskilled"


def check_frontline(r: Mapping[str, Any], period: str, national: bool) -> Iterator[str]:  # noqa: FBT001
    if period >= "2018-01" and r["resident_teams"] < r["poor_villages"]:
        yield "teams_cover_villages"
    if not all(chain(r[f"{who}rotations_done"], r[f"{who}rotations_due"]) for who in ("", "secretary_")):
        yield "rotations_within_due"
    leaders = [r[f"village_leaders_{level}"] for level in ("provincial", "prefecture", "county", "township")]
    if None not in leaders and sum(leaders) != r["village_leaders"]:
        yield "village_leaders_by_level"
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
    letters = [v for column, v in r.items() if column.startswith("letters_signed_")]
    if None not in letters and sum(letters) > r["letters_signed"]:
        yield "letters_by_level"
    if sum(r[f"graded_{g}"] for g in ("excellent", "good", "fair", "poor")) != r["units_assessed"]:
        yield "grades_sum"
    if not chain(r["rewarded"], r["units_assessed"]) or not chain(r["penalised"], r["units_assessed"]):
        yield "measures_within_assessed"


def check_policy(r: Mapping[str, Any], end: date) -> Iterator[str]:
    if r["issued_on"] > r["effective_on"]:
        yield "effective_after_issue"
    day = {"issued": r["issued_on"], "in_force": r["effective_on"], "complete": r["effective_on"]}.get(r["status"])
    if day is not None and day > end:
        yield "state_matches_dates"


def check_motivation(r: Mapping[str, Any]) -> Iterator[str]:
    if r["participants"] < r["activities"] or (r["activities"] == 0 and r["participants"] > 0):
        yield "activities_have_participants"
