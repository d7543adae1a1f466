"""The faults of the faulty twin, as data: at least one for each rule, each breaking as few rules as it can.

Belongs here: what is wrong, and the order: the scarce counties come first, so that every fault finds one of its own.
Does not belong here: the faults in programmes and services (`fault_programmes.py`); how a county is found and the key
written (`planting.py`); edits of many rows (`fault_edits.py`).
"""

from __future__ import annotations

from decimal import Decimal

from warehouse.synthetic.fault_edits import (
    blank_summary_demolished,
    can_fall_back,
    completed_before_started,
    completed_unstarted,
    demolished_after_end,
    effective_after_end,
    effective_before_issue,
    has_blank_demolished,
    has_long_started,
    has_newly_completed,
    has_unstarted,
    reclaimed_too_soon,
    started_otherwise,
)
from warehouse.synthetic.fault_model import Case, PlantedFault, cells, doubled, emptied, listed_nationally
from warehouse.synthetic.fault_programmes import ADDED, MEANS, PEERS, PROGRAMMES, SERVICES, VILLAGE_WORK
from warehouse.synthetic.outcomes import growth


def _deep(case: Case) -> bool:
    return case.division.deep_poverty


def _not_deep(case: Case) -> bool:
    return not case.division.deep_poverty


def _not_delisted(case: Case) -> bool:
    return case.text("delisting_status") == "none"


SCARCE = (
    PlantedFault("poor_within_rural", "poor_within_rural", "critical", "outcomes",
          cells(lambda c: {"poor_persons_added": c["poor_persons_added"] + 6,
                           "poor_persons_closing": c["poor_persons_closing"] + 6}),
          fits=lambda c: c["rural_population"] == 0),
    PlantedFault("deep_county_norms", "deep_county_norms", "warning", "support",
          cells(lambda _: {"technical_experts": 0}), fits=_deep),
    PlantedFault("measure_once", "measure_once", "critical", "policy", doubled, also=("key_unique",)),
    PlantedFault("effective_after_issue", "effective_after_issue", "critical", "policy", effective_before_issue),
    PlantedFault("state_matches_dates", "state_matches_dates", "warning", "policy", effective_after_end),
    PlantedFault("delisting_conditions", "delisting_conditions", "warning", "outcomes",
          cells(lambda _: {"satisfaction_rate": Decimal("88.4")}), fits=lambda c: not _not_delisted(c)),
    PlantedFault("delisting_stands", "delisting_stands", "warning", "outcomes",
          cells(lambda _: {"delisting_status": "none"}), fits=lambda c: not _not_delisted(c)),
)  # fmt: skip

RELOCATION = (
    PlantedFault("relocation_never_falls", "relocation_never_falls", "critical", "relocation",
          blank_summary_demolished, fits=can_fall_back, beside={"relocation_villages": "village_dates_kept"}),
    PlantedFault("relocation_funnel", "relocation_funnel", "critical", "relocation",
          cells(lambda c: {"villages_demolished": c["villages_completed"] + 1}),
          also=("relocation_matches_register",)),
    PlantedFault("people_counts_fall", "people_counts_fall", "warning", "relocation",
          cells(lambda c: {"persons_employed": c.before("persons_employed") - 5}),
          needs=("persons_employed",), fits=lambda c: c.before("persons_employed") > 5,  # noqa: PLR2004
          explanation="5 人已外出务工,不再计入产业就业保障"),
    PlantedFault("relocation_matches_register_planned", "relocation_matches_register", "critical", "relocation",
          cells(lambda c: {"villages_planned": c["villages_planned"] + 3})),
    PlantedFault("relocation_matches_register_completed", "relocation_matches_register", "critical", "relocation",
          cells(lambda c: {"villages_completed": c["villages_completed"] + 1}),
          fits=lambda c: c["villages_completed"] < c["villages_started"]),
    PlantedFault("people_funnel", "people_funnel", "critical", "relocation",
          cells(lambda c: {"persons_moved_in": c["persons_housed"] + 7})),
    PlantedFault("sites_governed", "sites_governed", "warning", "relocation",
          cells(lambda c: {"communities_governed": c["resettlement_sites"] + 1}),
          needs=("resettlement_sites", "communities_governed")),
    PlantedFault("village_unique", "village_unique", "critical", "relocation_villages", doubled, also=("key_unique",)),
    PlantedFault("dates_in_order", "dates_in_order", "critical", "relocation_villages",
          completed_before_started, fits=has_newly_completed),
    PlantedFault("dates_in_order_unstarted", "dates_in_order", "critical", "relocation_villages",
          completed_unstarted, fits=has_unstarted),
    PlantedFault("dates_in_order_period_end", "dates_in_order", "critical", "relocation_villages",
          demolished_after_end, fits=has_blank_demolished),
    PlantedFault("reclaimed_needs_demolished", "reclaimed_needs_demolished", "critical", "relocation_villages",
          reclaimed_too_soon, fits=has_blank_demolished),
    PlantedFault("village_dates_kept", "village_dates_kept", "warning", "relocation_villages",
          started_otherwise, fits=has_long_started),
    PlantedFault("households_within_persons", "households_within_persons", "warning", "relocation_villages",
          cells(lambda c: {"persons": c["households"] - 1}), needs=("households",)),
    PlantedFault("register_never_shrinks", "register_never_shrinks", "critical", "relocation_villages", emptied),
)  # fmt: skip

