"""Rules of industry: households linked, counted once over four kinds, and photovoltaics."""

from __future__ import annotations

from expectations.language.rules import Rule, relation

KINDS = ("specialty_farming_households", "photovoltaic_households", "ecommerce_households", "tourism_households")

RULES = (
    Rule(
        "linked_bounds",
        "critical",
        "利益联结户(去重)不少于任一类带动户,不多于四类之和,也不多于建档立卡户",
        "households counted once are no fewer than of any kind, no more than of all four or than are registered",
        (
            *(relation(f"{kind} <= households_linked") for kind in KINDS),
            relation(f"households_linked <= {' + '.join(KINDS)}"),
            relation("households_linked <= registered_households"),
        ),
        source="identity: a union of sets is no smaller than any of them and no larger than their sum",
    ),
    Rule(
        "photovoltaic_installed",
        "warning",
        "光伏并网规模超过三年规划,请核实",
        "no more photovoltaic capacity is on the grid than the plan has",
        (relation("photovoltaic_installed_kw <= photovoltaic_planned_kw"),),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
)
