"""Rules of the village register: a row a village."""

from __future__ import annotations

from expectations.companions import Last, PeriodEnd
from expectations.language.rules import Rule, When, not_null, relation, unique

DATES = ("started_on", "completed_on", "demolished_on")
COMPANIONS = (PeriodEnd(), Last("last_", DATES))

RULES = (
    Rule(
        "village_unique",
        "critical",
        "自然村代码在名册中不得重复",
        "a village stands once in the register",
        (unique("receipt", "county_code", "period", "village_code"),),
        source="form: a row a village",
    ),
    Rule(
        "dates_in_order",
        "critical",
        "启动、完成、拆除复垦日期应依次不早于前者,且不晚于报告期末;有后一日期须有前一日期",
        "started, completed and demolished follow one another, none after the period's end, none without the earlier",
        (
            relation("started_on <= completed_on"),
            relation("completed_on <= demolished_on"),
            relation("started_on <= period_end"),
            relation("completed_on <= period_end"),
            relation("demolished_on <= period_end"),
            not_null("started_on", When("completed_on", "is_not_null")),
            not_null("completed_on", When("demolished_on", "is_not_null")),
        ),
        source="identity: what ends has begun, and nothing that is reported comes after the period",
    ),
    Rule(
        "reclaimed_needs_demolished",
        "critical",
        "有复垦面积须有拆除复垦日期",
        "an area is reclaimed only where the village is demolished",
        (not_null("demolished_on", When("reclaimed_area_mu", ">", 0)),),
        source="identity: land is reclaimed where a village stood",
    ),
    Rule(
        "village_dates_kept",
        "warning",
        "上期已报的启动、完成、拆除复垦日期不应改动或删除",
        "a date that the last register gave is neither changed nor taken back",
        (
            *(not_null(column, When(f"last_{column}", "is_not_null")) for column in DATES),
            *(relation(f"{column} == last_{column}") for column in DATES),
        ),
        source='page: docs/explanation/rules.md, "What only rises"',
    ),
    Rule(
        "households_within_persons",
        "warning",
        "户数 ≤ 人数",
        "no more households than persons: each has at least one",
        (relation("households <= persons"),),
        source='page: docs/explanation/rules.md, "Near certain, yet a query"',
    ),
)
