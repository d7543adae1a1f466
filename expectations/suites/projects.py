"""Rules of projects: what is done of the year's tasks in forests and housing."""

from __future__ import annotations

from expectations.language.rules import Rule, relation

TASKS = ("cropland_to_forest", "afforestation", "sea_buckthorn")

RULES = (
    Rule(
        "done_within_task",
        "warning",
        "完成面积超过任务,请核实",
        "no more is done than the task asks for",
        tuple(relation(f"{task}_done_mu <= {task}_planned_mu") for task in TASKS),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
    Rule(
        "housing_funnel",
        "critical",
        "验收户数 ≤ 竣工户数 ≤ 开工户数",
        "no more houses are accepted than completed, completed than started",
        (relation("housing_accepted_households <= housing_completed_households <= housing_started_households"),),
        source="identity: what is accepted was completed, what is completed was started",
    ),
    Rule(
        "housing_started_within_task",
        "warning",
        "开工户数超过任务,请核实",
        "no more houses are started than the task asks for",
        (relation("housing_started_households <= housing_planned_households"),),
        source='page: docs/explanation/rules.md, "More than planned"',
    ),
)
