"""How an indicator is shown by those who draw charts: which way is better, and in which unit it is read.

Belongs here: what follows from kind, unit and scales, and the exceptions that a person decided (`directions.csv`). Does
not belong here: words for how a figure is computed (`warehouse.marts.formula`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from warehouse.codebook.model import Indicator, Kind, Record, Scale

Way = Literal["more", "less", "neither"]
# What a programme has done so far is to grow; of what there is at a day, and of shares, only a person can tell.
WAYS: Mapping[Kind, Way] = {
    "year_to_date": "more", "cumulative": "more", "stock": "neither", "ratio": "neither", "key": "neither",
}  # fmt: skip


class Direction(Record):
    """Which way is better, where the indicator's kind does not say so; `column` may name a state (`column=code`)."""

    dataset: str
    column: str
    direction: Way


class DisplayUnit(NamedTuple):
    """A unit as charts are labelled, and how many base units one of it is: 亿元 is 100,000,000 yuan."""

    label_zh: str
    label_en: str
    factor: int


def default_way(indicator: Indicator, *, state: bool) -> Way:
    """Which way is better by kind alone; how many counties are in a state says nothing."""
    return "neither" if state else WAYS[indicator.kind]


def display_unit(scales: Iterable[Scale], indicator: Indicator) -> DisplayUnit:
    """The largest spelling of the indicator's unit, as a province reads its totals; an average's is the unit itself."""
    unit = indicator.unit
    larger = [s for s in scales if s.unit == unit.unit and s.factor > 1 and indicator.kind != "ratio"]
    if not larger:
        return DisplayUnit(unit.label_zh, unit.label_en, 1)
    largest = max(larger, key=lambda scale: scale.factor)  # the first of several
    return DisplayUnit(largest.spelling, f"{largest.factor:,} {unit.label_en}", largest.factor)
