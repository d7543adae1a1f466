"""Persons in poverty and poor villages, by territory: openings, exits and closings of 2016, 2017 and half of 2018.

Belongs here: the flows that `outcomes` reports. Does not belong here: incomes (`income.py`), the form (`outcomes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from warehouse.synthetic.random_draws import apportion, part, stream
from warehouse.synthetic.territory import Province, Territory

POOR_CLOSING_2017 = 936_000  # 3.9 % of 24 million
PERSONS_EXITED_2017 = 750_000
DEEP_PERSONS_2017 = 284_700
VILLAGES_EXITED_2017 = 2_557
DELISTED_HEADCOUNT = (0.006, 0.016)  # below the 2 % that delisting asks for


@dataclass(frozen=True)
class Flow:
    """One territory's poor persons and poor villages in one year, up to the period's end."""

    population: int
    opening: int
    exited: int
    added: int
    removed: int
    deep: int
    villages_opening: int
    villages_exited: int

    @property
    def closing(self) -> int:
        """The poor persons at the period's end."""
        return self.opening - self.exited + self.added - self.removed


Flows = dict[str, Flow]
HALVES = {"2016-06": "2016-12", "2017-06": "2017-12"}  # and the year that it is a half of
EXITS_BY_JUNE = (0.25, 0.45)  # of the year's: most are checked at its end


def draw_people(province: Province) -> dict[str, Flows]:
    """The flows by half year, 2016-06 to 2018-12, and territory; each year opens as the last one closed."""
    closing = _closing_2017(province)
    flows_2017 = _flows_2017(province, closing)
    flows_2016 = {c: _year_before(province, c, flow) for c, flow in flows_2017.items()}
    flows_2018 = {c: _half_year_after(province, c, flow) for c, flow in flows_2017.items()}
    flows = {"2016-12": flows_2016, "2017-12": flows_2017, "2018-06": flows_2018}
    for half, year in HALVES.items():
        flows[half] = {c: _half_of(province, c, half, flow) for c, flow in flows[year].items()}
    return flows | {"2018-12": {c: _year_of(province, c, flow) for c, flow in flows_2018.items()}}


def _closing_2017(province: Province) -> dict[str, int]:
    """What remains after 2017: little where delisted or not listed, the rest of the total in the other counties."""
    low = province.draw("low headcount", *DELISTED_HEADCOUNT)
    few = {c: int(t.rural_population * low[c]) for c, t in province.territories.items() if t.delisted or not t.poverty}
    weights = province.weigh("closing", lambda t: t.rural_population * (1.5 if t.deep else 1.0), noise=0.15)
    many = {c: w for c, w in weights.items() if c not in few}
    return few | apportion(POOR_CLOSING_2017 - sum(few.values()), many)


def _exit_weight(territory: Territory, closing: Mapping[str, int]) -> float:
    if territory.delisted:
        return territory.rural_population * 0.105
    return closing[territory.code] * 0.6 if territory.poverty else territory.rural_population * 0.026


def _flows_2017(province: Province, closing: Mapping[str, int]) -> Flows:
    exited = apportion(PERSONS_EXITED_2017, province.weigh("exited", lambda t: _exit_weight(t, closing), noise=0.15))
    deep = apportion(
        DEEP_PERSONS_2017,
        province.weigh("deep", lambda t: closing[t.code] * (0.5 if t.deep else 0.27 if t.poverty else 0.2), noise=0.1),
    )
    villages = _village_openings(province)
    left = apportion(
        VILLAGES_EXITED_2017,
        province.weigh("villages", lambda t: villages[t.code] * (0.75 if t.delisted else 0.26), noise=0.1),
    )
    flows = {}
    for code, t in province.territories.items():
        rng = stream(province.seed, "flow 2017", code)
        added, removed = part(t.rural_population, rng.uniform(0.0003, 0.001)), part(closing[code], rng.uniform(0, 0.01))
        opening = closing[code] + exited[code] - added + removed
        persons = (opening, exited[code], added, removed, deep[code])
        flows[code] = Flow(t.rural_population, *persons, villages[code], left[code])
    return flows


def _village_openings(province: Province) -> dict[str, int]:
    """Poor villages that had not yet exited when 2017 began."""
    share = province.draw("villages left", 0.80, 0.88)
    return {c: part(t.poor_villages, share[c]) for c, t in province.territories.items()}


def _year_before(province: Province, code: str, flow: Flow) -> Flow:
    rng = stream(province.seed, "flow 2016", code)
    population = part(flow.population, rng.uniform(1.000, 1.006))
    exited = part(flow.opening, rng.uniform(0.25, 0.40))
    added, removed = part(population, rng.uniform(0.0003, 0.001)), part(flow.opening, rng.uniform(0, 0.01))
    opening = flow.opening + exited - added + removed
    deep = part(flow.opening, rng.uniform(0.15, 0.30))
    villages = province.territories[code].poor_villages
    return Flow(population, opening, exited, added, removed, deep, villages, villages - flow.villages_opening)


def _half_year_after(province: Province, code: str, flow: Flow) -> Flow:
    rng = stream(province.seed, "flow 2018", code)
    population = part(flow.population, rng.uniform(0.996, 1.0))
    opening, villages = flow.closing, flow.villages_opening - flow.villages_exited
    exited = part(opening, rng.uniform(0.12, 0.28))
    added, removed = part(population, rng.uniform(0.0001, 0.0003)), part(opening, rng.uniform(0, 0.01))
    deep = part(flow.deep, rng.uniform(0.80, 0.95) * (opening - exited - removed) / opening) if opening else 0
    return Flow(population, opening, exited, added, removed, deep, villages, part(villages, rng.uniform(0, 0.1)))


def _half_of(province: Province, code: str, half: str, flow: Flow) -> Flow:
    """The first half of a year that is known."""
    rng = stream(province.seed, "flow", half, code)
    exited, villages = (part(n, rng.uniform(*EXITS_BY_JUNE)) for n in (flow.exited, flow.villages_exited))
    added, removed = (part(n, rng.uniform(0.3, 0.7)) for n in (flow.added, flow.removed))
    population = part(flow.population, rng.uniform(0.999, 1.002))
    made = replace(flow, population=population, exited=exited, added=added, removed=removed, villages_exited=villages)
    return replace(made, deep=min(part(flow.deep, rng.uniform(1.0, 1.15)), made.closing))


def _year_of(province: Province, code: str, flow: Flow) -> Flow:
    """The whole of 2018, of which the first half is known."""
    rng = stream(province.seed, "flow 2018-12", code)
    population = part(flow.population, rng.uniform(0.997, 1.0))
    left = flow.closing
    exited, added = flow.exited + part(left, rng.uniform(0.2, 0.45)), part(flow.added, rng.uniform(1.3, 2.4))
    made = replace(flow, population=population, exited=exited, added=added)
    left_villages = flow.villages_opening - flow.villages_exited
    villages = flow.villages_exited + part(left_villages, rng.uniform(0.15, 0.5))
    deep = part(flow.deep, rng.uniform(0.85, 1.0) * made.closing / left) if left else 0
    return replace(made, deep=min(deep, made.closing), villages_exited=villages)
