"""Periods as clerks write them: 2017-12, 2017.12.31, 2017年12月, 201712, 2017年第四季度, 2017年1-12月, 2017年度."""

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
HALVES = {"上半年": 6}
TIME = r"[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?"
# The first month of a span, which begins the year or a quarter of it.
FROM = r"(?:0?[147]|10)月?(?:——|[-—–~至到])"
# No other day begins behind a month: 2017-12-311 is a slip, 2017-12-140222 the code of a county.
NO_DAY = r"(?!{}[0-9]{{1,3}}(?![0-9]))"
# A period is the month that ends the span: of 2017年1-12月 the twelfth.
MONTHS = (
    rf"{YEAR}-{MONTH}(?:-{DAY}(?:{TIME})?|月|{NO_DAY.format('-')})",
    rf"{YEAR}([./_]){MONTH}(?:\2{DAY}|{NO_DAY.format(chr(92) + '2')})",
    rf"{YEAR}年(?:{FROM})?{MONTH}月(?:份|底|末|{DAY}[日号])?",
    rf"{YEAR}(?P<two>0[1-9]|1[0-2])(?P<day>0[1-9]|[12][0-9]|3[01])?",
)
SPANS = (
    rf"{YEAR}年?(?:第?(?P<quarter>[一二三四1-4])季度|[Qq](?P<q>[1-4]))",
    rf"{YEAR}年(?P<half>上半年|下半年|全年)",
)
# A whole year, which in a name counts where nothing else does: 2017年度报表_2018-03.
YEARS = rf"{YEAR}年?(?P<half>年度|年终|年底|年末|年报|度)"
WHOLE = tuple(re.compile(pattern) for pattern in (*MONTHS, *SPANS, YEARS))
# Within a name no digit may stand beside it: 140222 is no May of 1402.
WITHIN = tuple(re.compile(rf"(?<![0-9])(?:{pattern})(?![0-9])") for pattern in (*MONTHS, *SPANS, YEARS))
# A day to a day, or a month to a month: the last one ends the period.
FROM_TO = re.compile(r"(?P<first>[^至到~—–]+)(?:至|到|~|——|—|–)(?P<last>[^至到~—–]+)")
YEAR_IN_SIGNS = re.compile(r"[〇○零一二三四五六七八九]{4}(?=年)")
NUMBER_IN_SIGNS = re.compile(r"(?<=[年月])[一二三四五六七八九十]{1,3}(?=[月日号])")
DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
# A spreadsheet makes 2017.1 of 2017.10.
OCTOBER_OR_JANUARY = re.compile(r"[0-9]{4}\.1")
# 2017年度(1-12月), 2017年(1-12月): the span is in brackets.
SPAN_IN_BRACKETS = re.compile(r"([0-9]{4}年)度?\(([^()]{1,20}月)\)")
FIRST_YEAR, LAST_YEAR = 1949, 2100


@lru_cache(maxsize=10_000)
def parse_period(text: str | None) -> str | None:
    """`2017-12` for a text that says a month or a span that ends with one; None for any other."""
    said = in_digits(squeezed(text)).strip("()[]【】")
    said = SPAN_IN_BRACKETS.sub(r"\1\2", f"{said})" if said.count("(") > said.count(")") else said)
    said = said.removesuffix("期").removesuffix("止")
    if OCTOBER_OR_JANUARY.fullmatch(said):
        return None
    whole = next((_period(match) for pattern in WHOLE if (match := pattern.fullmatch(said))), None)
    span = FROM_TO.fullmatch(said) if whole is None else None
    return parse_period(span["last"]) if span and parse_period(span["first"]) else whole


def ends_a_month(text: str) -> bool:
    """Whether a text that is a period says no day, or the last of its month."""
    return bool(periods_within(text))


def in_digits(text: str) -> str:
    """A text with its years, months and days in digits: 2017年12月 for 二○一七年十二月."""
    if "年" not in text:
        return text
    said = YEAR_IN_SIGNS.sub(lambda match: match[0].translate(DIGITS), text)
    return NUMBER_IN_SIGNS.sub(lambda match: str(_number(match[0])), said)


def _number(signs: str) -> int:
    """21 for 二十一."""
    tens, ten, ones = signs.rpartition("十")
    return int((tens or "1").translate(DIGITS) if ten else 0) * 10 + int((ones or "0").translate(DIGITS))


def periods_within(name: str) -> frozenset[str]:
    """The periods that a file's or a sheet's name says; none where it says none."""
    return frozenset(_within(in_digits(squeezed(name))))


def _within(name: str) -> Iterator[str]:
    """Whatever one pattern has taken is not looked at by the next: of 2017-12-31 no other month is read."""
    found = False
    for pattern in WITHIN:
        if found and pattern is WITHIN[-1]:
            return
        for match in pattern.finditer(name):
            if FIRST_YEAR <= int(match["year"]) <= LAST_YEAR and _ends_a_month(match):
                found = True
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
        month = HALVES.get(found["half"], 12)
    else:
        month = int(found.get("month") or found["two"])
    return f"{match['year']}-{month:02}"
