"""The months that no programme draws: each county's way between the periods that one does, column by column.

What a year or a programme adds up grows by the season, with luck of the county's own in each month; a stock wanders. So
the drawn periods keep their values, and growth has a spread. Belongs here: the ways. Does not belong here: what a
month's weight is (`seasons.py`), what makes a row one (`agreement.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random

from warehouse.codebook import Dataset, Indicator, load
from warehouse.synthetic.agreement import agreed
from warehouse.synthetic.defaults import down
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import MONTHS, PERIODS, Row, Value
from warehouse.synthetic.seasons import weight
from warehouse.synthetic.territory import Province

Rows = Mapping[str, tuple[Row, ...]]  # by territory
Knots = Mapping[int, float | None]  # a column's values where they are drawn, by the month's place in MONTHS
Way = list[float | None]  # its value in each month

DRAWN = {period: MONTHS.index(period) for period in PERIODS}
LAST = len(MONTHS) - 1
MONTH_LUCK, COLUMN_LUCK = 0.45, 0.12  # sigma of a month's weight: the county's, and the column's beside it
SURGE, SURGES = 0.025, (2.5, 7.0)  # how often a county does the work of many months in one, and of how many
WANDER = 0.006  # sigma of a stock's way in a month, as a share of it
YEAR_GROWTH = (0.06, 0.10)  # of the last year's total: mean and sigma over counties
AFTER_JUNE = (1.25, 1.7)  # the year's total over that of June, at least
STEADY = (0.85, 1.2)  # how far a stock's trend carries it beyond the drawn periods


def months_between(
    province: Province, drawn: Mapping[str, Mapping[str, Rows]], periods: Iterable[str]
) -> dict[str, dict[str, Rows]]:
    """The rows of `periods`, none of them drawn, by period, dataset and territory; `drawn` has those of PERIODS.

    Every key that some drawn period has is there in all of them.
    """
    places = {MONTHS.index(period): period for period in periods}
    made: dict[str, dict[str, dict[str, list[Row]]]] = {period: {} for period in places.values()}
    for name in dict.fromkeys(name for tables in drawn.values() for name in tables):
        dataset = load().datasets[name]
        due = {place: period for place, period in places.items() if dataset.due(period)}
        for code, known in _histories(dataset, {DRAWN[p]: t[name] for p, t in drawn.items() if name in t}):
            rows = _rows(province, dataset, code, known)
            for place, period in due.items():
                made[period].setdefault(name, {}).setdefault(code, []).append(agreed(name, rows[place]))
    return {p: {n: {c: tuple(rows) for c, rows in t.items()} for n, t in tables.items()} for p, tables in made.items()}


def _histories(dataset: Dataset, drawn: Mapping[int, Rows]) -> Iterator[tuple[str, dict[int, Row]]]:
    """Each row of each territory as it was drawn: its territory, and its values by place."""
    known: dict[tuple[Value, ...], dict[int, Row]] = {}
    for place, table in drawn.items():
        for code, rows in table.items():
            for row in rows:
                known.setdefault((code, *(row[key] for key in dataset.keys)), {})[place] = row
    for key, history in known.items():
        yield str(key[0]), history


def _rows(province: Province, dataset: Dataset, code: str, known: Mapping[int, Row]) -> list[Row]:
    """A row in each of MONTHS."""
    first = next(iter(known.values()))
    keys = [str(first[key]) for key in dataset.keys]
    rng = stream(province.seed, "months", dataset.dataset, code, *keys)
    luck = [_luck(rng, MONTH_LUCK) for _ in MONTHS]
    beyond = (rng.lognormvariate(*YEAR_GROWTH), rng.uniform(*AFTER_JUNE))
    columns: dict[str, list[Value]] = {}
    for column in first:
        indicator = dataset[column]
        if indicator.kind == "key" or not indicator.numeric:
            columns[column] = [first[column]] * len(MONTHS)
            continue
        knots = {place: _number(row[column]) for place, row in known.items()}
        columns[column] = [_kept(indicator, value) for value in _way(rng, indicator, knots, luck, beyond)]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _luck(rng: Random, sigma: float) -> float:
    return rng.lognormvariate(0, sigma) * (rng.uniform(*SURGES) if rng.random() < SURGE else 1.0)


def _number(value: Value) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # only numbers come here


def _kept(indicator: Indicator, value: float | None) -> Value:
    """Rounded to what the column keeps: counts of a stock to the nearest, what rises down."""
    if value is None:
        return None
    return round(value) if indicator.kind == "stock" and indicator.unit.dtype == "count" else down(indicator, value)


def _way(
    rng: Random, indicator: Indicator, knots: Knots, luck: Sequence[float], beyond: tuple[float, float]
) -> Sequence[float | None]:
    """A column's value in each month, by its kind."""
    name, column = indicator.dataset, indicator.column
    if indicator.kind == "stock" and "planned" in column:
        return [_year_value(knots, place // 12) for place in range(len(MONTHS))]
    weights = [luck[m] * rng.lognormvariate(0, COLUMN_LUCK) for m in range(len(MONTHS))]
    if indicator.kind == "stock":
        return _wandering(rng, _between(_with_ends(rng, knots, start=None), weights), knots)
    weights = [w * weight(name, column, m % 12 + 1) for m, w in enumerate(weights)]
    if indicator.kind == "cumulative":
        return _between(_with_ends(rng, knots, start=0.0), weights)
    return [value for year in range(3) for value in _year(rng, knots, year, weights, beyond)]


def _year_value(knots: Knots, year: int) -> float | None:
    """A task is set for the year; before the first drawn one it was what that is."""
    drawn = {place // 12: value for place, value in sorted(knots.items(), reverse=True)}
    return drawn.get(year, drawn[min(drawn)])


def _year(rng: Random, knots: Knots, year: int, weights: Sequence[float], beyond: tuple[float, float]) -> Way:
    """What adds up from nothing in January; blank in a year in which every drawn period is, or has none."""
    start, end = 12 * year - 1, 12 * year + 11
    mine = {place: value for place, value in knots.items() if start < place <= end and value is not None}
    if not mine:
        return [None] * 12
    if end not in mine:
        growth, rest = (factor * rng.lognormvariate(0, 0.015) for factor in beyond)
        mine[end] = max((knots.get(start) or 0.0) * growth, max(mine.values()) * rest)
    return _between({start: 0.0, **mine}, weights)[start + 1 :]


def _with_ends(rng: Random, knots: Knots, start: float | None) -> dict[int, float | None]:
    """The knots, and one before the first month and at the last, as the trend of the next drawn year has them."""
    given = [(place, value) for place, value in sorted(knots.items()) if value is not None]
    if not given:
        return {-1: None, LAST: None}
    (_, first), (_, last) = given[0], given[-1]
    low, high = STEADY
    before = next((v for p, v in given if p == DRAWN["2017-12"]), first)
    after = given[-2][1] if len(given) > 1 else last
    if start is not None:
        return {-1: start, **knots, LAST: last + (last - after) * rng.uniform(0.6, 1.4)}
    risen, rising = (
        min(max(now / then, low), high) ** rng.uniform(0.3, 1.2) if then else 1.0
        for then, now in ((first, before), (after, last))
    )
    return {-1: first / risen, **knots, LAST: last * rising}


def _between(knots: Knots, weights: Sequence[float]) -> Way:
    """From knot to knot, each month by its weight; to a blank one blank, from a blank one as the next is."""
    way: Way = []
    for (left, before), (right, after) in pairwise(sorted(knots.items())):
        months = range(left + 1, right + 1)
        if after is None:
            way += [None] * len(months)
            continue
        begun = after if before is None else before
        whole, done = math.fsum(weights[m] for m in months), 0.0
        for month in months:
            done += weights[month]
            way.append(begun + (after - begun) * min(done / whole, 1.0) if whole and month != right else after)
    return [*[None] * (min(knots) + 1), *way]


def _wandering(rng: Random, way: Way, knots: Knots) -> Way:
    """The way with steps aside, heavy-tailed, that are all taken back by the next drawn period."""
    walk = [0.0]
    for _ in way:
        walk.append(walk[-1] + rng.gauss(0, WANDER) / math.sqrt(rng.gammavariate(2, 0.5)))  # t, 4 degrees of freedom
    drawn = {place: walk[place + 1] for place, value in sorted(knots.items()) if value is not None}
    if not drawn:
        return way
    home = _between({-1: drawn[min(drawn)], **drawn, LAST: drawn[max(drawn)]}, [1.0] * len(way))
    return [v if v is None or h is None else v * math.exp(w - h) for v, w, h in zip(way, walk[1:], home, strict=True)]
