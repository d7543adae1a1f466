"""Rural disposable incomes per capita, by territory and year, calibrated to the published averages.

Belongs here: the yearly incomes and the rates they grow at. Does not belong here: the form they are reported in
(`outcomes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from warehouse.synthetic.random_draws import spread_evenly, stream
from warehouse.synthetic.territory import Province

POVERTY_INCOME_2017 = 7_330.0
POVERTY_GROWTH_2017 = 1.107
PROVINCE_INCOME_2017 = 10_788.0
PROVINCE_GROWTH_2017 = 1.07
GROWTH_2016 = {True: 0.086, False: 0.064}  # poverty counties, others
GROWTH_2018 = {True: 0.098, False: 0.066}  # the year to June over the year 2017
NOISE = 0.012  # each county grows within 1.2 points of its class: far inside any robust bound


@dataclass(frozen=True)
class Incomes:
    """Whole yuan per head by territory: 2015, 2016, 2017; `growth_2018` is a rate, applied after codes change."""

    year_2015: Mapping[str, Decimal]
    year_2016: Mapping[str, Decimal]
    year_2017: Mapping[str, Decimal]
    growth_2018: Mapping[str, float]


def draw_incomes(province: Province) -> Incomes:
    """The incomes of a seed; weighted by rural population they give 7330 yuan, 10.7 % and 3.7 points ahead."""
    population = {c: float(t.rural_population) for c, t in province.territories.items() if t.rural_population}
    poor = {c: n for c, n in population.items() if province.territories[c].poverty}
    others = {c: n for c, n in population.items() if c not in poor}
    poverty_2016 = POVERTY_INCOME_2017 / POVERTY_GROWTH_2017
    other_2017 = _remainder(PROVINCE_INCOME_2017, POVERTY_INCOME_2017, poor, others)
    other_2016 = _remainder(PROVINCE_INCOME_2017 / PROVINCE_GROWTH_2017, poverty_2016, poor, others)
    level, noise = province.draw("income level", 0.80, 1.22), _noise(province, "income growth 2017")
    y2016 = _calibrated(level, poor, poverty_2016) | _calibrated(level, others, other_2016)
    grown = {c: float(v) * (1 + noise[c]) for c, v in y2016.items()}
    y2017 = _calibrated(grown, poor, POVERTY_INCOME_2017) | _calibrated(grown, others, other_2017)
    before = _rates(province, "income growth 2016", GROWTH_2016)
    y2015 = {c: Decimal(round(float(v) / (1 + before[c]))) for c, v in y2016.items()}
    return Incomes(y2015, y2016, y2017, _rates(province, "income growth 2018", GROWTH_2018))


def _remainder(whole: float, one: float, ones: Mapping[str, float], others: Mapping[str, float]) -> float:
    """The others' average where the whole's and the ones' averages are known."""
    people, rest = sum(ones.values()), sum(others.values())
    return (whole * (people + rest) - one * people) / rest


def _calibrated(values: Mapping[str, float], population: Mapping[str, float], target: float) -> dict[str, Decimal]:
    """The values of `population`'s territories, scaled to average `target` by population, to whole yuan."""
    weighted = sum(values[c] * n for c, n in population.items())
    factor = target * sum(population.values()) / weighted
    return {c: Decimal(round(values[c] * factor)) for c in population}


def _noise(province: Province, purpose: str) -> dict[str, float]:
    """What each county's growth differs by from its class, poverty counties and others apart."""
    rng = stream(province.seed, purpose)
    classes = [[c for c, t in province.territories.items() if t.poverty is poverty] for poverty in (True, False)]
    return {code: noise for codes in classes for code, noise in spread_evenly(rng, codes, NOISE).items()}


def _rates(province: Province, purpose: str, centre: Mapping[bool, float]) -> dict[str, float]:
    noise = _noise(province, purpose)
    return {c: centre[t.poverty] + noise[c] for c, t in province.territories.items()}
