"""Rules of the extraordinary measures: a row a measure."""

from __future__ import annotations

from expectations.companions import PeriodEnd
from expectations.language.rules import Rule, When, relation, unique

COMPANIONS = (PeriodEnd(),)

RULES = (
    Rule(
        "effective_after_issue",
        "critical",
        "施行日期不早于印发日期",
        "a measure is in effect from its issue at the earliest",
        (relation("issued_on <= effective_on"),),
        source="identity: what is not issued is not in effect",
    ),
    Rule(
        "measure_once",
        "critical",
        "同一举措只报一次",
        "a measure stands once in a return",
        (unique("receipt", "county_code", "period", "measure"),),
        source="form: a row a measure",
    ),
    Rule(
        "state_matches_dates",
        "warning",
        "已印发、已施行、已完成的举措,其日期不应晚于报告期末",
        "what is issued was issued, and what is in force or complete took effect, by the period's end",
        (
            relation("issued_on <= period_end", when=When("status", "==", "issued")),
            relation("effective_on <= period_end", when=When("status", "==", "in_force")),
            relation("effective_on <= period_end", when=When("status", "==", "complete")),
        ),
        source='page: docs/explanation/rules.md, "Near certain, yet a query"',
    ),
)
