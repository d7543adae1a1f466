"""The form `outcomes`: persons, villages, incomes and delisting of each county.

Belongs here: the form's rows and what is computed from its parts. Does not belong here: the flows and incomes
themselves (`people.py`, `income.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from random import Random

from warehouse.synthetic.income import Incomes, draw_incomes
from warehouse.synthetic.people import HALVES, Flow, draw_people
from warehouse.synthetic.random_draws import seldom_blank, stream
from warehouse.synthetic.records import Row, Value, year_of
from warehouse.synthetic.territory import Province, Territory

ONE_DECIMAL = Decimal("0.1")
CENT = Decimal("0.01")
DELISTING_YEAR = 2017
SATISFIED = {2016: (91.5, 94.5), 2017: (93.0, 96.0), 2018: (94.0, 97.0)}  # percent: it rises
OTHER_HALF = 0.004  # how far a county's growth of one half of a year is from that of the other
Income = tuple[Decimal, Decimal] | None  # this year's and the prior year's


def outcomes(province: Province, periods: Iterable[str]) -> dict[str, dict[str, Row]]:
    """The rows of `outcomes` by period, where it is one that ends a half year, and county in force."""
    people, incomes = draw_people(province), draw_incomes(province)
    rows: dict[str, dict[str, Row]] = {}
    for period in people.keys() & set(periods):
        flows = people[period]
        counties = province.counties(period)
        rows[period] = {
            code: _row(province, period, parts, flows, _income(province, period, parts, incomes))
            for code, parts in sorted(counties.items())
        }
    return rows


def _income(province: Province, period: str, parts: list[Territory], incomes: Incomes) -> Income:
    """A June's is what the year to June comes to; of the halves of a year one is drawn, the other is near it."""
    if not sum(t.rural_population for t in parts):
        return None
    code = parts[0].code
    years = {
        "2016-12": (incomes.year_2016[code], incomes.year_2015[code]),
        "2017-12": (incomes.year_2017[code], incomes.year_2016[code]),
    }
    if period in years:
        return years[period]
    if period in HALVES:
        now, prior = years[HALVES[period]]
        rate = float(now / prior) - 1
    else:
        prior, rate = _average(parts, incomes.year_2017), incomes.growth_2018[code]
    if period != "2018-06":
        rate += stream(province.seed, "income of a half", period, code).uniform(-OTHER_HALF, OTHER_HALF)
    return Decimal(round(float(prior) * (1 + rate))), prior


def _average(parts: list[Territory], values: Mapping[str, Decimal]) -> Decimal:
    """The average of the parts by rural population, to the cent; one part keeps its own value."""
    peopled = [t for t in parts if t.rural_population]
    if len(peopled) == 1:
        return values[peopled[0].code]
    people = sum(t.rural_population for t in peopled)
    return (sum(values[t.code] * t.rural_population for t in peopled) / Decimal(people)).quantize(CENT)


def _row(province: Province, period: str, parts: list[Territory], flows: Mapping[str, Flow], income: Income) -> Row:
    rng = stream(province.seed, "outcomes", period, parts[0].code)
    mine = [flows[t.code] for t in parts]
    population, closing = sum(f.population for f in mine), sum(f.closing for f in mine)
    return {
        "rural_population": population,
        "poor_persons_opening": sum(f.opening for f in mine),
        "poor_persons_exited": sum(f.exited for f in mine),
        "poor_persons_added": sum(f.added for f in mine),
        "poor_persons_removed": sum(f.removed for f in mine),
        "poor_persons_closing": closing,
        "poverty_headcount_ratio": (Decimal(100 * closing) / population).quantize(ONE_DECIMAL) if population else None,
        "deep_poverty_persons": sum(f.deep for f in mine),
        "poor_villages_opening": sum(f.villages_opening for f in mine),
        "poor_villages_exited": sum(f.villages_exited for f in mine),
        **_income_columns(rng, income),
        **_delisting_columns(rng, period, parts[0]),
    }


def growth(income: Decimal, prior: Decimal) -> Decimal:
    """Growth on the prior year in percent, to one decimal, as the form asks for it."""
    return (100 * (income / prior - 1)).quantize(ONE_DECIMAL)


def _income_columns(rng: Random, income: Income) -> dict[str, Value]:
    columns = ("income_wages", "income_business", "income_property", "income_transfers")
    if income is None:
        return dict.fromkeys(("income_per_capita", "income_per_capita_prior_year", *columns, "income_growth"))
    now, prior = income
    wages, held, transfers = (
        Decimal(round(float(now) * rng.uniform(*s))) for s in ((0.36, 0.46), (0.004, 0.015), (0.24, 0.31))
    )
    values = (wages, now - wages - held - transfers, seldom_blank(rng, held), transfers)
    return {
        "income_per_capita": now,
        "income_per_capita_prior_year": prior,
        **dict(zip(columns, values, strict=True)),
        "income_growth": growth(now, prior),
    }


def _delisting_columns(rng: Random, period: str, territory: Territory) -> dict[str, Value]:
    """Delisted counties fill every exit condition; of the others some leave the first two rates blank."""
    status = "none"
    if territory.delisted and period >= "2017-12":
        status = "provisional" if period == "2017-12" else "verified"
    rates = (rng.uniform(0.05, 0.9), rng.uniform(0.05, 0.9), rng.uniform(*SATISFIED[year_of(period)]))
    filled = status != "none" or rng.random() < (0.85 if territory.poverty else 0.6)
    wrong, missed, satisfied = (Decimal(str(rate)).quantize(CENT) for rate in rates)
    return {
        "delisting_status": status,
        "delisting_year": DELISTING_YEAR if status != "none" else None,
        "wrong_exit_rate": wrong if filled else None,
        "missed_identification_rate": missed if filled else None,
        "satisfaction_rate": satisfied,
    }
