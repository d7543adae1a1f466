"""Rules of accountability: letters and the secretaries who signed them, grades, rewards and penalties."""

from __future__ import annotations

from expectations.language.rules import Rule, relation

SECRETARIES = " + ".join(
    f"letters_signed_{level}" for level in ("provincial", "prefecture", "county", "township", "village")
)

RULES = (
    Rule(
        "letters",
        "critical",
        "已签责任书 ≤ 应签责任书",
        "no more letters are signed than required",
        (relation("letters_signed <= letters_required"),),
        source="identity: the letters signed are among those required",
    ),
    Rule(
        "letters_by_level",
        "critical",
        "五级书记双签责任书之和 ≤ 已签责任书",
        "the letters that secretaries of the five levels signed are among those signed",
        (relation(f"{SECRETARIES} <= letters_signed"),),
        source="identity: a letter that a secretary signed is a letter signed",
    ),
    Rule(
        "grades_sum",
        "critical",
        "优秀 + 良好 + 一般 + 较差 = 考核单位",
        "the four grades add up to the units assessed",
        (relation("graded_excellent + graded_good + graded_fair + graded_poor == units_assessed"),),
        source="identity: each unit assessed has one of the four grades",
    ),
    Rule(
        "measures_within_assessed",
        "warning",
        "奖励、惩处单位均不应多于考核单位",
        "no more units are rewarded, or penalised, than assessed",
        (relation("rewarded <= units_assessed"), relation("penalised <= units_assessed")),
        source='page: docs/explanation/rules.md, "Near certain, yet a query"',
    ),
)
