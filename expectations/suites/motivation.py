"""Rules of motivation: activities and who took part."""

from __future__ import annotations

from expectations.language.rules import Rule, When, in_set, relation

RULES = (
    Rule(
        "activities_have_participants",
        "warning",
        "每场活动至少有一人参与,没有活动就没有参与人次",
        "each activity has a participant, and none take part where there is none",
        (
            relation("activities <= participants"),
            in_set("participants", [0], When("activities", "==", 0)),
        ),
        source='page: docs/explanation/rules.md, "Near certain, yet a query"',
    ),
)
