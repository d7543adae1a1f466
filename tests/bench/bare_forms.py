"""The bare script's rules of each form, and which of them hold for sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import polars as pl
from polars import col as c

from tests.bench.bare_rules import Check, among_peers, every, filled, holds, near, once, within
from warehouse.codebook import Dataset, load

PREFIXES = ("this_year_", "last_", "december_", "register_", "units_")
VILLAGES = ("villages_planned", "villages_started", "villages_completed", "villages_demolished")
SUMMED = (
    "persons_identified", "persons_housed", "persons_moved_in", "resettlement_sites", "ecological_restoration_mu",
    "persons_employed", "communities_governed", "funds_paid_yuan", "land_reallocated_mu", "houses_demolished",
    "trees_compensated",
)  # fmt: skip
DATES = ("started_on", "completed_on", "demolished_on")
PROJECTS = (
    "cropland_to_forest_persons", "afforestation_labour_persons", "forest_guard_persons", "orchard_upgrade_persons",
    "forest_industry_persons",
)  # fmt: skip
KINDS = ("specialty_farming_households", "photovoltaic_households", "ecommerce_households", "tourism_households")
LEVELS = {
    "central_units": "central",
    "provincial_units": "provincial",
    "partner_universities": "university",
    "paired_counties": "paired_county",
}
SUMMED_UNITS = ("posted_officials", "funds_attracted_yuan", "aid_projects", "aid_beneficiaries")


@cache
def checks(name: str, period: str) -> tuple[Check, ...]:
    """Those of every form first, then the form's own."""
    own = OWN[name](period) if name in OWN else ()
    return (*every(load().datasets[name]), *own)


def add_up(dataset: Dataset, asked: tuple[Check, ...]) -> list[Check]:
    """Relations between columns that the codebook sums, of a form with a row a county: they hold for sums too."""
    summed = {i.column for i in dataset.indicators if i.roll_up.how == "sum" and dataset.one_row}
    summed |= {prefix + column for prefix in PREFIXES for column in summed}
    return [check for check in asked if check.relation is not None and summed.issuperset(check.columns)]


def _relocation(_: str) -> Iterator[Check]:
    planned, started, completed, demolished = map(c, VILLAGES)
    yield holds("relocation_funnel", (demolished <= completed) & (completed <= started) & (started <= planned))
    for column in VILLAGES:
        yield holds("relocation_never_falls", c(column) >= c(f"last_{column}"))
        yield holds("relocation_matches_register", c(column) == c(f"register_{column}"))
    for column in SUMMED:
        yield holds("people_counts_fall", c(column) >= c(f"last_{column}"), "warning")
    moved_in, housed, identified = (c(f"persons_{step}") for step in ("moved_in", "housed", "identified"))
    yield holds("people_funnel", (moved_in <= housed) & (housed <= identified))
    yield holds("sites_governed", c("communities_governed") <= c("resettlement_sites"), "warning")


def _villages(_: str) -> Iterator[Check]:
    started, completed, demolished = map(c, DATES)
    yield once("village_unique", "village_code")
    for order in (started <= completed, completed <= demolished):
        yield holds("dates_in_order", order)
    for on in (started, completed, demolished):
        yield holds("dates_in_order", on <= c("period_end"))
    yield filled("dates_in_order", "started_on", completed.is_not_null())
    yield filled("dates_in_order", "completed_on", demolished.is_not_null())
    yield filled("reclaimed_needs_demolished", "demolished_on", c("reclaimed_area_mu") > 0)
    for date in DATES:
        yield filled("village_dates_kept", date, c(f"last_{date}").is_not_null(), "warning")
        yield holds("village_dates_kept", c(date) == c(f"last_{date}"), "warning")
    yield holds("households_within_persons", c("households") <= c("persons"), "warning")


def _outcomes(_: str) -> Iterator[Check]:
    closing, income, prior = c("poor_persons_closing"), c("income_per_capita"), c("income_per_capita_prior_year")
    flow = c("poor_persons_opening") - c("poor_persons_exited") + c("poor_persons_added") - c("poor_persons_removed")
    parts = c("income_wages") + c("income_business") + c("income_property") + c("income_transfers")
    headcount, growth, rural = c("poverty_headcount_ratio"), c("income_growth"), c("rural_population")
    left = c("december_poor_villages_opening") - c("december_poor_villages_exited")
    yield holds("stock_flow", flow == closing)
    yield holds("opening_is_last_closing", c("poor_persons_opening") == c("december_poor_persons_closing"))
    yield holds("headcount_ratio", near(headcount, 100 * closing / rural, 1), over="rural_population")
    yield holds("income_parts", near(parts, income, 2))
    yield holds("income_growth", near(growth, 100 * (income / prior - 1), 1), over="income_per_capita_prior_year")
    yield holds("prior_income_is_last_years", near(prior, c("december_income_per_capita"), 0), "warning")
    yield holds("villages_exited", c("poor_villages_exited") <= c("poor_villages_opening"))
    yield holds("deep_within_poor", c("deep_poverty_persons") <= closing)
    yield from _delisting()
    yield among_peers("income_plausible", growth)
    yield holds("poor_within_rural", closing <= rural)
    yield holds("poor_villages_carried", c("poor_villages_opening") == left, "warning")


