"""Rules about a return as a whole, nil ones too: one row a return, of all datasets."""

from __future__ import annotations

from collections.abc import Iterable

from expectations.language.rules import Rule, When, in_set, relation
from warehouse.codebook import Codebook

REGISTER = "relocation_villages"


def rules(book: Codebook, period: str) -> tuple[Rule, ...]:
    """known_county, against the divisions that owe the period's returns, or end within it; register_never_shrinks."""
    # Where the day within the month is not known, the old code's last return is not refused for it.
    codes = [d.county_code for d in book.divisions if d.in_force(period) or d.ends_within(period)]
    return (
        Rule(
            "known_county",
            "critical",
            "区划代码在报告期内应当有效",
            "the county code is in force in the period",
            (in_set("county_code", codes),),
            source="law: GB/T 2260, by day (codebook/divisions.csv, changes.csv)",
        ),
        Rule(
            "register_never_shrinks",
            "critical",
            "名册中的自然村数不得少于上期",
            "the village register has no fewer villages than the last accepted one; nil has none",
            (relation("rows >= rows_before", when=When("dataset", "==", REGISTER)),),
            source='page: docs/explanation/rules.md, "What only rises"',
        ),
    )


def about(given: Iterable[Rule], dataset: str) -> tuple[Rule, ...]:
    """The rules that speak of a dataset's returns."""
    return tuple(rule for rule in given if all(c.when is None or c.when.value == dataset for c in rule.checks))


def counted(given: Iterable[Rule]) -> tuple[str, ...]:
    """The datasets whose rows are counted for a rule."""
    wheres = (c.when for rule in given for c in rule.checks if c.when and "rows" in c.columns)
    return tuple(dict.fromkeys(str(when.value) for when in wheres))
