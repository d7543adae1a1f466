"""Rules of the list of supporting units: a row a unit. That the summary agrees with it is a rule of `support`."""

from __future__ import annotations

from expectations.language.rules import Rule, unique

RULES = (
    Rule(
        "unit_once",
        "critical",
        "帮扶单位在名册中不得重复",
        "a unit stands once in the list, at its level",
        (unique("receipt", "county_code", "period", "unit_level", "unit_name"),),
        source="form: a row a unit and level",
    ),
)
