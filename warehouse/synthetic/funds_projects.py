"""The forms `funds` and `projects`: public money and what is planted and built with it.

Belongs here: their rows by territory. Does not belong here: loans (`programmes.py`).
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from warehouse.synthetic.programmes import reached
from warehouse.synthetic.random_draws import HUNDRED, part, stream, tenths
from warehouse.synthetic.records import Row, year_end
from warehouse.synthetic.territory import Province

Totals = tuple[int, int]  # the province, the ten deep-poverty counties
ALLOCATED: dict[str, Totals] = {  # yuan; 30.5 % in 2017, 30.3 % in 2018
    "2016-12": (5_100_000_000, 1_479_000_000),
    "2017-12": (6_200_000_000, 1_891_000_000),
    "2018-06": (5_400_000_000, 1_636_200_000),
}
REVOLVING: dict[str, Totals] = {  # yuan; 22.6 % in 2017
    "2016-12": (1_050_000_000, 220_500_000),
    "2017-12": (1_500_000_000, 339_000_000),
    "2018-06": (600_000_000, 138_000_000),
}
SPENT = {"2016-12": (0.78, 0.93), "2017-12": (0.82, 0.95), "2018-06": (0.42, 0.58)}
CROPLAND: dict[str, Totals] = {"2016-12": (12_000, 4_700), "2017-12": (20_000, 8_600), "2018-06": (15_000, 6_300)}
FORESTS: dict[str, Totals] = {"2016-12": (36_000, 13_000), "2017-12": (40_000, 15_600), "2018-06": (42_000, 16_200)}
BUCKTHORN: dict[str, Totals] = {"2016-12": (2_000, 2_000), "2017-12": (5_000, 5_000), "2018-06": (3_000, 3_000)}
MU = 100  # the tasks above are in hundreds of mu: 43 %, 39 % and all of 500,000 mu in 2017
HOUSING: dict[str, Totals] = {  # households; 37.6 % in 2017
    "2016-12": (78_000, 26_000),
    "2017-12": (86_000, 32_336),
    "2018-06": (54_000, 20_100),
}
PROGRESS = {"2016-12": (0.88, 0.99), "2017-12": (0.90, 0.99), "2018-06": (0.30, 0.62)}


def funds(province: Province, period: str) -> dict[str, Row]:
    """Fiscal funds allocated, received and spent in yuan (money of this year only), by territory."""
    year = year_end(period)
    weights = province.weigh(f"funds {year}", lambda t: t.registered_persons * (1.0 if t.poverty else 0.3))
    allocated = province.deep_split(*ALLOCATED[year], weights, HUNDRED)
    revolving = province.deep_split(*REVOLVING[year], weights, HUNDRED)
    done = province.done("funds", period)
    return {c: _funds_row(province, c, year, (allocated[c], revolving[c], done[c])) for c in province.codes}


def _funds_row(province: Province, code: str, year: str, amounts: tuple[int, int, float]) -> Row:
    whole, revolving, done = amounts
    rng = stream(province.seed, "funds", year, code)
    whole_central = part(whole, rng.uniform(0.55, 0.70), HUNDRED)
    central, provincial = part(whole_central, done, HUNDRED), part(whole - whole_central, done, HUNDRED)
    received = part(central + provincial, rng.uniform(0.96, 1.0), HUNDRED)
    return {
        "fiscal_allocated_yuan": central + provincial,
        "fiscal_received_yuan": received,
        "fiscal_spent_yuan": part(received, rng.uniform(*SPENT[year]), HUNDRED),
        "central_allocated_yuan": central,
        "provincial_allocated_yuan": provincial,
        "revolving_fund_yuan": part(revolving, done, HUNDRED),
    }


def projects(province: Province, period: str) -> dict[str, Row]:
    """Tasks in mu and households and how much of each is done, by territory."""
    year = year_end(period)
    areas = {
        "cropland_to_forest": _task(province, "cropland", CROPLAND[year], year),
        "afforestation": _task(province, "forests", FORESTS[year], year),
        "sea_buckthorn": _task(province, "buckthorn", BUCKTHORN[year], year),
    }
    weights = province.weigh(f"housing {year}", reached)
    housing = province.deep_split(*HOUSING[year], weights)
    done = province.done("projects", period)
    rows: dict[str, Row] = {}
    for code in province.codes:
        rng = stream(province.seed, "projects", year, code)
        row: dict[str, Decimal | int] = {}
        for task, planned in areas.items():
            row[f"{task}_planned_mu"] = tenths(planned[code])
            row[f"{task}_done_mu"] = tenths(part(planned[code], rng.uniform(*PROGRESS[year]) * done[code]))
        rows[code] = {**row, **_housing_columns(rng, housing[code], year, done[code])}
    return rows


def _task(province: Province, name: str, totals: Totals, year: str) -> dict[str, int]:
    """An area task in tenths of a mu."""
    total, deep = (hundreds * MU * 10 for hundreds in totals)
    return province.deep_split(total, deep, province.weigh(f"{name} {year}", reached))


def _housing_columns(rng: Random, planned: int, year: str, done: float) -> dict[str, int]:
    started = part(planned, rng.uniform(*PROGRESS[year]) * done)
    completed = part(started, rng.uniform(0.80, 0.97))
    return {
        "housing_planned_households": planned,
        "housing_started_households": started,
        "housing_completed_households": completed,
        "housing_accepted_households": part(completed, rng.uniform(0.75, 0.97)),
    }
