"""The form `relocation`: the summary of the village register with the stocks that only rise.

Belongs here: one county's summary row. Does not belong here: the villages (`villages.py`).
"""

from __future__ import annotations

from random import Random

from warehouse.synthetic.random_draws import HUNDRED, hundredths, part, seldom_blank, stream
from warehouse.synthetic.records import PERIODS, Row, Value
from warehouse.synthetic.territory import Province
from warehouse.synthetic.villages import Village

STAGES = {
    "villages_started": "started_on", "villages_completed": "completed_on", "villages_demolished": "demolished_on",
}  # fmt: skip
# What share of the whole is reached in each period: it only rises.
IDENTIFIED = dict(zip(PERIODS, (0.92, 0.97, 0.98, 1.0), strict=True))
HOUSED = dict(zip(PERIODS, (0.06, 0.31, 0.36, 0.58), strict=True))
SITES = dict(zip(PERIODS, (0.15, 0.50, 0.58, 0.85), strict=True))


def relocation(province: Province, villages: tuple[Village, ...], period: str) -> Row:
    """One county's summary row; every cumulative column is at least what it was a period before."""
    rng = stream(province.seed, "relocation", villages[0].territory)
    persons = part(sum(v.persons for v in villages), rng.uniform(1.05, 1.30))
    housed = part(persons, HOUSED[period] * rng.uniform(0.8, 1.2))
    sites = part(len(villages) / 4 + 3, SITES[period])
    return {
        **stages(villages, period),
        "persons_identified": part(persons, IDENTIFIED[period]),
        "persons_housed": housed,
        "persons_moved_in": part(housed, rng.uniform(0.72, 0.92)),
        "resettlement_sites": sites,
        **_blank_some(rng, _follow_ups(rng, housed, sites, sum(v.households for v in villages))),
        "disputes_open": stream(province.seed, "disputes", villages[0].territory, period).randrange(12),
    }


def stages(villages: tuple[Village, ...], period: str) -> Row:
    """How many of the villages have come how far by the period's end."""
    shown = [village.row(period) for village in villages]
    reached = {stage: sum(row[day] is not None for row in shown) for stage, day in STAGES.items()}
    return {"villages_planned": len(villages), **reached}


def _follow_ups(rng: Random, housed: int, sites: int, households: int) -> dict[str, Value]:
    """What follows from people housed and sites built; each rises with them."""
    return {
        "ecological_restoration_mu": hundredths(housed * rng.uniform(1.5, 3.0)),
        "persons_employed": part(housed, rng.uniform(0.45, 0.65)),
        "communities_governed": part(sites, rng.uniform(0.5, 0.9)),
        "funds_paid_yuan": part(housed, rng.uniform(42_000, 58_000), HUNDRED),
        "land_reallocated_mu": hundredths(housed * rng.uniform(0.8, 1.6)),
        "houses_demolished": min(households, part(housed / 3, rng.uniform(0.3, 0.6))),
        "trees_compensated": part(housed, rng.uniform(4, 15)),
    }


def _blank_some(rng: Random, columns: dict[str, Value]) -> dict[str, Value]:
    """A county that does not count a thing leaves its column blank in every period."""
    return {column: seldom_blank(rng, value) for column, value in columns.items()}
