"""Rules about a return as a whole, nil ones too: one row a return."""

from __future__ import annotations

from expectations.rules import Rule, in_set
from warehouse.codebook import Codebook


def rules(book: Codebook, period: str) -> tuple[Rule, ...]:
    """known_county, against the divisions in force in the period's year."""
    codes = [d.county_code for d in book.in_force(int(period[:4]))]
    return (
        Rule(
            "known_county",
            "critical",
            "区划代码在报告期内应当有效",
            "the county code is in force in the period",
            (in_set("county_code", codes),),
            source="GB/T 2260; reference/counties.csv: 140202 is valid in 2017 and not in 2019",
        ),
    )
