"""How the columns of a row hang together, and rows made to: what the months between the drawn periods need.

Belongs here: sums, parts and caps of a form, in the order in which they are set right. Does not belong here: what is
checked of a return (room `expectations`).
"""

from __future__ import annotations

import math
from decimal import Decimal

from warehouse.synthetic.records import Row, Value

PROJECTS = tuple(
    f"{project}_persons"
    for project in ("cropland_to_forest", "afforestation_labour", "forest_guard", "orchard_upgrade", "forest_industry")
)
KINDS = tuple(f"{kind}_households" for kind in ("specialty_farming", "photovoltaic", "ecommerce", "tourism"))
LEADERS = tuple(f"village_leaders_{level}" for level in ("provincial", "prefecture", "county", "township"))
LETTERS = tuple(f"letters_signed_{level}" for level in ("provincial", "prefecture", "county", "township", "village"))
# `=` computes the left side, `<=` lowers it, `>=` lifts it, to the right side: a sum, or a column over a number,
# rounded up. A bound that rises leaves what rises rising.
AGREEMENTS: dict[str, tuple[str, ...]] = {
    "relocation": (
        "persons_housed <= persons_identified",
        "persons_moved_in <= persons_housed",
        "communities_governed <= resettlement_sites",
    ),
    "ecology": (
        *(f"{project} <= persons_with_gains" for project in PROJECTS),
        f"persons_with_gains <= {' + '.join(PROJECTS)}",
    ),
    "industry": (
        "households_linked <= registered_households",
        *(f"{kind} <= households_linked" for kind in KINDS),
        f"households_linked <= {' + '.join(KINDS)}",
        "photovoltaic_installed_kw <= photovoltaic_planned_kw",
    ),
    "finance": (
        "loan_amount_yuan = household_use_amount_yuan + partnership_amount_yuan",
        "loan_households <= loan_amount_yuan / 1000",
        "loan_households >= loan_amount_yuan / 50000",
        "overdue_balance_yuan <= loan_balance_yuan",
    ),
    "funds": (
        "fiscal_allocated_yuan = central_allocated_yuan + provincial_allocated_yuan",
        "fiscal_received_yuan <= fiscal_allocated_yuan",
        "fiscal_spent_yuan <= fiscal_received_yuan",
    ),
    "projects": (
        "cropland_to_forest_done_mu <= cropland_to_forest_planned_mu",
        "afforestation_done_mu <= afforestation_planned_mu",
        "sea_buckthorn_done_mu <= sea_buckthorn_planned_mu",
        "housing_started_households <= housing_planned_households",
        "housing_completed_households <= housing_started_households",
        "housing_accepted_households <= housing_completed_households",
    ),
    "health": (
        "insured_persons <= registered_persons",
        "contracted_persons <= registered_persons",
        "reimbursed_yuan <= medical_cost_yuan",
    ),
    "training": (
        "trained_person_times >= trained_persons",
        "certified_persons <= trained_persons",
    ),
    "upskilling": ("upskilling_spent_yuan <= upskilling_planned_yuan",),
    "frontline": (
        f"village_leaders = {' + '.join(LEADERS)}",
        "party_member_team_members <= resident_team_members",
        "party_relation_transferred <= party_member_team_members",
        "first_secretaries_posted <= first_secretaries",
        "rotations_done <= rotations_due",
        "secretary_rotations_done <= secretary_rotations_due",
    ),
    "accountability": (
        f"letters_signed >= {' + '.join(LETTERS)}",
        "letters_required >= letters_signed",
        "units_assessed = graded_excellent + graded_good + graded_fair + graded_poor",
        "rewarded <= units_assessed",
        "penalised <= units_assessed",
    ),
    "motivation": ("participants >= activities",),
}


def agreed(dataset: str, row: Row) -> Row:
    """The row with its columns in agreement; a blank binds nothing, but counts nothing in what lifts another."""
    mended = dict(row)
    for line in AGREEMENTS.get(dataset, ()):
        column, sign, *formula = line.split()
        now, bound = mended[column], _bound(mended, formula, lifts=sign == ">=")
        if now is not None and bound is not None:
            mended[column] = {"=": lambda _, b: b, "<=": min, ">=": max}[sign](now, bound)  # type: ignore[operator]
    return mended


def _bound(row: Row, formula: list[str], *, lifts: bool) -> Value:
    """A sum, or a column over a number, rounded up; None where a part is blank, unless it `lifts`."""
    if "/" in formula:
        over = row[formula[0]]
        return None if over is None else math.ceil(Decimal(str(over)) / int(formula[2]))
    values = [row[part] for part in formula[::2]]
    if lifts:
        values = [value or 0 for value in values]
    return None if None in values else sum(values)  # type: ignore[arg-type]
