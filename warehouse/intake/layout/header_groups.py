"""What a group above a column's own label makes of it: nothing, or something else than the form asks for.

Listed is what says nothing (`codebook/words.csv`, neutral), not what says something: a group that nobody knows may be
of another year (2016年底) or of others than the poor (非贫困户).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from warehouse.codebook import load
from warehouse.codebook.label_checks import plain_name
from warehouse.intake.formats.table import Row, squeezed
from warehouse.intake.ownership.periods import parse_period

# A group that says this makes something else of the leaf below it, though its words be part of a name.
OTHERWISE = re.compile(
    r"上年|去年|上期|上月|同期|同比|环比|其中[:：]?[^:：\s]|^[年期月]初"
    # In a title of many words these say nothing of the figures.
    r"|^(?=.{1,8}$).*(?:当月|本月|本季|当期|计划|任务|目标|预算|预计|新增|增减|占比|城镇|全市)"
)
NUMBERED = re.compile(r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})[、.]|\((?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})\)")
OF_YEAR = re.compile(r"([0-9]{4})年(?:度|(底|末))?")
# Who sends a table, what it is called, on which day it was made: such a line is above the table, not above a column.
LETTERHEAD = re.compile(
    r":|(?:办|办公室|局|政府|委|委员会|中心|表|统计|情况|台账|名册|号|制|章\)?)$|^附|[0-9]日$"
    # A province by its name, but not 省外 nor 外省.
    r"|[\u4e00-\u9fff][^全本外跨各]省"
)
LONGEST, FEWEST_SIGNS, FEWEST_GROUPS = 12, 2, 2


@lru_cache(maxsize=10_000)
def says_nothing(dataset: str, label: str) -> bool:
    """Whether a group changes nothing of the columns below it: it is part of one of their names, the dataset's name, a
    neutral word, a period (`period_said`; whether it is the return's shows later), or several of these.
    """
    said = _without_neutral(NUMBERED.sub("", label, count=1) if NUMBERED.match(label) else label)
    if not said or period_said(said):
        return True
    return len(said) >= FEWEST_SIGNS and any(said in name for name in _names(dataset))


def period_said(label: str) -> str | None:
    """The month that a group says, or the year alone (2017); None for what says neither. 2017年底 is 2017-12."""
    said = label.removeprefix("截至").removeprefix("截止").removesuffix("底").removesuffix("末")
    year = OF_YEAR.fullmatch(label)
    return (f"{year[1]}-12" if year[2] else year[1]) if year else parse_period(said)


def is_line(row: Row) -> bool:
    """Whether a row above a header is a title or says whose and of when the table is, and is no row of groups."""
    texts = [squeezed(text) for text in row if text]
    return any(LETTERHEAD.search(t) or len(t) > LONGEST or any(area in t for area in _areas()) for t in texts)


def _without_neutral(label: str) -> str:
    """A label without the neutral words at its beginning and end."""
    words = _neutral()
    while found := next((w for w in words if label.startswith(w) or label.endswith(w)), None):
        label = label.removeprefix(found) if label.startswith(found) else label.removesuffix(found)
        label = label.strip("()、,:-—的及和与")
    return label


@cache
def _neutral() -> tuple[str, ...]:
    """Neutral words, those of totals and what datasets are called, the longest first."""
    book = load()
    named = {plain_name(d.label_zh) for d in book.datasets.values()}
    words = {word for word, known in book.words.items() if known.meaning in ("neutral", "total", "names", "values")}
    return tuple(sorted(named | words, key=len, reverse=True))


@cache
def _names(dataset: str) -> frozenset[str]:
    return frozenset(plain_name(name) for i in load().datasets[dataset].indicators for name in i.names)


@cache
def _areas() -> frozenset[str]:
    return frozenset(name for d in load().divisions for name in (d.name_zh, d.prefecture_zh))
