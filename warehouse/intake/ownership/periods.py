"""Periods as clerks write them: 2017-12, 2017.12.31, 2017年12月, 201712, 2017年第四季度, 2017年1-12月."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from functools import lru_cache

from warehouse.intake.formats.table import squeezed

DAY = r"(?P<day>0?[1-9]|[12][0-9]|3[01])"
MONTH = r"(?P<month>1[0-2]|0?[1-9])"
YEAR = r"(?P<year>[0-9]{4})"
QUARTERS = {"一": 3, "二": 6, "三": 9, "四": 12, "1": 3, "2": 6, "3": 9, "4": 12}
HALVES = {"上半年": 6, "下半年": 12, "全年": 12}
# A period is the month that ends the span: of 2017年1-12月 the twelfth.
MONTHS = (
    rf"{YEAR}-{MONTH}(?:-{DAY})?(?:00:00:00)?",
    rf"{YEAR}([./_]){MONTH}(?:\2{DAY})?",
    rf"{YEAR}年(?:1[-—~至])?{MONTH}月(?:份|底|末|{DAY}日)?",
    rf"{YEAR}(?P<two>0[1-9]|1[0-2])(?P<day>0[1-9]|[12][0-9]|3[01])?",
)
SPANS = (rf"{YEAR}年?(?:第?(?P<quarter>[一二三四1-4])季度|[Qq](?P<q>[1-4]))", rf"{YEAR}年(?P<half>上半年|下半年|全年)")
WHOLE = tuple(re.compile(pattern) for pattern in (*MONTHS, *SPANS))
# Within a name no digit may stand beside it: 140222 is no May of 1402.
WITHIN = tuple(re.compile(rf"(?<![0-9])(?:{pattern})(?![0-9])") for pattern in (*MONTHS, *SPANS))
# A spreadsheet makes 2017.1 of 2017.10.
OCTOBER_OR_JANUARY = re.compile(r"[0-9]{4}\.1")
FIRST_YEAR, LAST_YEAR = 1949, 2100


@lru_cache(maxsize=10_000)
def parse_period(text: str | None) -> str | None:
    """`2017-12` for a text that says a month or a span that ends with one; None for any other."""
    said = squeezed(text)
    if OCTOBER_OR_JANUARY.fullmatch(said):
        return None
    return next((_period(match) for pattern in WHOLE if (match := pattern.fullmatch(said))), None)


def periods_within(name: str) -> frozenset[str]:
    """The periods that a file's or a sheet's name says; none where it says none."""
    return frozenset(_within(squeezed(name)))


def _within(name: str) -> Iterator[str]:
    """Whatever one pattern has taken is not looked at by the next: of 2017-12-31 no other month is read."""
    for pattern in WITHIN:
        for match in pattern.finditer(name):
            if FIRST_YEAR <= int(match["year"]) <= LAST_YEAR and _ends_a_month(match):
                yield _period(match)
        name = pattern.sub(" ", name)


def _ends_a_month(match: re.Match[str]) -> bool:
    """Whether a match says no day, or the last of its month: another is the day that the file was made or sent."""
    day = match.groupdict().get("day")
    if day is None:
        return True
    year, month = _period(match).split("-")
    return int(day) == monthrange(int(year), int(month))[1]


def _period(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found.get("quarter") or found.get("q"):
        month = QUARTERS[found.get("quarter") or found["q"]]
    elif found.get("half"):
        month = HALVES[found["half"]]
    else:
        month = int(found.get("month") or found["two"])
    return f"{match['year']}-{month:02}"
