"""Rules of upskilling: who is trained, and what is spent, of the year's plan."""

from __future__ import annotations

from expectations.language.rules import Rule, relation

RULES = (
    Rule(
        "upskilled_within_plan",
        "info",
        "技能提升培训人数超过计划",
        "more persons are upskilled than planned",
        (relation("upskilled_persons <= upskilling_planned_persons"),),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
    Rule(
        "upskilling_spent_within_plan",
        "warning",
        "技能提升支出资金超过计划,请核实",
        "no more is spent on upskilling than planned",
        (relation("upskilling_spent_yuan <= upskilling_planned_yuan"),),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
    Rule(
        "cost_per_person_upskilled",
        "warning",
        "人均技能提升资金应在 100 元至 2 万元之间,请核对单位(万元)",
        "between 100 and 20000 yuan are spent on a person upskilled: beyond it a unit may have slipped",
        (relation("100 <= upskilling_spent_yuan / upskilled_persons <= 20000"),),
        source='page: docs/explanation/rules.md, "Ranges that catch a slip"',
    ),
)
