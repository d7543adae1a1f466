"""The faults of the faulty twin, as data: at least one for each rule, each breaking as few rules as it can.

Belongs here: what is wrong. The scarce counties come first, so that every fault finds one of its own. Does not belong
here: how a county is found and the key written (`planting.py`); edits of many rows (`fault_edits.py`).
"""

from __future__ import annotations

from decimal import Decimal

from warehouse.sample.fault_edits import (
    blank_summary_demolished,
    can_fall_back,
    completed_before_started,
    completed_unstarted,
    demolished_after_end,
    effective_before_issue,
    has_blank_demolished,
    has_completed,
    has_unstarted,
    reclaimed_too_soon,
)
from warehouse.sample.fault_model import Case, Fault, cells, doubled
from warehouse.sample.outcomes import growth

PROJECTS = ("cropland_to_forest_persons", "afforestation_labour_persons", "forest_guard_persons",
            "orchard_upgrade_persons", "forest_industry_persons")  # fmt: skip
SLIP = 10_000  # a value in 万元 divided once more


def _deep(case: Case) -> bool:
    return case.division.deep_poverty


def _not_deep(case: Case) -> bool:
    return not case.division.deep_poverty


def _national(case: Case) -> bool:
    return case.division.poverty_county_list.startswith("national")


def _not_delisted(case: Case) -> bool:
    return case.text("delisting_status") == "none"


DEEP = (
    Fault("deep_county_norms", "deep_county_norms", "warning", "support",
          cells(lambda _: {"technical_experts": 0}), fits=_deep),
    Fault("measure_once", "measure_once", "critical", "policy", doubled, also=("key_unique",)),
    Fault("effective_after_issue", "effective_after_issue", "critical", "policy", effective_before_issue),
)  # fmt: skip

RELOCATION = (
    Fault("relocation_never_falls", "relocation_never_falls", "critical", "relocation",
          blank_summary_demolished, fits=can_fall_back),
    Fault("relocation_funnel", "relocation_funnel", "critical", "relocation",
          cells(lambda c: {"villages_demolished": c["villages_completed"] + 1}),
          also=("relocation_matches_register",)),
    Fault("people_counts_fall", "people_counts_fall", "warning", "relocation",
          cells(lambda c: {"persons_employed": c.before("persons_employed") - 5}),
          needs=("persons_employed",), fits=lambda c: c.before("persons_employed") > 5),  # noqa: PLR2004
    Fault("relocation_matches_register_planned", "relocation_matches_register", "critical", "relocation",
          cells(lambda c: {"villages_planned": c["villages_planned"] + 3})),
    Fault("relocation_matches_register_completed", "relocation_matches_register", "critical", "relocation",
          cells(lambda c: {"villages_completed": c["villages_completed"] + 1}),
          fits=lambda c: c["villages_completed"] < c["villages_started"]),
    Fault("people_funnel", "people_funnel", "critical", "relocation",
          cells(lambda c: {"persons_moved_in": c["persons_housed"] + 7})),
    Fault("sites_governed", "sites_governed", "warning", "relocation",
          cells(lambda c: {"communities_governed": c["resettlement_sites"] + 1}),
          needs=("resettlement_sites", "communities_governed")),
    Fault("village_unique", "village_unique", "critical", "relocation_villages", doubled, also=("key_unique",)),
    Fault("dates_in_order", "dates_in_order", "critical", "relocation_villages",
          completed_before_started, fits=has_completed),
    Fault("dates_in_order_unstarted", "dates_in_order", "critical", "relocation_villages",
          completed_unstarted, fits=has_unstarted),
    Fault("dates_in_order_period_end", "dates_in_order", "critical", "relocation_villages",
          demolished_after_end, fits=has_blank_demolished),
    Fault("reclaimed_needs_demolished", "reclaimed_needs_demolished", "critical", "relocation_villages",
          reclaimed_too_soon, fits=has_blank_demolished),
)  # fmt: skip

