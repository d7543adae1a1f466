"""A header's text as it may be an indicator's name: without what numbers or marks it, in each spelling with its unit.

Belongs here: one text. Does not belong here: the texts above a column together (`header`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from warehouse.intake.formats.table import squeezed
from warehouse.intake.layout.units import is_unit

BRACKETS = re.compile(r"(?P<label>.+?)\((?P<unit>[^()]*)\)")
# Signs of what must be filled in, or of a note, at either end; digits of notes anywhere, which would be plain ones.
MARKS = "*※#☆★†‡△▲ "
NOTE_DIGITS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽❶❷❸❹❺❻❼❽❾❿¹²³⁰⁴⁵⁶⁷⁸⁹"
ALIKE = str.maketrans("【】〔〕[]［］{}｛｝「」〖〗", "()" * 8, NOTE_DIGITS)
NOTE_MARK = re.compile(r"\((?:注?[0-9]{0,2}|必填|选填)\)$|(?<=\))[0-9]{1,2}$|注[0-9]{1,2}$")
NUMBERED = re.compile(
    r"^(?:[0-9]{1,3}[.、:)]|\([0-9一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}[、.])(?![0-9])"
)
SIGNS = ",/、:;-_—"
# A unit before the name, in brackets; and behind a word that says that it is one.
UNIT_FIRST, SAYS_UNIT = re.compile(r"\(([^()]*)\)(.+)"), "单位:"
STROKE = re.compile(r"(?P<label>[^/]+)/(?P<rest>[^/]+)")
# Units that are no ends of names: 贷款余额万元, but 农户 is no 农 in households.
LONG = ("万元", "亿元", "万亩", "千瓦", "万人次", "万人", "万户", "元")


@lru_cache(maxsize=10_000)
def plain_label(text: str) -> str:
    """A header's text as names are compared: plain signs, one kind of brackets, no mark of a note round it."""
    return squeezed(text.translate(ALIKE).strip(MARKS)) or squeezed(text)


@lru_cache(maxsize=10_000)
def spellings(label: str) -> tuple[tuple[str, str | None], ...]:
    """A label as it stands, for it may itself end in brackets (带动增收人数(去重)), and without its unit; then both
    without its number or the mark of a note.
    """
    # 其中: and 中央 make one name: only what stands by itself loses its colon.
    bare = NOTE_MARK.sub("", NUMBERED.sub("", label).rstrip(":"))
    found = dict.fromkeys(_with_unit(label))
    if bare and bare != label:
        found |= dict.fromkeys(_with_unit(bare))
    return tuple(found)


def _with_unit(label: str) -> Iterator[tuple[str, str | None]]:
    yield label, None
    match = BRACKETS.fullmatch(label)
    if match:
        yield match["label"], match["unit"]
    first = UNIT_FIRST.fullmatch(label)
    if first and is_unit(first[1]):
        yield first[2], first[1]
    for name, unit in _split(label):
        yield name, unit
        # 带动增收人数/去重/人: what is in brackets in the form is behind a stroke as well.
        stroke = STROKE.fullmatch(name)
        if stroke:
            yield f"{stroke['label']}({stroke['rest']})", unit


def _split(label: str) -> Iterator[tuple[str, str]]:
    """A label and its unit without brackets: behind a sign, or behind nothing where the unit is a long one."""
    at = max(map(label.rfind, SIGNS))
    if at > 0 and is_unit(label[at + 1 :]):
        name = label[: at + 1].removesuffix(SAYS_UNIT)
        yield name.rstrip(SIGNS), label[at + 1 :]
    long = next((unit for unit in LONG if label.endswith(unit)), "")
    if long and len(label) > len(long):
        yield label.removesuffix(long), long
