"""What both sides are asked of: columns of the clean province with slips planted in them, and rows that break rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random

import polars as pl

from tests.builders import BOOK
from warehouse.store.history import schema
from warehouse.store.prior_state import RETURNS, PriorState
from warehouse.synthetic import Return, Row, build_returns

SEED, BEFORE, NOW = 20171231, "2016-12", "2017-12"
# One county in twelve slips by a power of ten, a transposition of its two leading digits or a half.
EVERY, SLIPS = 12, (10.0, 0.1, 1000.0, 0.5)
FEWEST, TENTH = 20, 0.3
# The forms of whole numbers with a total and its parts, the total first.
SUMS = {
    "accountability": ("units_assessed", "graded_excellent", "graded_good", "graded_fair", "graded_poor"),
    "finance": ("loan_amount_yuan", "household_use_amount_yuan", "partnership_amount_yuan"),
    "funds": ("fiscal_allocated_yuan", "central_allocated_yuan", "provincial_allocated_yuan"),
}


COUNTIES = [division.county_code for division in BOOK.divisions]


@dataclass(frozen=True)
class Trend:
    """A column of a form over the counties that give it, above zero, in both years; the true value of those slipped."""

    dataset: str
    column: str
    now: Mapping[str, float]
    before: Mapping[str, float]
    true: Mapping[str, float]

    def stored(self, value: float) -> int | Decimal:
        """The value as it is kept."""
        digits = BOOK.datasets[self.dataset][self.column].decimals
        return Decimal(f"{value:.{digits}f}") if digits else int(value)

    @property
    def halved(self) -> list[str]:
        """The counties whose slip is no power of ten."""
        return [county for county, true in self.true.items() if TENTH < self.now[county] / true < 1]

    def thousandfold(self) -> Trend:
        """The counties that slipped, all by a thousand."""
        now = {county: value * 1000 for county, value in self.true.items()}
        return replace(self, now=now, before={county: self.before[county] for county in now})


# What the ONS publishes of a value and the one before, a hundred times each: a thousandth must be a number of the form.
PUBLISHED = Trend(
    "outcomes",
    "income_per_capita",
    dict(
        zip(
            COUNTIES,
            (70600.0, 38100, 82365000, 1163807100, 15125000, 575000, 81675000, 3105000, 71675000, 2175800, 1300000),
            strict=False,
        )
    ),
    dict(zip(COUNTIES, (60500.0, 40000, 60500, 348100, 60500, 2300, 60500, 2300, 60500, 2300, 5000), strict=False)),
    {},
)


@cache
def returns() -> tuple[Return, ...]:
    """The clean province."""
    return build_returns(SEED)


def trends() -> list[Trend]:
    """Every additive column of the forms of one row, where twenty counties or more give it in both years."""
    values: dict[tuple[str, str], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for one in returns():
        for column, value in _additive(one):
            values[one.dataset, column][one.period][one.county_code] = value
    rng, found = Random(SEED), []
    for (dataset, column), years in values.items():
        both = [county for county in years[NOW] if years[NOW][county] > 0 and years[BEFORE].get(county, 0) > 0]
        if len(both) >= FEWEST:
            true = {county: years[NOW][county] for county in rng.sample(both, len(both) // EVERY)}
            digits = BOOK.datasets[dataset][column].decimals
            slipped = {county: _kept(value * rng.choice(SLIPS), digits) for county, value in true.items()}
            now = {county: slipped.get(county, years[NOW][county]) for county in both}
            found.append(Trend(dataset, column, now, {county: years[BEFORE][county] for county in both}, true))
    return found


def state(dataset: str, columns: list[Trend]) -> PriorState:
    """A form of both years as it is in force, with the slips."""
    form = BOOK.datasets[dataset]
    about = {"run": "1", "submission": "ab", "dataset": dataset, "verdict": "accepted", "version": 1}
    rows, sent = [], []
    for n, one in enumerate(r for r in returns() if r.dataset == dataset and r.period in (BEFORE, NOW) and r.rows):
        place = {"receipt": n, "county_code": one.county_code, "period": one.period, "version": 1}
        wrong = {c.column: c.stored(c.now[one.county_code]) for c in columns if one.county_code in c.true}
        rows.append({**place, "sheet": "", "row": 2, **one.rows[0], **(wrong if one.period == NOW else {})})
        sent.append(about | place)
    fresh = {dataset: pl.DataFrame(rows, schema(form))}
    return PriorState(BOOK, Path("/nonexistent"), ["1"], pl.DataFrame(sent, RETURNS), fresh)


def _kept(value: float, digits: int) -> float:
    """The value in the digits of its column, above zero."""
    return max(round(value, digits), 10.0**-digits)


def _additive(one: Return) -> Iterator[tuple[str, float]]:
    form = BOOK.datasets[one.dataset]
    for row in one.rows if form.one_row else ():
        for i in form.indicators:
            if i.numeric and i.unit.additive and (value := row[i.column]) is not None:
                yield i.column, float(value)


def broken_rows(dataset: str, slips: int) -> list[dict[str, float]]:
    """The form's rows, where no cell is blank, with so many cells ten times too much."""
    form, rng = BOOK.datasets[dataset], Random(SEED)
    numbers = [i.column for i in form.indicators if i.numeric]
    rows = (row for one in returns() if (one.dataset, one.period) == (dataset, NOW) for row in one.rows)
    found = []
    for row in rows:
        given = {column: row[column] for column in numbers if row[column]}
        wrong = rng.sample(sorted(given), min(slips, len(given)))
        found.append({**row, **{column: given[column] * 10 for column in wrong}})
    return found


def wrong_totals() -> list[tuple[str, str, list[str], Row, float]]:
    """Of forms with a sum the rows whose total is ten times too much: form, total, parts, row, and the total before."""
    rows = {(one.dataset, one.county_code, one.period): one.rows[0] for one in returns() if len(one.rows) == 1}
    found = []
    for (dataset, county, period), row in rows.items():
        before = rows.get((dataset, county, BEFORE))
        if dataset in SUMS and period == NOW and before:
            total, *parts = SUMS[dataset]
            if row[total] and before[total] and None not in (row[part] for part in parts):
                found.append((dataset, total, parts, {**row, total: row[total] * 10}, float(before[total])))
    return found
