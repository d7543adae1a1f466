"""The months that no programme draws: each county's way between the periods that one does, column by column.

The drawn periods keep their values. Between them what adds up over a year or for good grows by the season, with luck of
the county's own in each month: some do the work of many months in one, some nothing; a stock follows its trend and
wanders. Beyond them a trend goes on. Belongs here: the ways. Does not belong here: what a month weighs (`seasons.py`),
what makes the columns one row (`agreement.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from warehouse.codebook import Dataset, Indicator, load
from warehouse.synthetic.agreement import agreed
from warehouse.synthetic.defaults import down
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import MONTHS, PERIODS, Row, Value
from warehouse.synthetic.seasons import season
from warehouse.synthetic.territory import Province

Rows = Mapping[str, tuple[Row, ...]]  # by territory
Knots = Mapping[int, float | None]  # a column's values where they are drawn, by the month's place in MONTHS
Way = list[float | None]  # its value in each month

DRAWN = {period: MONTHS.index(period) for period in PERIODS}
LAST = len(MONTHS) - 1
LUCK, COLUMN_LUCK = 0.45, 0.12  # sigma of what a month weighs: the row's, and the column's beside it
SURGE, COLUMN_SURGE = 0.025, 0.004  # how often a row, or one column, does the work of many months in one,
SURGES = (2.5, 7.0)  # and of how many
IDLE = 0.01  # how often nothing is done of a thing in a month
STEP, COLUMN_STEP = 0.005, 0.003  # sigma of a stock's step in a month, as a share of it: the row's, the column's beside
YEAR_GROWTH = (0.06, 0.10)  # of a year's total over the last one's: mean and sigma of its logarithm
AFTER_JUNE = (1.25, 1.7)  # the year's total over that of June, at least
COLUMN_TOTAL = 0.015  # sigma of a column's part in both
TREND = (0.85, 1.2)  # how far a stock's trend carries it beyond the drawn periods
NEARLY = 1 + 1e-12  # a float a little below the decimal that it stands for is that decimal
RISE = (0.6, 1.4)  # of the last half year's, what is added for good in the next


class _Luck(NamedTuple):
    """What the columns of a row have in common: they are one county's work."""

    work: Sequence[float]  # what each month weighs
    steps: Sequence[float]
    growth: float
    after_june: float

    @classmethod
    def drawn(cls, rng: Random) -> _Luck:
        work = [_work(rng, LUCK, SURGE) for _ in MONTHS]
        steps = [_step(rng, STEP) for _ in MONTHS]
        return cls(work, steps, rng.lognormvariate(*YEAR_GROWTH), rng.uniform(*AFTER_JUNE))


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
    rng = stream(province.seed, "months", dataset.dataset, code, *(str(first[key]) for key in dataset.keys))
    luck = _Luck.drawn(rng)
    columns: dict[str, list[Value]] = {}
    for column in first:
        indicator = dataset[column]
        if indicator.kind == "key" or not indicator.numeric:
            columns[column] = [first[column]] * len(MONTHS)
            continue
        knots = {place: _number(row[column]) for place, row in known.items()}
        columns[column] = [_kept(indicator, value) for value in _way(rng, indicator, knots, luck)]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _number(value: Value) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # only numbers come here


def _kept(indicator: Indicator, value: float | None) -> Value:
    """Rounded to what the column keeps: counts of a stock to the nearest, what rises down."""
    if value is None:
        return None
    if indicator.kind == "stock" and indicator.unit.dtype == "count":
        return round(value)
    return down(indicator, value * NEARLY)


def _work(rng: Random, sigma: float, surge: float) -> float:
    return rng.lognormvariate(0, sigma) * (rng.uniform(*SURGES) if rng.random() < surge else 1.0)


def _step(rng: Random, sigma: float) -> float:
    """Heavy-tailed: Student's t with 4 degrees of freedom."""
    return rng.gauss(0, sigma) / math.sqrt(rng.gammavariate(2, 0.5))


