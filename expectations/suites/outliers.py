"""Rules about outliers, for whichever dataset names a ratio or has a past. Does not belong here: the bounds
(`expectations.companions`).
"""

from __future__ import annotations

from expectations.companions import HistoryBounds, PeerRatio
from expectations.companions.history import HIGH, LOW
from expectations.language.rules import Rule, relation
from warehouse.codebook import Dataset, Indicator


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


def history_bounds(dataset: Dataset) -> HistoryBounds:
    """The bounds of what is held against its past: stocks and ratios that are numbers and have no sign.

    Neither what only rises nor what starts anew each year has a usual value; a year is no quantity.
    """
    return HistoryBounds(tuple(i.column for i in dataset.indicators if _steady(i)))


def history_outlier(dataset: Dataset) -> Rule:
    """Each such column lies within the bounds of the county's own earlier periods."""
    return Rule(
        "history_outlier",
        "warning",
        "与本县以往各期差异过大",
        "the value is far from the county's own in earlier periods",
        tuple(relation(f"{LOW}{c} <= {c} <= {HIGH}{c}") for c in history_bounds(dataset).columns),
        source='page: docs/explanation/verdicts.md, "Outliers"',
    )


def _steady(indicator: Indicator) -> bool:
    quantity = indicator.numeric and indicator.unit.dtype != "year"
    return quantity and indicator.kind in ("stock", "ratio") and not indicator.signed
