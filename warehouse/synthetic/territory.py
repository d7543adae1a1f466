"""The counties of 2017 with what does not change by period: class, size, registered poor.

Everything is drawn on the 119 counties of the end of 2017 (territories), also for 2018; `to_counties` then writes each
period under the codes in force on its last day, so that a successor continues its predecessors to the person.
Does not belong here: the values of any dataset.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from warehouse.codebook import Division, load
from warehouse.synthetic.random_draws import apportion, spread, stream
from warehouse.synthetic.records import Row, Value

RURAL_POPULATION = 24_000_000
POOR_VILLAGES = 7_993
DELISTED = 15
DRAWN_FOR = "2017-12"
# How a split county's people were shared is not known: here each part goes over whole.
SPLIT = {"140202": "140213", "140203": "140214", "140211": "140214"}
SPLIT_PARTIES = frozenset({*SPLIT, *SPLIT.values(), "140212"})
WITHOUT_RURAL = "140303"  # a mining district of the city with nobody in a village: ratios there are blank


@dataclass(frozen=True)
class Territory:
    """A county as it was in 2017; population and villages are those of the end of that year."""

    division: Division
    delisted: bool
    rural_population: int
    registered_persons: int
    poor_villages: int

    @property
    def code(self) -> str:
        """The county's code."""
        return self.division.county_code

    def code_in(self, period: str) -> str:
        """The code of the county that it is, or is part of, in a period."""
        if self.division.in_force(period):
            return self.code
        return SPLIT.get(self.code) or self.division.successor_codes[0]

    @property
    def deep(self) -> bool:
        """Whether it is a deep-poverty county."""
        return self.division.deep_poverty

    @property
    def national(self) -> bool:
        """Whether it is on the national list."""
        return self.division.poverty_county_list.startswith("national")

    @property
    def key_county(self) -> bool:
        """Whether it is a national key county."""
        return self.division.poverty_county_list == "national_key"

    @property
    def poverty(self) -> bool:
        """Whether it is on any poverty list."""
        return self.division.poverty_county_list != "none"

    @property
    def registered_households(self) -> int:
        """Registered poor households, at 2.7 persons each, rounded down."""
        return self.registered_persons * 10 // 27

    @property
    def urban(self) -> bool:
        """Whether it is a district of a city, on no poverty list."""
        return self.division.kind == "district" and not self.poverty


@dataclass(frozen=True)
class Province:
    """The 119 territories of one seed."""

    seed: int
    territories: Mapping[str, Territory]

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The counties' codes, in their order."""
        return tuple(self.territories)

    def counties(self, period: str) -> dict[str, list[Territory]]:
        """The territories that each county in force in a period is made of, by its code."""
        made: dict[str, list[Territory]] = {}
        for territory in self.territories.values():
            made.setdefault(territory.code_in(period), []).append(territory)
        return made

    def weigh(self, purpose: str, weight: Callable[[Territory], float], noise: float = 0.25) -> dict[str, float]:
        """A weight for each territory, give or take `noise`; another purpose draws other noise."""
        rng = stream(self.seed, "weight", purpose)
        return {c: weight(t) * rng.uniform(1 - noise, 1 + noise) for c, t in self.territories.items()}

    def draw(self, purpose: str, low: float, high: float) -> dict[str, float]:
        """A factor for each territory between two bounds."""
        return spread(stream(self.seed, "factor", purpose), self.codes, low, high)

    def done(self, purpose: str, period: str) -> dict[str, float]:
        """How much of the year's work each territory has done: all of it, but in November a little less."""
        low, high = (0.86, 0.95) if period == "2017-11" else (1.0, 1.0)
        return self.draw(f"{purpose} done", low, high)

    def deep_split(self, total: int, deep_total: int, weights: Mapping[str, float], step: int = 1) -> dict[str, int]:
        """`total` apportioned so that the deep-poverty counties together get exactly `deep_total`."""
        deep = {c: w for c, w in weights.items() if self.territories[c].deep}
        rest = {c: w for c, w in weights.items() if c not in deep}
        shares = apportion(deep_total, deep, step) | apportion(total - deep_total, rest, step)
        return {c: shares[c] for c in weights}


def draw_province(seed: int) -> Province:
    """The territories of a seed: 24 million rural people and 15 counties to be delisted, none of them deep."""
    divisions = {d.county_code: d for d in load().in_force(DRAWN_FOR)}
    candidates = [c for c, d in divisions.items() if d.poverty_county_list != "none" and not d.deep_poverty]
    delisted = frozenset(stream(seed, "delisted").sample(candidates, DELISTED))
    population = apportion(RURAL_POPULATION, _population_weights(seed, divisions))
    registered = _registered(seed, divisions, population)
    villages = apportion(POOR_VILLAGES, {c: registered[c] + 1.0 for c in divisions if c != WITHOUT_RURAL})
    territories = {
        c: Territory(d, c in delisted, population[c], registered[c], villages.get(c, 0)) for c, d in divisions.items()
    }
    return Province(seed, territories)


def _population_weights(seed: int, divisions: Mapping[str, Division]) -> dict[str, float]:
    rng = stream(seed, "population")
    weights = {}
    for code, division in divisions.items():
        size = 165.0 if division.poverty_county_list != "none" else 250.0
        urban = division.kind == "district" and division.poverty_county_list == "none"
        weights[code] = size * rng.uniform(0.55, 1.55) * (0.35 if urban else 1.0) * (code != WITHOUT_RURAL)
    return weights


def _registered(seed: int, divisions: Mapping[str, Division], population: Mapping[str, int]) -> dict[str, int]:
    """Persons ever registered as poor: about a quarter of a poverty county, a twentieth elsewhere."""
    rng = stream(seed, "registered")
    share = {True: (0.22, 0.30), False: (0.045, 0.07)}
    return {c: int(population[c] * rng.uniform(*share[d.poverty_county_list != "none"])) for c, d in divisions.items()}


def to_counties(province: Province, period: str, table: Mapping[str, Row]) -> dict[str, Row]:
    """One-row values by territory, as the counties in force report them: merged territories are summed."""
    gathered: dict[str, list[Row]] = {}
    for code, row in table.items():
        gathered.setdefault(province.territories[code].code_in(period), []).append(row)
    return {code: merge_rows(rows) for code, rows in sorted(gathered.items())}


def merge_rows(rows: list[Row]) -> Row:
    """The row of a county made of several: sums; a column that a part leaves blank stays blank."""
    if len(rows) == 1:
        return rows[0]
    return {column: _sum([row[column] for row in rows]) for column in rows[0]}


def _sum(values: list[Value]) -> Value:
    total = 0
    for value in values:
        if value is None:
            return None
        total += value  # type: ignore[operator,assignment]  # only columns that are summed come here
    return total
