"""What a generated return is, and the periods that the sample has: the four that are drawn, and all 36 months.

Belongs here: the records that the generators hand to the writers. Does not belong here: how a value is drawn, how a
file looks.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Value = int | Decimal | date | bool | str | None
Row = Mapping[str, Value]
Status = Literal["provisional", "reported"]

PERIODS = ("2016-12", "2017-11", "2017-12", "2018-06")
MONTHS = tuple(f"{year}-{month:02}" for year in (2016, 2017, 2018) for month in range(1, 13))  # of the long sample
PROVISIONAL = ("outcomes", "2017-12")  # the one 预计 return of each county: delistings await their check


@dataclass(frozen=True)
class Return:
    """What one county says of one dataset in one period: rows of base units, in codebook columns; none where nil.

    `explanation` is what it answers beforehand to queries on it.
    """

    county_code: str
    period: str
    dataset: str
    status: Status
    nil: bool
    rows: tuple[Row, ...]
    explanation: str | None = None


def period_end(period: str) -> date:
    """The last day of a period."""
    year, month = int(period[:4]), int(period[5:])
    return date(year, month, monthrange(year, month)[1])


def year_of(period: str) -> int:
    """The calendar year of a period."""
    return int(period[:4])


def year_end(period: str) -> str:
    """The period whose year-to-date totals a period leads up to: December for November, else itself."""
    return "2017-12" if period == "2017-11" else period


def status_of(dataset: str, period: str) -> Status:
    """How final the figures of a return are."""
    return "provisional" if (dataset, period) == PROVISIONAL else "reported"