def _way(rng: Random, indicator: Indicator, knots: Knots, luck: _Luck) -> Way:
    """A column's value in each month, by its kind."""
    if indicator.kind == "stock" and "planned" in indicator.column:
        return [_task(knots, place // 12) for place in range(len(MONTHS))]
    weights = [work * _work(rng, COLUMN_LUCK, COLUMN_SURGE) for work in luck.work]
    if indicator.kind == "stock":
        way = _between(_with_trend(rng, knots), weights)
        return way if indicator.unit.unit == "village" else _wandering(rng, way, knots, luck.steps)
    of_year = season(indicator.dataset, indicator.column)
    weights = [w * of_year[place % 12] * (rng.random() >= IDLE) for place, w in enumerate(weights)]
    if indicator.kind == "cumulative":
        return _between(_with_rise(rng, knots), weights)
    return [value for start in range(-1, LAST, 12) for value in _year(rng, knots, start, weights, luck)]


def _task(knots: Knots, year: int) -> float | None:
    """A task is set for the year; before the first drawn one it was what that is."""
    drawn = {place // 12: value for place, value in sorted(knots.items(), reverse=True)}
    return drawn.get(year, drawn[min(drawn)])


def _year(rng: Random, knots: Knots, start: int, weights: Sequence[float], luck: _Luck) -> Way:
    """What adds up from nothing after `start`, a December; blank where every drawn period of the year is or is none."""
    end = start + 12
    mine = {place: value for place, value in knots.items() if start < place <= end and value is not None}
    if not mine:
        return [None] * 12
    if end not in mine:
        growth, after_june = (factor * rng.lognormvariate(0, COLUMN_TOTAL) for factor in (luck.growth, luck.after_june))
        mine[end] = max((knots.get(start) or 0.0) * growth, max(mine.values()) * after_june)
    return _between({start: 0.0, **mine}, weights)[start + 1 :]


def _with_rise(rng: Random, knots: Knots) -> Knots:
    """The knots of what began in 2016 and goes on rising after the last."""
    given = [value for _, value in sorted(knots.items()) if value is not None]
    rise = given[-1] - given[-2] if len(given) > 1 else 0.0
    return {-1: 0.0, **knots, LAST: given[-1] + rise * rng.uniform(*RISE) if given else None}


def _with_trend(rng: Random, knots: Knots) -> Knots:
    """The knots of a stock, with its trend before the first and after the last."""
    given = {place: value for place, value in sorted(knots.items()) if value is not None}
    if not given:
        return {LAST: None}
    first, *_, last = given.values() if len(given) > 1 else [*given.values()] * 2
    december = given.get(DRAWN["2017-12"], first)
    low, high = TREND
    risen, rising = (
        min(max(now / then, low), high) ** rng.uniform(*RISE) if then else 1.0
        for then, now in ((first, december), (december, last))
    )
    return {-1: first / risen, **knots, LAST: last * rising}


def _between(knots: Knots, weights: Sequence[float]) -> Way:
    """From knot to knot, each month by its weight; to a blank one blank, from a blank one as the next is."""
    way: Way = [None] * (min(knots) + 1)
    for (left, before), (right, after) in pairwise(sorted(knots.items())):
        span = weights[left + 1 : right + 1]
        if after is None:
            way += [None] * len(span)
            continue
        begun, whole = after if before is None else before, math.fsum(span)
        shares = [math.fsum(span[:month]) / whole if whole else 0.0 for month in range(1, len(span))]
        way += [*(begun + (after - begun) * share for share in shares), after]
    return way


def _wandering(rng: Random, way: Way, knots: Knots, steps: Sequence[float]) -> Way:
    """The way with steps aside, which are all taken back by the next drawn period."""
    walk = [0.0]
    for step in steps:
        walk.append(walk[-1] + step + _step(rng, COLUMN_STEP))
    drawn = {place: walk[place + 1] for place, value in knots.items() if value is not None}
    if not drawn:
        return way
    home = _between({-1: drawn[min(drawn)], **drawn, LAST: drawn[max(drawn)]}, [1.0] * len(way))
    return [v if v is None or h is None else v * math.exp(w - h) for v, w, h in zip(way, walk[1:], home, strict=True)]
