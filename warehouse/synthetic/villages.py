"""The village register: 3350 natural villages, each with the days on which its relocation moved on.

Belongs here: which villages there are, and the register's rows. Does not belong here: the summary (`relocation.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from warehouse.synthetic.random_draws import apportion, stream, tenths
from warehouse.synthetic.records import Row, period_end
from warehouse.synthetic.territory import SPLIT_PARTIES, WITHOUT_RURAL, Province, Territory

PLANNED, STARTED, COMPLETED, DEMOLISHED = 3350, 2487, 884, 381  # at the end of 2017
SOME_PROVINCIAL, SOME_OTHERS = 15, 10  # how many such counties have villages to relocate
NO_VILLAGES = SPLIT_PARTIES | {WITHOUT_RURAL, "140402", "140411", "140481"}  # cities, or kept without on purpose
SURNAMES = "张王李赵刘郭韩马白高杨贺任薛侯段冯温武康牛石乔樊曹田郝闫吕孟"
PLACES = ("家沟", "家坪", "家塔", "家梁", "家峁", "家庄", "家湾", "家洼", "家圪垛", "家岭", "家寨", "家崖")
PREFIXES = ("", "", "", "上", "下", "前", "后", "东", "西", "小")
TOWNSHIPS = ("城关镇", "东关镇", "南沟乡", "北山乡", "西坪镇", "石盘乡", "白草镇", "红崖乡", "杨柳乡", "龙泉镇")


@dataclass(frozen=True)
class Village:
    """A natural village; its code keeps the county's code of 2017. Days may lie after the periods of the sample."""

    code: str
    name: str
    township: str
    territory: str
    households: int
    persons: int
    started: date
    completed: date
    demolished: date
    reclaimed_mu: Decimal

    def row(self, period: str) -> Row:
        """The village as the register of a period shows it: nothing that comes after the period's end."""
        end = period_end(period)
        return {
            "village_code": self.code,
            "village_name": self.name,
            "township": self.township,
            "households": self.households,
            "persons": self.persons,
            "started_on": self.started if self.started <= end else None,
            "completed_on": self.completed if self.completed <= end else None,
            "demolished_on": self.demolished if self.demolished <= end else None,
            "reclaimed_area_mu": self.reclaimed_mu if self.demolished <= end else None,
        }


Villages = Mapping[str, tuple[Village, ...]]  # by territory


def draw_villages(province: Province) -> Villages:
    """The villages of each territory that has any; at the end of 2017 exactly 2487, 884, 381 have moved on."""
    rng = stream(province.seed, "villages")
    numbers = apportion(PLANNED, _weights(rng, province))
    stages = [3] * DEMOLISHED + [2] * (COMPLETED - DEMOLISHED) + [1] * (STARTED - COMPLETED) + [0] * (PLANNED - STARTED)
    rng.shuffle(stages)
    return {
        code: tuple(_village(rng, code, place, stages.pop()) for place in range(number))
        for code, number in sorted(numbers.items())
    }


def _weights(rng: Random, province: Province) -> dict[str, float]:
    able = [t for t in province.territories.values() if t.code not in NO_VILLAGES]
    provincial = rng.sample([t for t in able if t.poverty and not t.key_county], SOME_PROVINCIAL)
    others = rng.sample([t for t in able if not t.poverty and not t.urban], SOME_OTHERS)
    chosen = [t for t in able if t.key_county] + provincial + others
    return {t.code: _size(t) * rng.uniform(0.7, 1.3) for t in chosen}


def _size(territory: Territory) -> float:
    if territory.deep:
        return 120.0
    return 50.0 if territory.poverty else 25.0


def _village(rng: Random, county: str, place: int, stage: int) -> Village:
    town, number = divmod(place, 25)
    households = rng.randint(8, 62)
    started, completed, demolished = _days(rng, stage)
    return Village(
        code=f"{county}{201 + town}{201 + number}",
        name=rng.choice(PREFIXES) + rng.choice(SURNAMES) + rng.choice(PLACES),
        township=TOWNSHIPS[(int(county) + town) % len(TOWNSHIPS)],
        territory=county,
        households=households,
        persons=round(households * rng.uniform(2.4, 3.3)),
        started=started,
        completed=completed,
        demolished=demolished,
        reclaimed_mu=tenths(round(households * rng.uniform(6, 11))),
    )


def _days(rng: Random, stage: int) -> tuple[date, date, date]:
    """Three days in order; `stage` is how many of them fall before the end of 2017."""
    spans = (
        ((date(2018, 1, 4), 330), (date(2018, 12, 1), 300), (date(2019, 10, 1), 300)),
        ((date(2016, 10, 8), 440), (date(2018, 1, 10), 400), (date(2019, 3, 1), 300)),
        ((date(2016, 6, 12), 300), (date(2017, 4, 20), 250), (date(2018, 1, 12), 280)),
        ((date(2016, 4, 6), 180), (date(2016, 10, 20), 260), (date(2017, 7, 12), 168)),
    )[stage]
    first, second, third = (start + timedelta(days=rng.randrange(days)) for start, days in spans)
    return first, second, third


def register(villages: tuple[Village, ...], period: str) -> tuple[Row, ...]:
    """The rows of one county's village register."""
    return tuple(village.row(period) for village in villages)
