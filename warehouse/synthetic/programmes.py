"""The forms `ecology`, `industry` and `finance`: programmes that reach persons and households.

Belongs here: their rows by territory. Does not belong here: public money and building (`funds_projects.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from warehouse.synthetic.random_draws import HUNDRED, apportion, cover, hundredths, part, stream
from warehouse.synthetic.records import Row, year_end
from warehouse.synthetic.territory import Province, Territory

GAINS = {"2016-12": 381_000, "2017-12": 519_000, "2018-06": 246_000}
LINKED = {"2016-12": 0.62, "2017-12": 1.0, "2018-06": 0.85}
PHOTOVOLTAIC_KW, PHOTOVOLTAIC_DEEP_KW = 1_600_000, 688_000  # 43 %
INSTALLED = {"2016-12": 0.14, "2017-11": 0.41, "2017-12": 0.46, "2018-06": 0.71}
LOANS = {  # households, yuan
    "2016-12": (62_800, 2_946_000_000),
    "2017-12": (176_300, 8_382_000_000),
    "2018-06": (71_450, 3_402_000_000),
}
RELENDING = {  # yuan: the province, the ten deep-poverty counties
    "2016-12": (2_100_000_000, 462_000_000),
    "2017-12": (3_200_000_000, 768_000_000),
    "2018-06": (1_500_000_000, 390_000_000),
}
RELENDING_RISE_DEEP = 300_000_000  # of the balance, December 2017 to June 2018


def reached(territory: Territory) -> float:
    """How far the programmes reach into a county: its registered poor, fewer of them where it is not listed."""
    return territory.registered_persons * (1.0 if territory.poverty else 0.5)


def ecology(province: Province, period: str) -> dict[str, Row]:
    """Persons with gains from the five projects (519,000 in 2017) and what they were paid, by territory."""
    year = year_end(period)
    gains = apportion(GAINS[year], province.weigh(f"ecology {year}", reached))
    done = province.done("ecology", period)
    return {c: _ecology_row(province, c, year, part(gains[c], done[c])) for c in province.codes}


def _ecology_row(province: Province, code: str, year: str, gains: int) -> Row:
    rng = stream(province.seed, "ecology", year, code)
    return {
        "cropland_to_forest_persons": cover(gains, rng.uniform(0.40, 0.50)),
        "afforestation_labour_persons": cover(gains, rng.uniform(0.25, 0.35)),
        "forest_guard_persons": cover(gains, rng.uniform(0.10, 0.16)),
        "orchard_upgrade_persons": cover(gains, rng.uniform(0.22, 0.32)),
        "forest_industry_persons": cover(gains, rng.uniform(0.14, 0.22)),
        "persons_with_gains": gains,
        "payments_yuan": part(gains, rng.uniform(2_000, 2_700), HUNDRED),
    }


def industry(province: Province, period: str) -> dict[str, Row]:
    """Households linked to an industry, and photovoltaics planned and installed, by territory."""
    year = year_end(period)
    planned = _photovoltaic(province)
    done = province.done("industry", period)
    return {
        c: {
            **_linked_columns(province, territory, year, done[c]),
            "photovoltaic_planned_kw": hundredths(planned[c]),
            "photovoltaic_installed_kw": hundredths(
                planned[c] * INSTALLED[period] * stream(province.seed, "installed", c).uniform(0.8, 1.15)
            ),
        }
        for c, territory in province.territories.items()
    }


def _photovoltaic(province: Province) -> dict[str, int]:
    """The three-year plan: poverty counties have nearly all of it, the deep ones 43 %."""
    weights = province.weigh("photovoltaic", lambda t: t.registered_persons * (1.0 if t.poverty else 0.15))
    return province.deep_split(PHOTOVOLTAIC_KW, PHOTOVOLTAIC_DEEP_KW, weights)


def _linked_columns(province: Province, territory: Territory, year: str, done: float) -> dict[str, int]:
    rng = stream(province.seed, "industry", year, territory.code)
    linked = part(territory.registered_households, rng.uniform(0.36, 0.58) * LINKED[year] * done)
    return {
        "registered_households": territory.registered_households,
        "specialty_farming_households": cover(linked, rng.uniform(0.62, 0.74)),
        "photovoltaic_households": cover(linked, rng.uniform(0.26, 0.36)),
        "ecommerce_households": cover(linked, rng.uniform(0.13, 0.20)),
        "tourism_households": cover(linked, rng.uniform(0.06, 0.14)),
        "households_linked": linked,
    }


def finance(province: Province, period: str) -> dict[str, Row]:
    """Microcredit (8.382 billion yuan to 176,300 households in 2017) and relending, by territory."""
    year = year_end(period)
    total_households, total_yuan = LOANS[year]
    households = apportion(total_households, province.weigh(f"loans {year}", reached))
    factor = province.draw(f"loan {year}", 0.97, 1.03)
    yuan = apportion(total_yuan, {c: n * factor[c] for c, n in households.items()}, HUNDRED)
    lent, balance = _relending(province, year), _relending_balance(province, year)
    done = province.done("finance", period)
    return {
        c: {
            "loan_households": cover(households[c], done[c]),
            **_loan_columns(province, c, year, yuan[c], done[c]),
            "relending_yuan": part(lent[c], done[c], HUNDRED),
            "relending_balance_yuan": part(balance[c], done[c], HUNDRED),
        }
        for c in province.codes
    }


def _loan_columns(province: Province, code: str, year: str, yuan: int, done: float) -> Mapping[str, int]:
    rng = stream(province.seed, "loan columns", year, code)
    whole_own = part(yuan, rng.uniform(0.35, 0.65), HUNDRED)
    own, partnership = part(whole_own, done, HUNDRED), part(yuan - whole_own, done, HUNDRED)
    balance = part(own + partnership, rng.uniform(1.05, 1.60), HUNDRED)
    return {
        "loan_amount_yuan": own + partnership,
        "household_use_amount_yuan": own,
        "partnership_amount_yuan": partnership,
        "loan_balance_yuan": balance,
        "overdue_balance_yuan": part(balance, rng.uniform(0, 0.02), HUNDRED),
    }


def _relending(province: Province, year: str) -> dict[str, int]:
    total, deep = RELENDING[year]
    weights = province.weigh(f"relending {year}", lambda t: t.registered_persons * (1.0 if t.poverty else 0.1))
    return province.deep_split(total, deep, weights, HUNDRED)


def _relending_balance(province: Province, year: str) -> dict[str, int]:
    """Outstanding at the period's end; in the deep-poverty counties it rises by 300 million in half a year."""
    if year != "2018-06":
        factor = province.draw(f"relending balance {year}", 0.95, 1.3)
        return {c: part(lent, factor[c], HUNDRED) for c, lent in _relending(province, year).items()}
    before = _relending_balance(province, "2017-12")
    deep = {c: float(v) for c, v in before.items() if province.territories[c].deep}
    rise = apportion(RELENDING_RISE_DEEP, deep, HUNDRED)
    factor = province.draw("relending balance rest", 0.98, 1.08)
    return {c: v + rise[c] if c in rise else part(v, factor[c], HUNDRED) for c, v in before.items()}
