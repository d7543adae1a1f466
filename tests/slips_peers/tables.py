"""What both sides are asked of: columns of the clean province with slips planted in them, and rows that break rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from tests.builders import BOOK
from warehouse.synthetic import Return, Row, build_returns

SEED, BEFORE, NOW = 20171231, "2016-12", "2017-12"
# One county in twelve slips by a power of ten, a transposition of its two leading digits or a half.
EVERY, SLIPS = 12, (10.0, 0.1, 1000.0, 0.5)
FEWEST = 20
# The forms of whole numbers with a total and its parts, the total first.
SUMS = {
    "accountability": ("units_assessed", "graded_excellent", "graded_good", "graded_fair", "graded_poor"),
    "finance": ("loan_amount_yuan", "household_use_amount_yuan", "partnership_amount_yuan"),
    "funds": ("fiscal_allocated_yuan", "central_allocated_yuan", "provincial_allocated_yuan"),
}


@dataclass(frozen=True)
class Trend:
    """A column of a form over the counties that give it, above zero, in both years; the true value of those slipped."""

    dataset: str
    column: str
    now: Mapping[str, float]
    before: Mapping[str, float]
    true: Mapping[str, float]


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
