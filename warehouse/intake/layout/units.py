"""Units where clerks write them: behind a header in any brackets, behind a stroke, in a line or a title above a table.

Belongs here: what a text says of units. Does not belong here: what that makes of a column (`header`), units behind a
number (`warehouse.intake.values`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from warehouse.codebook import Indicator, load
from warehouse.intake.formats.table import Row, half_width, squeezed

# 单位:万元, also within a line; what follows ends at a blank or a bracket.
SAID = re.compile(r"(?:单\s?位\s?(?:均|都)?[:为]?|金\s?额\s?[:为])\s?[(\[【]?\s?([^\s()\[\]【】。单]+)")
LINE = re.compile(r"\(?(?:(?:金额|计量|数据|货币)?单位|金额):.+")
SEPARATORS = re.compile(r"[、,;和及]")
IN_LINES = re.compile(r"[、,;/和及]")
PREFIX = re.compile(r"^(?:(?:金额|计量|数据|货币)?单位[:为]?|以|按)?(?:人民币|RMB|¥)?")
SUFFIX = re.compile(r"(?:计|为单位|人民币)$")
# A title that ends in them: 金融扶贫统计表(万元).
AT_THE_END = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]$")
ROUND = "()[]【】"
LABELS = frozenset(("单位", "计量单位", "计算单位", "金额单位", "指标单位", "数据单位", "Unit", "Units"))
# Base units in one of a header's; None where the unit does not fit the indicator, or fits it twice.
Factor = int | None


def factor_of(indicator: Indicator, unit: str) -> Factor:
    """Base units in one of `unit` for the indicator (10000 for 万元); of several (户、万元) the one that fits it."""
    parts = SEPARATORS.split(unit)
    found = {factor for one in parts if (factor := _factor(indicator, plain_unit(one))) is not None}
    return found.pop() if len(found) == 1 else None


def _factor(indicator: Indicator, unit: str) -> Factor:
    if unit in (indicator.unit.label_zh, indicator.unit.unit):
        return 1
    scale = load().spellings.get(unit)
    return scale.factor if scale and scale.unit == indicator.unit.unit else None


@lru_cache(maxsize=10_000)
def plain_unit(text: str) -> str:
    """The unit that a text says with words round it: 单位:万元, 人民币万元, 以万元计."""
    return SUFFIX.sub("", PREFIX.sub("", text)) or text


def is_unit(text: str) -> bool:
    """Whether a text is a unit, or several, and nothing else."""
    return bool(text) and all(_is_one(plain_unit(part)) for part in SEPARATORS.split(text))


def _is_one(text: str) -> bool:
    return text in load().spellings or text in _labels()


@cache
def _labels() -> frozenset[str]:
    return frozenset(unit.label_zh for unit in load().units.values() if unit.label_zh)


def unit_row(rows: list[Row]) -> Row:
    """The units of a row that says them and nothing else, but for what it is called in front (计量单位), as headers
    have them; nothing for another row.
    """
    first = squeezed(next((text for row in rows for text in row if text), None)).strip(ROUND)
    if first.isdecimal() or (first not in LABELS and not is_unit(first)):
        return []
    texts = [squeezed(text).strip(ROUND) for row in rows for text in row]
    filled = [text for text in texts if text]
    own = filled[1:] if filled and filled[0] in LABELS else filled
    if not own or not all(map(is_unit, own)):
        return []
    return [f"({text})" if text and text not in LABELS else None for text in texts]


def says_units(row: Row) -> bool:
    """Whether a row is a line about units: no header."""
    given = [text for text in row if text]
    if not any("单" in text or "金" in text for text in given):
        return False
    return any(LINE.fullmatch(squeezed(text)) for text in given) or (len(given) == 1 and bool(_said(given[0])))


def units_above(rows: list[Row]) -> dict[str, int]:
    """Base units in one of what the lines above a header say (单位:万元、户), by unit; nothing where unclear."""
    said: dict[str, int] = {}
    for text in _texts(rows):
        for word in _said(text):
            scale = load().spellings.get(word)
            if scale and said.setdefault(scale.unit, scale.factor) != scale.factor:
                return {}
    return said


def _texts(rows: Iterable[Row]) -> Iterator[str]:
    return (text for row in rows for text in row if text)


@lru_cache(maxsize=1_000)
def _said(text: str) -> tuple[str, ...]:
    """The units that a line says; words that are none are left out (填报单位:天镇县扶贫办)."""
    plain = half_width(text).strip()
    at_the_end = AT_THE_END.search(plain)
    if at_the_end and is_unit(squeezed(at_the_end[1])):
        return tuple(plain_unit(part) for part in SEPARATORS.split(squeezed(at_the_end[1])))
    return _known(SAID.findall(plain)) or _known(SAID.findall(squeezed(text)))


def _known(lists: Iterable[str]) -> tuple[str, ...]:
    words = (plain_unit(word) for listed in lists for word in IN_LINES.split(listed))
    return tuple(word for word in words if _is_one(word))