SUPPORT = (
    Fault("unit_once", "unit_once", "critical", "support_units", doubled, fits=_not_deep, also=("key_unique",)),
    Fault("units_match_summary", "units_match_summary", "critical", "support",
          cells(lambda c: {"central_units": c["central_units"] + 1}), needs=("central_units",), fits=_not_deep),
    Fault("sums_match_summary", "sums_match_summary", "critical", "support",
          cells(lambda c: {"aid_projects": c["aid_projects"] + 2}), needs=("aid_projects",), fits=_not_deep),
    Fault("delisting_conditions", "delisting_conditions", "warning", "outcomes",
          cells(lambda _: {"satisfaction_rate": Decimal("88.4")}), fits=lambda c: not _not_delisted(c)),
    Fault("posted_share", "posted_share", "warning", "frontline",
          cells(lambda c: {"first_secretaries_posted": c["first_secretaries"] // 2}),
          needs=("first_secretaries",), fits=_national),
)  # fmt: skip

OUTCOMES = (
    Fault("stock_flow", "stock_flow", "critical", "outcomes",
          cells(lambda c: {"poor_persons_added": c["poor_persons_added"] + 11})),
    Fault("opening_is_last_closing", "opening_is_last_closing", "critical", "outcomes",
          cells(lambda c: {"poor_persons_opening": c["poor_persons_opening"] + 10,
                           "poor_persons_removed": c["poor_persons_removed"] + 10})),
    Fault("headcount_ratio", "headcount_ratio", "critical", "outcomes",
          cells(lambda c: {"poverty_headcount_ratio": c["poverty_headcount_ratio"] + Decimal("0.3")}),
          needs=("poverty_headcount_ratio",), fits=_not_delisted),
    Fault("income_parts", "income_parts", "critical", "outcomes",
          cells(lambda c: {"income_wages": c["income_wages"] + 100}), needs=("income_wages", "income_property")),
    Fault("income_growth", "income_growth", "critical", "outcomes",
          cells(lambda c: {"income_growth": c["income_growth"] + Decimal("0.3")}), needs=("income_per_capita",)),
    Fault("prior_income_is_last_years", "prior_income_is_last_years", "warning", "outcomes",
          cells(lambda c: {"income_per_capita_prior_year": c["income_per_capita_prior_year"] + 37,
                           "income_growth": growth(c["income_per_capita"], c["income_per_capita_prior_year"] + 37)}),
          needs=("income_per_capita",)),
    Fault("villages_exited", "villages_exited", "critical", "outcomes",
          cells(lambda c: {"poor_villages_exited": c["poor_villages_opening"] + 1})),
    Fault("deep_within_poor", "deep_within_poor", "critical", "outcomes",
          cells(lambda c: {"deep_poverty_persons": c["poor_persons_closing"] + 1})),
    Fault("income_plausible", "income_plausible", "warning", "outcomes",
          cells(lambda c: {"income_per_capita": c["income_per_capita"] + 2600,
                           "income_wages": c["income_wages"] + 2600,
                           "income_growth": growth(c["income_per_capita"] + 2600, c["income_per_capita_prior_year"])}),
          needs=("income_per_capita",)),
    Fault("share_bounds", "share_bounds", "critical", "outcomes",
          cells(lambda _: {"satisfaction_rate": Decimal(105)}), needs=("satisfaction_rate",), fits=_not_delisted),
)  # fmt: skip

PROGRAMMES = (
    Fault("gains_bounds", "gains_bounds", "critical", "ecology",
          cells(lambda c: {"persons_with_gains": sum((c[project] for project in PROJECTS), Decimal(10))}),
          needs=("persons_with_gains",)),
    Fault("payment_per_person", "payment_per_person", "warning", "ecology",
          cells(lambda c: {"payments_yuan": c["payments_yuan"] // SLIP}), needs=("persons_with_gains",)),
    Fault("linked_bounds", "linked_bounds", "critical", "industry",
          cells(lambda c: {"households_linked": c["registered_households"] + 1}), needs=("households_linked",)),
    Fault("photovoltaic_installed", "photovoltaic_installed", "warning", "industry",
          cells(lambda c: {"photovoltaic_installed_kw": c["photovoltaic_planned_kw"] * Decimal("1.05")}),
          needs=("photovoltaic_planned_kw",)),
    Fault("loan_cap", "loan_cap", "critical", "finance",
          cells(lambda c: {"loan_amount_yuan": 52_000 * c["loan_households"],
                           "household_use_amount_yuan":
                               52_000 * c["loan_households"] - c["partnership_amount_yuan"]}),
          needs=("loan_households",)),
    Fault("loan_unit_slip", "loan_unit_slip", "warning", "finance",
          cells(lambda c: {"loan_amount_yuan": c["household_use_amount_yuan"] // SLIP
                                               + c["partnership_amount_yuan"] // SLIP,
                           "household_use_amount_yuan": c["household_use_amount_yuan"] // SLIP,
                           "partnership_amount_yuan": c["partnership_amount_yuan"] // SLIP}),
          needs=("loan_households",)),
    Fault("loan_parts", "loan_parts", "critical", "finance",
          cells(lambda c: {"household_use_amount_yuan": c["household_use_amount_yuan"] + 50_000}),
          needs=("loan_households",)),
    Fault("overdue_within_balance", "overdue_within_balance", "critical", "finance",
          cells(lambda c: {"overdue_balance_yuan": c["loan_balance_yuan"] + 10_000}), needs=("loan_balance_yuan",)),
    Fault("none_or_both", "none_or_both", "critical", "finance",
          cells(lambda _: {"loan_households": 0}), needs=("loan_households",), also=("loan_cap",)),
)  # fmt: skip

MEANS = (
    Fault("funds_funnel", "funds_funnel", "warning", "funds",
          cells(lambda c: {"fiscal_spent_yuan": c["fiscal_received_yuan"] + 10_000})),
    Fault("funds_parts", "funds_parts", "critical", "funds",
          cells(lambda c: {"central_allocated_yuan": c["central_allocated_yuan"] + 10_000})),
    Fault("done_within_task", "done_within_task", "warning", "projects",
          cells(lambda c: {"cropland_to_forest_done_mu": c["cropland_to_forest_planned_mu"] + 50})),
    Fault("housing_funnel", "housing_funnel", "critical", "projects",
          cells(lambda c: {"housing_accepted_households": c["housing_completed_households"] + 1})),
    Fault("housing_started_within_task", "housing_started_within_task", "warning", "projects",
          cells(lambda c: {"housing_started_households": c["housing_planned_households"] + 2})),
)  # fmt: skip

SERVICES = (
    Fault("insured_within_registered", "insured_within_registered", "critical", "health",
          cells(lambda c: {"insured_persons": c["registered_persons"] + 9})),
    Fault("reimbursed_within_cost", "reimbursed_within_cost", "critical", "health",
          cells(lambda c: {"reimbursed_yuan": c["medical_cost_yuan"] + 8_000})),
    Fault("not_negative", "not_negative", "critical", "health",
          cells(lambda c: {"serious_illness_persons": -c["serious_illness_persons"]}),
          needs=("serious_illness_persons",)),
    Fault("year_to_date_never_falls", "year_to_date_never_falls", "warning", "health",
          cells(lambda c: {"serious_illness_persons": c.before("serious_illness_persons") - 3}),
          fits=lambda c: c.before("serious_illness_persons") > 3, period="2017-12"),  # noqa: PLR2004
    Fault("certified_within_trained", "certified_within_trained", "critical", "training",
          cells(lambda c: {"certified_persons": c["trained_persons"] + 5})),
    Fault("persons_within_person_times", "persons_within_person_times", "critical", "training",
          cells(lambda c: {"trained_person_times": c["trained_persons"] - 1}), needs=("trained_persons",)),
    Fault("cost_per_person", "cost_per_person", "warning", "training",
          cells(lambda c: {"training_funds_yuan": c["training_funds_yuan"] // SLIP}), needs=("trained_persons",)),
    Fault("plan_progress", "plan_progress", "info", "training",
          cells(lambda c: {"planned_persons": c["trained_persons"] // 2}), needs=("trained_persons",)),
    Fault("transferred_within_trained", "transferred_within_trained", "info", "training",
          cells(lambda c: {"transferred_persons": c["trained_persons"] + 20}),
          needs=("trained_persons",), fits=lambda c: c["transferred_persons"] < c["trained_persons"]),
)  # fmt: skip

VILLAGE_WORK = (
    Fault("members_per_team", "members_per_team", "warning", "frontline",
          cells(lambda c: {"resident_team_members": 2 * c["resident_teams"] - 1}),
          fits=lambda c: c["party_member_team_members"] < 2 * c["resident_teams"]),
    Fault("party_transfer", "party_transfer", "critical", "frontline",
          cells(lambda c: {"party_relation_transferred": c["party_member_team_members"] + 1})),
    Fault("posted_within_secretaries", "posted_within_secretaries", "critical", "frontline",
          cells(lambda c: {"first_secretaries_posted": c["first_secretaries"] + 1})),
    Fault("secretaries_within_villages", "secretaries_within_villages", "info", "frontline",
          cells(lambda c: {"first_secretaries": c["poor_villages"] + 3}),
          fits=lambda c: not _national(c) and c["first_secretaries"] <= c["poor_villages"]),
    Fault("required_present", "required_present", "critical", "frontline", cells(lambda _: {"village_leaders": None})),
    Fault("letters", "letters", "critical", "accountability",
          cells(lambda c: {"letters_signed": c["letters_required"] + 1})),
    Fault("grades_sum", "grades_sum", "critical", "accountability",
          cells(lambda c: {"graded_good": c["graded_good"] + 1})),
    Fault("key_unique", "key_unique", "critical", "accountability", doubled),
)  # fmt: skip

FAULTS = (*DEEP, *RELOCATION, *SUPPORT, *OUTCOMES, *PROGRAMMES, *MEANS, *SERVICES, *VILLAGE_WORK)
