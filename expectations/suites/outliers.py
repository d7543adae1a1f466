"""Rules about outliers, for whichever dataset names a ratio or has numbers. Does not belong here: the bounds
(`expectations.companions`).
"""

from __future__ import annotations

from expectations.companions import ExpectedBounds, PeerRatio
from expectations.companions.expected import GROWTH_HIGH, GROWTH_LOW, LEVEL_HIGH, LEVEL_LOW
from expectations.language.rules import Rule, relation
from warehouse.codebook import Dataset

GROWTH, LEVEL = "growth_outlier", "level_outlier"


def peer_outlier(ratio: PeerRatio) -> Rule:
    """The ratio lies within the bounds of the prefecture's counties."""
    return Rule(
        "peer_outlier",
        "warning",
        "比率与同市各县差异过大",
        "the ratio is far from that of the prefecture's other counties",
        (relation(ratio.relation),),
        source='page: docs/explanation/verdicts.md, "Outliers"',
    )


def expected_bounds(dataset: Dataset) -> ExpectedBounds:
    """What is expected of each number that has no sign; a year is no quantity."""
    return ExpectedBounds(
        tuple(i.column for i in dataset.indicators if i.numeric and i.unit.dtype != "year" and not i.signed)
    )


def outliers(dataset: Dataset) -> tuple[Rule, ...]:
    """Each such number lies within the bounds of its past and its peers' growth, and of its peers' level."""
    columns, source = expected_bounds(dataset).columns, 'page: docs/explanation/verdicts.md, "Outliers"'
    return (
        Rule(
            GROWTH,
            "warning",
            "与上期、上年同期相比,增减幅度和同类县差异过大",
            "it grew, or fell, otherwise than the peers did since the last period and since last year's",
            tuple(relation(f"{GROWTH_LOW}{c} <= {c} <= {GROWTH_HIGH}{c}") for c in columns),
            source=source,
        ),
        Rule(
            LEVEL,
            "warning",
            "与同类县相比,按规模折算的水平差异过大",
            "for the county's size it is far from what the peers have",
            tuple(relation(f"{LEVEL_LOW}{c} <= {c} <= {LEVEL_HIGH}{c}") for c in columns),
            source=source,
        ),
    )