SUPPORT = (
    PlantedFault("unit_once", "unit_once", "critical", "support_units", doubled, fits=_not_deep, also=("key_unique",)),
    PlantedFault("units_match_summary", "units_match_summary", "critical", "support",
          cells(lambda c: {"central_units": c["central_units"] + 1}), needs=("central_units",), fits=_not_deep),
    PlantedFault("sums_match_summary", "sums_match_summary", "critical", "support",
          cells(lambda c: {"aid_projects": c["aid_projects"] + 2}), needs=("aid_projects",), fits=_not_deep),
    PlantedFault("activities_have_participants", "activities_have_participants", "warning", "motivation",
          cells(lambda c: {"participants": c["activities"] - 1}), needs=("activities",)),
    PlantedFault("posted_share", "posted_share", "warning", "frontline",
          cells(lambda c: {"first_secretaries_posted": c["first_secretaries"] // 2}),
          needs=("first_secretaries",), fits=listed_nationally),
)  # fmt: skip

OUTCOMES = (
    PlantedFault("stock_flow", "stock_flow", "critical", "outcomes",
          cells(lambda c: {"poor_persons_added": c["poor_persons_added"] + 11})),
    PlantedFault("opening_is_last_closing", "opening_is_last_closing", "critical", "outcomes",
          cells(lambda c: {"poor_persons_opening": c["poor_persons_opening"] + 10,
                           "poor_persons_removed": c["poor_persons_removed"] + 10})),
    PlantedFault("poor_villages_carried", "poor_villages_carried", "warning", "outcomes",
          cells(lambda c: {"poor_villages_opening": c["poor_villages_opening"] + 1})),
    PlantedFault("headcount_ratio", "headcount_ratio", "critical", "outcomes",
          cells(lambda c: {"poverty_headcount_ratio": c["poverty_headcount_ratio"] + Decimal("0.3")}),
          needs=("poverty_headcount_ratio",), fits=_not_delisted),
    PlantedFault("income_parts", "income_parts", "critical", "outcomes",
          cells(lambda c: {"income_wages": c["income_wages"] + 100}), needs=("income_wages", "income_property")),
    PlantedFault("income_growth", "income_growth", "critical", "outcomes",
          cells(lambda c: {"income_growth": c["income_growth"] + Decimal("0.3")}), needs=("income_per_capita",)),
    PlantedFault("prior_income_is_last_years", "prior_income_is_last_years", "warning", "outcomes",
          cells(lambda c: {"income_per_capita_prior_year": c["income_per_capita_prior_year"] + 37,
                           "income_growth": growth(c["income_per_capita"], c["income_per_capita_prior_year"] + 37)}),
          needs=("income_per_capita",)),
    PlantedFault("villages_exited", "villages_exited", "critical", "outcomes",
          cells(lambda c: {"poor_villages_exited": c["poor_villages_opening"] + 1})),
    PlantedFault("deep_within_poor", "deep_within_poor", "critical", "outcomes",
          cells(lambda c: {"deep_poverty_persons": c["poor_persons_closing"] + 1})),
    PlantedFault("income_plausible", "income_plausible", "warning", "outcomes",
          cells(lambda c: {"income_per_capita": c["income_per_capita"] + 2600,
                           "income_wages": c["income_wages"] + 2600,
                           "income_growth": growth(c["income_per_capita"] + 2600, c["income_per_capita_prior_year"])}),
          needs=("income_per_capita",)),
    PlantedFault("share_bounds", "share_bounds", "critical", "outcomes",
          cells(lambda _: {"satisfaction_rate": Decimal(105)}), needs=("satisfaction_rate",), fits=_not_delisted),
)  # fmt: skip

SLIPS = (
    # Yuan typed in a column of 万元 whose header was made 亿元.
    PlantedFault("county_ceiling", "county_ceiling", "critical", "funds",
          cells(lambda c: {"revolving_fund_yuan": 10**8 * (c["revolving_fund_yuan"] + 10**6)})),
)  # fmt: skip

FAULTS = (
    *SCARCE, *PEERS, *RELOCATION, *SUPPORT, *OUTCOMES, *PROGRAMMES, *MEANS, *SERVICES, *VILLAGE_WORK, *SLIPS,
    *ADDED,
)  # fmt: skip
