"""The forms `health`, `training` and `upskilling`: services to registered persons.

Belongs here: their rows by territory. Does not belong here: training by supporting units (`support.py`).
"""

from __future__ import annotations

from warehouse.synthetic.programmes import reached
from warehouse.synthetic.random_draws import HUNDRED, apportion, part, seldom_blank, stream
from warehouse.synthetic.records import Row, Value, year_end
from warehouse.synthetic.territory import Province, Territory

ILLNESS = {"2016-12": 0.011, "2017-12": 0.014, "2018-06": 0.008}  # treated persons of those registered
TRAINING = {  # persons trained, yuan, persons placed in jobs
    "2016-12": (58_000, 145_000_000, 76_000),
    "2017-12": (72_000, 180_000_000, 90_000),
    "2018-06": (312_000, 296_000_000, 158_000),
}
UPSKILLING = (1_000_000, 1_000_000_000)  # planned for 2018: persons, yuan


def health(province: Province, period: str) -> dict[str, Row]:
    """Persons insured and treated, yuan paid for hospital stays, by territory."""
    year = year_end(period)
    done = province.done("health", period)
    return {c: _health_row(province, t, year, done[c]) for c, t in province.territories.items()}


def _health_row(province: Province, territory: Territory, year: str, done: float) -> Row:
    rng = stream(province.seed, "health", year, territory.code)
    registered = territory.registered_persons
    cost = part(registered, ILLNESS[year] * done * rng.uniform(21_000, 34_000), HUNDRED)
    contracted = part(registered, rng.uniform(0.88, 0.99))
    return {
        "insured_persons": part(registered, rng.uniform(0.985, 1.0)),
        "registered_persons": registered,
        "serious_illness_persons": part(registered, ILLNESS[year] * done * rng.uniform(0.8, 1.2)),
        "contracted_persons": seldom_blank(rng, contracted),
        "reimbursed_yuan": part(cost, rng.uniform(0.84, 0.92), HUNDRED),
        "medical_cost_yuan": cost,
    }


def training(province: Province, period: str) -> dict[str, Row]:
    """Persons trained and placed, person-times and yuan (72,000, 90,000 and 180 million in 2017), by territory."""
    year = year_end(period)
    totals = TRAINING[year]
    trained = apportion(totals[0], province.weigh(f"trained {year}", reached))
    cost = province.draw(f"training cost {year}", 0.85, 1.15)
    yuan = apportion(totals[1], {c: n * cost[c] for c, n in trained.items()}, HUNDRED)
    placed = apportion(totals[2], province.weigh(f"placed {year}", reached))
    plans = _plans(province, year, trained, yuan)
    done = province.done("training", period)
    return {
        c: {
            "training_funds_yuan": part(yuan[c], done[c], HUNDRED),
            **_trained_columns(province, c, year, part(trained[c], done[c])),
            "transferred_persons": part(placed[c], done[c]),
        }
        | plans[c]
        for c in province.codes
    }


def _trained_columns(province: Province, code: str, year: str, trained: int) -> dict[str, Value]:
    rng = stream(province.seed, "trained columns", year, code)
    return {
        "trained_persons": trained,
        "trained_person_times": part(trained, rng.uniform(1.15, 1.90)),
        "certified_persons": part(trained, rng.uniform(0.50, 0.85)),
    }


def _plans(province: Province, year: str, trained: dict[str, int], yuan: dict[str, int]) -> dict[str, dict[str, Value]]:
    """Persons and yuan planned; from 2018 the province's upskilling plan, before it some counties have none."""
    factor = province.draw(f"plan {year}", 1.0, 1.3)
    if year == "2018-06":
        persons = apportion(UPSKILLING[0], {c: n * factor[c] for c, n in trained.items()})
        money = apportion(UPSKILLING[1], {c: n * factor[c] for c, n in trained.items()}, HUNDRED)
    else:
        persons = {c: part(n, factor[c]) for c, n in trained.items()}
        money = {c: part(n, factor[c], HUNDRED) for c, n in yuan.items()}
    rng, blank = stream(province.seed, "plan given", year), 0.0 if year == "2018-06" else 0.1
    return {
        c: {
            "planned_persons": seldom_blank(rng, persons[c], blank),
            "planned_funds_yuan": seldom_blank(rng, money[c], blank),
        }
        for c in province.codes
    }


def upskilling(province: Province, period: str) -> dict[str, Row]:
    """The province's upskilling, by territory: its plan, and most of the persons trained and yuan spent in the year."""
    persons, spent = (province.draw(f"upskilling {what} {period}", 0.80, 0.90) for what in ("persons", "spent"))
    return {
        c: {
            "upskilling_planned_persons": row["planned_persons"],
            "upskilling_planned_yuan": row["planned_funds_yuan"],
            "upskilled_persons": part(int(str(row["trained_persons"])), persons[c]),
            "upskilling_spent_yuan": part(int(str(row["training_funds_yuan"])), spent[c], HUNDRED),
        }
        for c, row in training(province, period).items()
    }