def _delisting() -> Iterator[Check]:
    rule, status, before = "delisting_conditions", c("delisting_status"), c("december_delisting_status")
    delisted = status != "none"
    below_2 = ("poverty_headcount_ratio", "wrong_exit_rate", "missed_identification_rate")
    for column in ("delisting_year", *below_2, "satisfaction_rate"):
        yield filled(rule, column, delisted, "warning")
    for column in below_2:
        yield within(rule, c(column) < 2, delisted, "warning")
    yield within(rule, c("satisfaction_rate") >= 90, delisted, "warning")
    yield within("delisting_stands", status.is_in(["provisional", "verified"]), before == "provisional", "warning")
    yield within("delisting_stands", status == "verified", before == "verified", "warning")


def _ecology(_: str) -> Iterator[Check]:
    paid, persons = c("payments_yuan") / c("persons_with_gains"), "persons_with_gains"
    for project in PROJECTS:
        yield holds("gains_bounds", c(project) <= c(persons))
    yield holds("gains_bounds", c(persons) <= _sum(PROJECTS))
    yield holds("payment_per_person", paid.is_between(100, 20_000), "warning", over=persons)
    yield among_peers("peer_outlier", paid, over=persons)


def _industry(_: str) -> Iterator[Check]:
    linked = c("households_linked")
    for kind in KINDS:
        yield holds("linked_bounds", c(kind) <= linked)
    yield holds("linked_bounds", linked <= _sum(KINDS))
    yield holds("linked_bounds", linked <= c("registered_households"))
    yield holds("photovoltaic_installed", c("photovoltaic_installed_kw") <= c("photovoltaic_planned_kw"), "warning")


def _finance(_: str) -> Iterator[Check]:
    households, amount = c("loan_households"), c("loan_amount_yuan")
    lent = amount / households
    yield holds("loan_cap", amount <= 50_000 * households)
    yield holds("loan_unit_slip", lent >= 1000, "warning", over="loan_households")
    yield holds("loan_parts", c("household_use_amount_yuan") + c("partnership_amount_yuan") == amount)
    yield holds("overdue_within_balance", c("overdue_balance_yuan") <= c("loan_balance_yuan"))
    yield within("none_or_both", amount == 0, households == 0)
    yield within("none_or_both", households == 0, amount == 0)
    yield among_peers("peer_outlier", lent, over="loan_households")


def _funds(_: str) -> Iterator[Check]:
    spent, received, allocated = (c(f"fiscal_{step}_yuan") for step in ("spent", "received", "allocated"))
    yield holds("funds_funnel", (spent <= received) & (received <= allocated), "warning")
    yield holds("funds_parts", c("central_allocated_yuan") + c("provincial_allocated_yuan") == allocated)
    yield among_peers("peer_outlier", spent / received, over="fiscal_received_yuan")


def _projects(_: str) -> Iterator[Check]:
    for task in ("cropland_to_forest", "afforestation", "sea_buckthorn"):
        yield holds("done_within_task", c(f"{task}_done_mu") <= c(f"{task}_planned_mu"), "warning")
    steps = ("accepted", "completed", "started", "planned")
    accepted, completed, started, planned = (c(f"housing_{step}_households") for step in steps)
    yield holds("housing_funnel", (accepted <= completed) & (completed <= started))
    yield holds("housing_started_within_task", started <= planned, "warning")


def _health(_: str) -> Iterator[Check]:
    reimbursed, cost = c("reimbursed_yuan"), c("medical_cost_yuan")
    yield holds("insured_within_registered", c("insured_persons") <= c("registered_persons"))
    yield holds("contracted_within_registered", c("contracted_persons") <= c("registered_persons"))
    yield holds("reimbursed_within_cost", reimbursed <= cost)
    yield among_peers("peer_outlier", reimbursed / cost, over="medical_cost_yuan")


def _training(_: str) -> Iterator[Check]:
    trained, each = c("trained_persons"), c("training_funds_yuan") / c("trained_persons")
    yield holds("certified_within_trained", c("certified_persons") <= trained)
    yield holds("persons_within_person_times", trained <= c("trained_person_times"))
    yield holds("plan_progress", trained <= c("planned_persons"), "info")
    yield holds("cost_per_person", each.is_between(200, 20_000), "warning", over="trained_persons")
    yield holds("transferred_within_trained", c("transferred_persons") <= trained, "info")
    yield among_peers("peer_outlier", each, over="trained_persons")


