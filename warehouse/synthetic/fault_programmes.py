"""The faults in programmes, means, services and village work, as data.

Belongs here: what is wrong there. Does not belong here: the other forms (`faults.py`), how a county is found and the
key written (`planting.py`).
"""

from __future__ import annotations

from decimal import Decimal

from warehouse.synthetic.fault_model import PlantedFault, cells, doubled, listed_nationally, many_peers

PROJECTS = ("cropland_to_forest_persons", "afforestation_labour_persons", "forest_guard_persons",
            "orchard_upgrade_persons", "forest_industry_persons")  # fmt: skip
SECRETARIES = ("provincial", "prefecture", "county", "township", "village")
SLIP = 10_000  # a value in 万元 divided once more

PEERS = (
    PlantedFault("payment_per_person", "payment_per_person", "warning", "ecology",
          cells(lambda c: {"payments_yuan": c["payments_yuan"] // SLIP}), needs=("persons_with_gains",),
          fits=many_peers, also=("peer_outlier",)),
    PlantedFault("loan_unit_slip", "loan_unit_slip", "warning", "finance",
          cells(lambda c: {"loan_amount_yuan": c["household_use_amount_yuan"] // SLIP
                                               + c["partnership_amount_yuan"] // SLIP,
                           "household_use_amount_yuan": c["household_use_amount_yuan"] // SLIP,
                           "partnership_amount_yuan": c["partnership_amount_yuan"] // SLIP}),
          needs=("loan_households",), fits=many_peers, also=("peer_outlier",)),
    PlantedFault("cost_per_person", "cost_per_person", "warning", "training",
          cells(lambda c: {"training_funds_yuan": c["training_funds_yuan"] // SLIP}), needs=("trained_persons",),
          fits=many_peers, also=("peer_outlier",)),
    PlantedFault("peer_outlier_reimbursed", "peer_outlier", "warning", "health",
          cells(lambda c: {"reimbursed_yuan": c["medical_cost_yuan"] // 10}), needs=("medical_cost_yuan",),
          fits=many_peers),
    PlantedFault("peer_outlier_spent", "peer_outlier", "warning", "funds",
          cells(lambda c: {"fiscal_spent_yuan": c["fiscal_received_yuan"] // 50}), needs=("fiscal_received_yuan",),
          fits=many_peers),
    PlantedFault("peer_outlier_members", "peer_outlier", "warning", "frontline",
          cells(lambda c: {"resident_team_members": 12 * c["resident_teams"]}), needs=("resident_teams",),
          fits=many_peers),
)  # fmt: skip

PROGRAMMES = (
    PlantedFault("gains_bounds", "gains_bounds", "critical", "ecology",
          cells(lambda c: {"persons_with_gains": sum((c[project] for project in PROJECTS), Decimal(10))}),
          needs=("persons_with_gains",)),
    PlantedFault("linked_bounds", "linked_bounds", "critical", "industry",
          cells(lambda c: {"households_linked": c["registered_households"] + 1}), needs=("households_linked",)),
    PlantedFault("photovoltaic_installed", "photovoltaic_installed", "warning", "industry",
          cells(lambda c: {"photovoltaic_installed_kw": c["photovoltaic_planned_kw"] * Decimal("1.05")}),
          needs=("photovoltaic_planned_kw",)),
    PlantedFault("loan_cap", "loan_cap", "critical", "finance",
          cells(lambda c: {"loan_amount_yuan": 52_000 * c["loan_households"],
                           "household_use_amount_yuan":
                               52_000 * c["loan_households"] - c["partnership_amount_yuan"]}),
          needs=("loan_households",)),
    PlantedFault("loan_parts", "loan_parts", "critical", "finance",
          cells(lambda c: {"household_use_amount_yuan": c["household_use_amount_yuan"] + 50_000}),
          needs=("loan_households",)),
    PlantedFault("overdue_within_balance", "overdue_within_balance", "critical", "finance",
          cells(lambda c: {"overdue_balance_yuan": c["loan_balance_yuan"] + 10_000}), needs=("loan_balance_yuan",)),
    PlantedFault("none_or_both", "none_or_both", "critical", "finance",
          cells(lambda _: {"loan_households": 0}), needs=("loan_households",), also=("loan_cap",)),
)  # fmt: skip

MEANS = (
    PlantedFault("funds_funnel", "funds_funnel", "warning", "funds",
          cells(lambda c: {"fiscal_spent_yuan": c["fiscal_received_yuan"] + 10_000}), period="2017-12"),
    PlantedFault("funds_parts", "funds_parts", "critical", "funds",
          cells(lambda c: {"central_allocated_yuan": c["central_allocated_yuan"] + 10_000})),
    PlantedFault("done_within_task", "done_within_task", "warning", "projects",
          cells(lambda c: {"cropland_to_forest_done_mu": c["cropland_to_forest_planned_mu"] + 50})),
    PlantedFault("housing_funnel", "housing_funnel", "critical", "projects",
          cells(lambda c: {"housing_accepted_households": c["housing_completed_households"] + 1})),
    PlantedFault("housing_started_within_task", "housing_started_within_task", "warning", "projects",
          cells(lambda c: {"housing_started_households": c["housing_planned_households"] + 2})),
)  # fmt: skip

SERVICES = (
    PlantedFault("insured_within_registered", "insured_within_registered", "critical", "health",
          cells(lambda c: {"insured_persons": c["registered_persons"] + 9})),
    PlantedFault("contracted_within_registered", "contracted_within_registered", "critical", "health",
          cells(lambda c: {"contracted_persons": c["registered_persons"] + 4}), needs=("contracted_persons",)),
    PlantedFault("growth_outlier", "growth_outlier", "warning", "health",
          cells(lambda c: {"insured_persons": c["insured_persons"] // 4}),
          fits=lambda c: c.before("insured_persons") > 0),
    PlantedFault("reimbursed_within_cost", "reimbursed_within_cost", "critical", "health",
          cells(lambda c: {"reimbursed_yuan": c["medical_cost_yuan"] + 8_000})),
    PlantedFault("not_negative", "not_negative", "critical", "health",
          cells(lambda c: {"serious_illness_persons": -c["serious_illness_persons"]}),
          needs=("serious_illness_persons",)),
    PlantedFault("year_to_date_never_falls", "year_to_date_never_falls", "warning", "health",
          cells(lambda c: {"serious_illness_persons": c.before("serious_illness_persons") - 3}),
          fits=lambda c: c.before("serious_illness_persons") > 3, period="2017-12"),  # noqa: PLR2004
    PlantedFault("certified_within_trained", "certified_within_trained", "critical", "training",
          cells(lambda c: {"certified_persons": c["trained_persons"] + 5})),
    PlantedFault("persons_within_person_times", "persons_within_person_times", "critical", "training",
          cells(lambda c: {"trained_person_times": c["trained_persons"] - 1}), needs=("trained_persons",)),
    PlantedFault("plan_progress", "plan_progress", "info", "training",
          cells(lambda c: {"planned_persons": c["trained_persons"] // 2}), needs=("trained_persons",)),
    PlantedFault("transferred_within_trained", "transferred_within_trained", "info", "training",
          cells(lambda c: {"transferred_persons": c["trained_persons"] + 20}),
          needs=("trained_persons",), fits=lambda c: c["transferred_persons"] < c["trained_persons"]),
)  # fmt: skip

VILLAGE_WORK = (
    PlantedFault("members_per_team", "members_per_team", "warning", "frontline",
          cells(lambda c: {"resident_team_members": 2 * c["resident_teams"] - 1}),
          fits=lambda c: c["party_member_team_members"] < 2 * c["resident_teams"]),
    PlantedFault("party_transfer", "party_transfer", "critical", "frontline",
          cells(lambda c: {"party_relation_transferred": c["party_member_team_members"] + 1})),
    PlantedFault("posted_within_secretaries", "posted_within_secretaries", "critical", "frontline",
          cells(lambda c: {"first_secretaries_posted": c["first_secretaries"] + 1})),
    PlantedFault("secretaries_within_villages", "secretaries_within_villages", "info", "frontline",
          cells(lambda c: {"first_secretaries": c["poor_villages"] + 3}),
          fits=lambda c: not listed_nationally(c) and c["first_secretaries"] <= c["poor_villages"]),
    PlantedFault("rotations_within_due", "rotations_within_due", "warning", "frontline",
          cells(lambda c: {"rotations_done": c["rotations_due"] + 3}), needs=("rotations_due", "rotations_done")),
    PlantedFault("teams_cover_villages", "teams_cover_villages", "warning", "frontline",
          cells(lambda c: {"resident_teams": c["poor_villages"] - 1,
                           "resident_team_members": 3 * (c["poor_villages"] - 1),
                           "party_member_team_members": c["poor_villages"] - 1,
                           "party_relation_transferred": c["poor_villages"] - 2}),
          fits=lambda c: c["poor_villages"] > 2),  # noqa: PLR2004
    PlantedFault("required_present", "required_present", "critical", "frontline",
          cells(lambda _: {"village_leaders": None})),
    PlantedFault("letters", "letters", "critical", "accountability",
          cells(lambda c: {"letters_signed": c["letters_required"] + 1})),
    PlantedFault("grades_sum", "grades_sum", "critical", "accountability",
          cells(lambda c: {"graded_good": c["graded_good"] + 1})),
    PlantedFault("measures_within_assessed", "measures_within_assessed", "warning", "accountability",
          cells(lambda c: {"rewarded": c["units_assessed"] + 2})),
    PlantedFault("key_unique", "key_unique", "critical", "accountability", doubled),
)  # fmt: skip

# After all others, so that those keep the counties that they have.
ADDED = (
    PlantedFault("village_leaders_by_level", "village_leaders_by_level", "critical", "frontline",
          cells(lambda c: {"village_leaders_county": c["village_leaders_county"] + 2})),
    PlantedFault("secretary_rotations", "rotations_within_due", "warning", "frontline",
          cells(lambda c: {"secretary_rotations_done": c["secretary_rotations_due"] + 1}),
          needs=("secretary_rotations_due", "secretary_rotations_done")),
    PlantedFault("letters_by_level", "letters_by_level", "critical", "accountability",
          cells(lambda c: {"letters_signed_township": c["letters_signed"] + 1}),
          fits=lambda c: all(c[f"letters_signed_{level}"] >= 0 for level in SECRETARIES)),
    PlantedFault("upskilled_within_plan", "upskilled_within_plan", "info", "upskilling",
          cells(lambda c: {"upskilling_planned_persons": c["upskilled_persons"] // 2}), needs=("upskilled_persons",)),
    PlantedFault("upskilling_spent_within_plan", "upskilling_spent_within_plan", "warning", "upskilling",
          cells(lambda c: {"upskilling_planned_yuan": c["upskilling_spent_yuan"] // 2}),
          needs=("upskilling_spent_yuan",)),
    PlantedFault("cost_per_person_upskilled", "cost_per_person_upskilled", "warning", "upskilling",
          cells(lambda c: {"upskilling_spent_yuan": c["upskilling_spent_yuan"] // SLIP}),
          needs=("upskilled_persons",)),
    PlantedFault("level_outlier", "level_outlier", "warning", "upskilling",
          cells(lambda c: {"upskilling_planned_persons": 40 * c["upskilling_planned_persons"]}),
          needs=("upskilling_planned_persons",)),
)  # fmt: skip
