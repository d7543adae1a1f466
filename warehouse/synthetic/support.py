"""The forms `support_units` and `support`: who helps a poverty county from outside, and with what.

Belongs here: the units' rows and the summary that agrees with them. Units have made-up names: no real institution
is given figures it never reported. Does not belong here: the villages' own teams (`village_work.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from warehouse.synthetic.programmes import reached
from warehouse.synthetic.random_draws import HUNDRED, apportion, part, seldom_blank, stream
from warehouse.synthetic.records import Row
from warehouse.synthetic.territory import Province, Territory

CENTRAL_UNITS = 26
CENTRAL = {  # over the 35 key counties: officials posted, yuan attracted, projects, persons who benefit
    "2016-12": (61, 905_000_000, 48, 81_300),
    "2017-12": (71, 1_262_000_000, 61, 109_400),
    "2018-06": (77, 1_380_000_000, 69, 117_000),
}
INVESTED = {  # over the poverty counties: yuan, person-times trained, person-times placed in jobs
    "2016-12": (1_120_000_000, 198_700, 66_400),
    "2017-12": (1_335_000_000, 253_400, 82_000),
    "2018-06": (702_000_000, 131_900, 43_700),
}
UNIT_NAMES = {
    "central": "中央定点帮扶单位",
    "provincial": "省直帮扶单位",
    "university": "省内对口高校",
    "paired_county": "结对经济强县",
    "enterprise": "帮扶企业",
}
LEVELS = {  # other levels: officials posted, yuan attracted (greatest), projects, beneficiaries (greatest)
    "provincial": (3, 4_000_000, 4, 900),
    "university": (2, 800_000, 3, 400),
    "paired_county": (2, 6_000_000, 3, 1_200),
    "enterprise": (1, 3_000_000, 2, 600),
}
UNHELPED = 0.35  # of the provincial-list counties have no unit at all
SUMMED = ("posted_officials", "funds_attracted_yuan", "aid_projects", "aid_beneficiaries")
COUNTED = {
    "provincial_units": "provincial",
    "partner_universities": "university",
    "paired_counties": "paired_county",
    "central_units": "central",
}
Units = dict[str, tuple[Row, ...]]


def support_units(province: Province, period: str) -> Units:
    """The units' rows of each poverty territory, by level and name; none where no unit helps."""
    central = _central(province, period)
    units: Units = {}
    for code, names in _rosters(province).items():
        rng = stream(province.seed, "unit values", period, code)
        others = [_unit_row(rng, level, name) for level, name in names]
        units[code] = (*central.get(code, ()), *others)
    return units


def _central(province: Province, period: str) -> Units:
    """One central unit for each key county, 26 in all: nine of them help two counties."""
    rng = stream(province.seed, "central")
    counties = [c for c, t in province.territories.items() if t.key_county]
    numbers = [*range(1, CENTRAL_UNITS + 1), *rng.sample(range(1, CENTRAL_UNITS + 1), len(counties) - CENTRAL_UNITS)]
    rng.shuffle(numbers)
    steps = (1, HUNDRED, 1, 1)
    shares = [
        apportion(total, {c: rng.uniform(0.7, 1.3) for c in counties}, step)
        for total, step in zip(CENTRAL[period], steps, strict=True)
    ]
    return {
        code: (_row("central", number, [share[code] for share in shares]),)
        for code, number in zip(counties, numbers, strict=True)
    }


def _row(level: str, number: int, values: Sequence[int]) -> Row:
    name = f"{UNIT_NAMES[level]}{number:02d}"
    return {"unit_name": name, "unit_level": level, **dict(zip(SUMMED, values, strict=True))}


def _rosters(province: Province) -> dict[str, list[tuple[str, int]]]:
    """The units other than central ones, level and number, that help each poverty territory in every period."""
    rng = stream(province.seed, "rosters")
    numbers = dict.fromkeys(LEVELS, 0)
    rosters: dict[str, list[tuple[str, int]]] = {}
    for code, territory in province.territories.items():
        if not territory.poverty:
            continue
        rosters[code] = []
        for level, count in _how_many(rng, territory).items():
            rosters[code] += [(level, numbers[level] + i) for i in range(1, count + 1)]
            numbers[level] += count
    return rosters


def _how_many(rng: Random, territory: Territory) -> dict[str, int]:
    if territory.deep:
        most = {"provincial": rng.randint(3, 5), "university": 1, "paired_county": rng.randint(1, 2)}
        return {**most, "enterprise": rng.randint(0, 3)}
    least = 1 if territory.national else 0
    if not least and rng.random() < UNHELPED:
        return {}
    return {
        "provincial": rng.randint(least, 2),
        "paired_county": rng.randint(0, least),
        "enterprise": rng.randint(0, 2),
    }


def _unit_row(rng: Random, level: str, number: int) -> Row:
    officials, yuan, projects, persons = LEVELS[level]
    money = part(rng.uniform(0.1, 1.0), yuan, HUNDRED)
    return _row(level, number, (rng.randint(1, officials), money, rng.randint(1, projects), rng.randint(30, persons)))


def support(province: Province, period: str, units: Units) -> dict[str, Row]:
    """The summary of each poverty territory: counts and sums of its units, and what they invested in the year."""
    weights = province.weigh(f"invested {period}", reached, noise=0.35)
    poverty = {c: w for c, w in weights.items() if c in units}
    yuan, trained, placed = INVESTED[period]
    invested = apportion(yuan, poverty, HUNDRED)
    times, jobs = apportion(trained, poverty), apportion(placed, poverty)
    rows: dict[str, Row] = {}
    for code, mine in units.items():
        rng = stream(province.seed, "support", period, code)
        donations = part(rng.uniform(0.05, 1.0), 900_000, HUNDRED)
        rows[code] = {
            **_experts(rng, province.territories[code]),
            **from_units(mine),
            "funds_invested_yuan": invested[code],
            "support_trained_person_times": times[code],
            "support_transferred_person_times": jobs[code],
            "donations_yuan": seldom_blank(rng, donations),
        }
    return rows


def _experts(rng: Random, territory: Territory) -> dict[str, int]:
    least = 1 if territory.deep else 0
    return {
        "provincial_leaders": least,
        "technical_experts": rng.randint(least, least + 2),
        "financial_experts": rng.randint(least, least + 1),
    }


def from_units(units: Sequence[Row]) -> dict[str, int]:
    """What the summary counts and sums of a county's units."""
    counts = {column: sum(u["unit_level"] == level for u in units) for column, level in COUNTED.items()}
    sums = {column: sum(int(str(u[column])) for u in units) for column in SUMMED}
    return counts | sums