def _upskilling(_: str) -> Iterator[Check]:
    persons, spent = c("upskilled_persons"), c("upskilling_spent_yuan")
    cost = (spent / persons).is_between(100, 20_000)
    yield holds("upskilled_within_plan", persons <= c("upskilling_planned_persons"), "info")
    yield holds("upskilling_spent_within_plan", spent <= c("upskilling_planned_yuan"), "warning")
    yield holds("cost_per_person_upskilled", cost, "warning", over="upskilled_persons")


def _frontline(period: str) -> Iterator[Check]:
    teams, members, villages = c("resident_teams"), c("resident_team_members"), c("poor_villages")
    first, posted = c("first_secretaries"), c("first_secretaries_posted")
    party, transferred = c("party_member_team_members"), c("party_relation_transferred")
    yield holds("secretaries_within_villages", first <= villages, "info")
    yield holds("members_per_team", members >= 2 * teams, "warning")
    yield holds("party_transfer", (transferred <= party) & (party <= members))
    yield holds("posted_within_secretaries", posted <= first)
    yield holds("posted_share", 100 * posted >= 60 * first, "warning", when=c("in_national_list"))
    if period >= "2018-01":
        yield holds("teams_cover_villages", teams >= villages, "warning")
    yield holds("rotations_within_due", c("rotations_done") <= c("rotations_due"), "warning")
    yield holds("rotations_within_due", c("secretary_rotations_done") <= c("secretary_rotations_due"), "warning")
    leaders = (f"village_leaders_{level}" for level in ("provincial", "prefecture", "county", "township"))
    yield holds("village_leaders_by_level", _sum(leaders) == c("village_leaders"))
    yield among_peers("peer_outlier", members / teams, over="resident_teams")


def _support(_: str) -> Iterator[Check]:
    deep = c("in_deep_poverty")
    for column in ("provincial_leaders", "partner_universities"):
        yield within("deep_county_norms", c(column) == 1, deep, "warning")
    for column in ("technical_experts", "financial_experts", "paired_counties"):
        yield within("deep_county_norms", c(column) >= 1, deep, "warning")
    yield within("deep_county_norms", c("provincial_units").is_between(3, 5), deep, "warning")
    for column in LEVELS:
        yield holds("units_match_summary", c(column) == c(f"units_{column}"))
    for column in SUMMED_UNITS:
        yield holds("sums_match_summary", c(column) == c(f"units_{column}"))


def _support_units(_: str) -> Iterator[Check]:
    yield once("unit_once", "unit_level", "unit_name")


def _accountability(_: str) -> Iterator[Check]:
    assessed = c("units_assessed")
    graded = _sum(f"graded_{grade}" for grade in ("excellent", "good", "fair", "poor"))
    yield holds("letters", c("letters_signed") <= c("letters_required"))
    by_level = (f"letters_signed_{level}" for level in ("provincial", "prefecture", "county", "township", "village"))
    yield holds("letters_by_level", _sum(by_level) <= c("letters_signed"))
    yield holds("grades_sum", graded == assessed)
    for measure in ("rewarded", "penalised"):
        yield holds("measures_within_assessed", c(measure) <= assessed, "warning")


def _policy(_: str) -> Iterator[Check]:
    issued, effective, status = c("issued_on"), c("effective_on"), c("status")
    yield holds("effective_after_issue", issued <= effective)
    yield once("measure_once", "measure")
    for state, on in (("issued", issued), ("in_force", effective), ("complete", effective)):
        yield holds("state_matches_dates", on <= c("period_end"), "warning", when=status == state)


def _motivation(_: str) -> Iterator[Check]:
    activities, participants = c("activities"), c("participants")
    yield holds("activities_have_participants", activities <= participants, "warning")
    yield within("activities_have_participants", participants == 0, activities == 0, "warning")


def _sum(columns: Iterator[str] | tuple[str, ...]) -> pl.Expr:
    first, *others = map(c, columns)
    for other in others:
        first += other
    return first


OWN: dict[str, Callable[[str], Iterator[Check]]] = {
    "relocation": _relocation, "relocation_villages": _villages, "outcomes": _outcomes, "ecology": _ecology,
    "industry": _industry, "finance": _finance, "funds": _funds, "projects": _projects, "health": _health,
    "training": _training, "frontline": _frontline, "support": _support, "support_units": _support_units,
    "accountability": _accountability, "policy": _policy, "motivation": _motivation, "upskilling": _upskilling,
}  # fmt: skip
