"""Which county and which period: what cover, columns, file name and sheet name say, and whether they agree.

Each of them makes a claim: the counties that it may mean. What all have in common is the county; nothing in common is
a disagreement, more than one in common is ambiguous (城区 was a county-level unit four times in 2017).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from warehouse.codebook import Division, load
from warehouse.codebook.succession_text import code_to_use, merger_text, parties
from warehouse.intake.formats.table import squeezed
from warehouse.intake.ownership.periods import periods_within

SUFFIXES = ("县", "市", "区")
SHORTEST_STEM = 2
CODE = re.compile(r"[0-9]{6}")
# A county's code as statistics offices write it, with zeros for township and village; or as a number from a program.
LONG_CODE = re.compile(r"([0-9]{6})(?:0{3}(?:0{3})?|\.0)")
CODE_WITHIN = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")
WORDS = re.compile(r"[\u4e00-\u9fff]+")
# What a name may have around a county's: 天镇县金融扶贫统计表.
NOT_A_COUNTY = re.compile(r"[年月日]|报表|汇总|统计|情况")


@dataclass(frozen=True)
class Claim:
    """What one place says: as written, where, and the values (codes or periods) that it may mean.

    A `weak` one is a word within others that may be no name at all (县城区, 工矿区): it narrows and never contradicts.
    """

    text: str
    values: frozenset[str]
    sheet: str | None = None
    cell: str | None = None
    weak: bool = False


@dataclass(frozen=True)
class Agreement:
    """What claims come to: the value, or the fault (a check of the codebook) with what was found and expected.

    `value` is also given where a later claim contradicts the first clear one, for the return to be quarantined under.
    """

    value: str | None
    fault: str | None = None
    found: str = ""
    expected: str = ""
    claim: Claim | None = None


def county_by_code(text: str, sheet: str | None = None, cell: str | None = None) -> Claim:
    """The county of a code; a prefecture's code may mean each of its counties. An unknown code means itself, and a text
    without a digit what it means as a name.
    """
    said = squeezed(text)
    if not any(map(str.isdigit, said)):
        return county_by_name(text, None, sheet, cell)
    long = LONG_CODE.fullmatch(said)
    code = long[1] if long else said
    return Claim(text, _prefectures().get(code, frozenset((code,))), sheet, cell)


def county_by_name(
    text: str, prefecture: str | None = None, sheet: str | None = None, cell: str | None = None
) -> Claim:
    """The counties that a name may mean, of all times; none where no county or prefecture is called so."""
    name = squeezed(text)
    own = _names().get(f"{squeezed(prefecture)}{name}") or _names().get(name)
    if own is None:
        # 天镇县扶贫办, 山西省大同市天镇县: what is called by its full name within.
        within = county_within(name) if any(full in name for full in _full_names()) else None
        own = within.values if within else frozenset()
    return Claim(text, own, sheet, cell)


@lru_cache(maxsize=10_000)
def county_within(name: str, sheet: str | None = None) -> Claim | None:
    """What a file's or a sheet's name says of the county; None where it names none, or several (a bundle's)."""
    text = squeezed(name)
    codes = {code for code in CODE_WITHIN.findall(text) if code in load().names}
    if len(codes) > 1:
        return None
    named = sorted(([frozenset(codes)] if codes else []) + _named_within(text), key=lambda one: one in _words())
    if not named:
        return None
    common = named[0]
    for values in named[1:]:
        # A word that may mean several, and none of what is clear already, is part of another name: 天镇县城区.
        if common & values or len(values) == 1:
            common &= values
    several = not codes and not common
    if several:
        return None
    # Between blanks and signs it is a name: 附表 矿区 项目建设.
    alone = any(_names().get(word) == common for word in WORDS.findall(name))
    return Claim(name, common, sheet, weak=common in _words() and not alone)


def _named_within(text: str) -> list[frozenset[str]]:
    """The counties that each full name in a text means; where there is none, those of words that are short names."""
    found: list[frozenset[str]] = []
    for name in _full_names():
        if name in text:
            found.append(_names()[name])
            text = text.replace(name, " ")
    if found:
        return found
    words = WORDS.findall(NOT_A_COUNTY.sub(" ", text))
    return [_names()[word] for word in words if word in _names() and word not in _prefecture_stems()]


@cache
def _words() -> frozenset[frozenset[str]]:
    """What names mean that counties of several prefectures have: 城区, 郊区, 矿区 are ordinary words as well."""
    prefectures: dict[str, set[str]] = defaultdict(set)
    for division in load().divisions:
        prefectures[division.name_zh].add(division.prefecture_code)
    return frozenset(_names()[name] for name, of in prefectures.items() if len(of) > 1)


def _unless_contradicted(claims: Iterable[Claim]) -> list[Claim]:
    """The claims without those that are weak and have nothing in common with the others."""
    said = list(claims)
    strong = [claim.values for claim in said if not claim.weak]
    common = frozenset.intersection(*strong) if strong else None
    return [claim for claim in said if not claim.weak or common is None or claim.values & common]


def agree_county(claims: Iterable[Claim], period: str | None) -> Agreement:
    """The one county that all claims have in common, of those in force in the period where there are several."""
    said = _unless_contradicted(claims)
    for claim in said:
        if not claim.values:
            return Agreement(None, "county_unclear", claim.text, "县(市、区)名称 the name of a county", claim)
    agreed = _common(said, "county_disagrees")
    if agreed.fault or agreed.claim is None:
        return _with_succession(agreed, period)
    common = frozenset.intersection(*(claim.values for claim in said))
    if len(common) == 1:
        return Agreement(next(iter(common)))
    in_force = {d.county_code for d in load().in_force(period)} if period else set()
    left = sorted(common & in_force)
    # Of 潞城 the one in force is meant, for it is the other renamed; of 郊区 it may be the one that is no more.
    if len(left) == 1 and all(left[0] in _became(code) or code in _became(left[0]) for code in common):
        return Agreement(left[0])
    return Agreement(None, "county_unclear", agreed.claim.text, _candidates(sorted(common)), agreed.claim)


def _with_succession(agreed: Agreement, period: str | None) -> Agreement:
    """A disagreement between a code and the name of another that succession ties to it, with what is to be done: the
    name of a party to a merger is not to be made the merged county's, for its figures are a part.
    """
    if agreed.claim is None or agreed.value is None or period is None:
        return agreed
    for code, others in ((agreed.value, agreed.claim.values), *((c, {agreed.value}) for c in agreed.claim.values)):
        if is_party(others, code, period):
            return replace(agreed, fault="merger_party", expected=" ".join(merger_text(load(), code) or ()))
    instead = code_to_use(load(), agreed.value, period)
    return replace(agreed, expected=" ".join(instead)) if instead else agreed


def is_party(codes: Collection[str], code: str, period: str) -> bool:
    """Whether one of some codes, and not the code itself, merged into it, with others, before the end of a period."""
    before = parties(load(), code)
    merged = len(before) > 1 and not any(d.in_force(period) for d in before)
    return merged and code not in codes and any(d.county_code in codes for d in before)


def agree_period(claims: Iterable[Claim]) -> Agreement:
    """The one period that all claims have in common; a text that is no period is a fault of its own."""
    said = _unless_contradicted(claims)
    for claim in said:
        if not claim.values:
            return Agreement(None, "cover_incomplete", claim.text, "报告期 a period like 2017-12", claim)
    agreed = _common(said, "period_disagrees")
    if agreed.fault or agreed.claim is None:
        return agreed
    common = sorted(frozenset.intersection(*(claim.values for claim in said)))
    if len(common) == 1:
        return Agreement(common[0])
    return Agreement(None, "period_disagrees", agreed.claim.text, " | ".join(common), agreed.claim)


def _common(claims: list[Claim], fault: str) -> Agreement:
    """The first claim where all have something in common; the first that contradicts those before it otherwise."""
    if not claims:
        return Agreement(None)
    first = claims[0]
    common = first.values
    for claim in claims[1:]:
        if not common & claim.values:
            clear = min(common) if len(common) == 1 else None
            return Agreement(clear, fault, claim.text, _candidates(common) or " | ".join(sorted(common)), claim)
        common &= claim.values
    return Agreement(None, claim=first)


@lru_cache(maxsize=10_000)
def period_within(name: str, sheet: str | None = None) -> Claim | None:
    """What a file's or a sheet's name says of the period; None where it says none or several."""
    found = periods_within(name)
    return Claim(name, found, sheet) if len(found) == 1 else None


@cache
def _became(code: str) -> frozenset[str]:
    """The code and those that it was renamed to since."""
    renamed = (d for d in load().divisions if d.county_code == code and d.succession == "renamed")
    successors = {s for d in renamed for s in d.successor_codes}
    return frozenset((code,)).union(*map(_became, successors))


def _candidates(codes: Iterable[str]) -> str:
    by_code = {d.county_code: d for d in load().divisions}
    known = (by_code.get(code) for code in codes)
    return "; ".join(f"{d.county_code} {d.prefecture_zh}{d.name_zh}" for d in known if d)


@cache
def _names() -> Mapping[str, frozenset[str]]:
    """The codes that each way of writing a county's or prefecture's name may mean, of all times.

    A county is called by its name (天镇县), without its suffix (天镇), either behind its prefecture (大同市城区 or
    大同城区); a prefecture's name means each of its counties. A full name goes before a shortened one.
    """
    full: dict[str, set[str]] = defaultdict(set)
    short: dict[str, set[str]] = defaultdict(set)
    for division in load().divisions:
        for name in _with_prefecture(division, division.name_zh):
            full[name].add(division.county_code)
        stem = _stem(division.name_zh)
        for name in _with_prefecture(division, stem) if stem else ():
            short[name].add(division.county_code)
        full[division.prefecture_zh].add(division.county_code)
    for division in load().divisions:
        # 大同 may be the prefecture as well as its county of that name.
        stem = division.prefecture_zh.removesuffix("市")
        if stem in short:
            short[stem].add(division.county_code)
    return {name: frozenset(codes) for name, codes in (short | full).items()}


def _with_prefecture(division: Division, name: str) -> Iterable[str]:
    return name, f"{division.prefecture_zh}{name}", f"{division.prefecture_zh.removesuffix('市')}{name}"


def _stem(name: str) -> str | None:
    stem = name[:-1]
    return stem if name.endswith(SUFFIXES) and len(stem) >= SHORTEST_STEM else None


@cache
def _full_names() -> tuple[str, ...]:
    """Full names of counties and prefectures, the longest first, so that 平城区 is not taken for 城区."""
    names = {n for d in load().divisions for n in (*_with_prefecture(d, d.name_zh), d.prefecture_zh)}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


@cache
def _prefecture_stems() -> frozenset[str]:
    """What may be a prefecture as well as a county: 大同 is no short name of 大同县."""
    return frozenset(d.prefecture_zh.removesuffix("市") for d in load().divisions)


@cache
def _prefectures() -> Mapping[str, frozenset[str]]:
    """The counties, of all times, of each prefecture's code."""
    codes: dict[str, set[str]] = defaultdict(set)
    for division in load().divisions:
        codes[division.prefecture_code].add(division.county_code)
    return {code: frozenset(counties) for code, counties in codes.items()}
