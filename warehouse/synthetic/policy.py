"""The form `policy`: the ten measures of 2017 in each deep-poverty county.

Belongs here: the measures' rows. Does not belong here: what the measures pay for.
"""

from __future__ import annotations

from datetime import date, timedelta

from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import Row, period_end
from warehouse.synthetic.territory import Province

MEASURES = ("生态脱贫", "易地扶贫搬迁", "危房改造", "产业扶贫", "免费培训就业",
            "健康扶贫", "教育扶贫", "金融扶贫", "社会保障兜底", "驻村帮扶")  # fmt: skip
FIRST_ISSUED = date(2017, 6, 26)
COMPLETE = 0.2  # of the measures by the middle of 2018
COUNTY_PLANS_FROM = date(2018, 5, 1)


def policy(province: Province, period: str) -> dict[str, tuple[Row, ...]]:
    """The rows of each deep-poverty county: the measures that were issued by the period's end."""
    end = period_end(period)
    deep = [c for c, t in province.territories.items() if t.deep]
    rows = {code: [_row(province, code, number, end) for number in range(1, len(MEASURES) + 1)] for code in deep}
    return {code: tuple(row for row in mine if row["status"]) for code, mine in rows.items()}


def _row(province: Province, code: str, number: int, end: date) -> Row:
    """A measure as it stands at the end of a period; without a state where it is not issued yet."""
    rng = stream(province.seed, "policy", code, str(number))
    issued = FIRST_ISSUED + timedelta(days=rng.randrange(90))
    effective = issued + timedelta(days=rng.randrange(1, 45))
    done = end >= COUNTY_PLANS_FROM and rng.random() < COMPLETE
    begun = "complete" if done else "in_force"
    return {
        "measure": f"m{number:02d}",
        "document": f"关于{MEASURES[number - 1]}的超常规举措实施方案",
        "issued_on": issued,
        "effective_on": effective,
        "status": begun if effective <= end else "issued" if issued <= end else None,
        "county_plan": end >= COUNTY_PLANS_FROM,
    }
