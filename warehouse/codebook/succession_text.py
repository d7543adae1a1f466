"""What became of a county's code, or was before it, in words: for whoever used it out of its time.

A party to a merger or a split is told all parties and that one return is of the whole: of one successor's code alone it
would send its own part, and take the place of the others' figures.
"""

from __future__ import annotations

from collections.abc import Iterable

from warehouse.codebook.divisions import KNOWN, Division
from warehouse.codebook.load import Codebook

Texts = tuple[str, str]  # zh, en


def end_of(division: Division) -> Texts:
    """When a code ended, as far as it is known: on 2018-11-23, in 2018-04."""
    if division.in_force_until is None or division.in_force_until_precision is None:
        return "", ""
    day = division.in_force_until.isoformat()[: KNOWN[division.in_force_until_precision]]
    return day, f"{'on' if division.in_force_until_precision == 'day' else 'in'} {day}"


def code_to_use(book: Codebook, code: str, period: str) -> Texts | None:
    """What to write for a code that is not in force in a period, in zh and en: the code where a renaming alone lies
    between, else what happened and who reports; None for a code that the codebook does not know, or that is in force.
    """
    division = next((d for d in book.divisions if d.county_code == code), None)
    if division is None or division.in_force(period):
        return None
    if division.in_force_until and division.in_force_until.isoformat()[:7] <= period:
        return _ended(book, division)
    return _not_begun(book, division)


def merger_text(book: Codebook, code: str) -> Texts | None:
    """That a county continues several, from when, and that its return is one for the whole; None where it does not."""
    before = parties(book, code)
    if len(before) < 2:  # noqa: PLR2004  (one that is renamed has one before it)
        return None
    by_code = {d.county_code: d for d in book.divisions}
    zh, en = _joined(map(_part, before))
    heir, (day, when) = label(by_code[code]), end_of(before[0])
    return (
        f"{zh} 于 {day} 合并为 {heir};请就合并后的全区报一份,不能各报原来的部分",
        f"{en} merged into {heir} {when}; send one return for the whole of it, not for one's own part",
    )


def parties(book: Codebook, code: str) -> tuple[Division, ...]:
    """The divisions that a county continues, in whole or in part, all of which ended; by code."""
    return tuple(d for d in book.divisions if code in d.successor_codes)


def label(division: Division) -> str:
    """A county as messages name it: code, prefecture and name."""
    return f"{division.county_code} {division.prefecture_zh}{division.name_zh}"


def _ended(book: Codebook, division: Division) -> Texts:
    by_code = {d.county_code: d for d in book.divisions}
    heirs = [by_code[code] for code in division.successor_codes]
    day, when = end_of(division)
    if division.succession == "merged":
        return merger_text(book, heirs[0].county_code) or ("", "")
    zh, en = _joined((label(h), label(h)) for h in heirs)
    if division.succession == "renamed":
        return f"{zh}({day} 起更名)", f"{en} (renamed {when})"
    return (
        f"{label(division)} 于 {day} 拆分,分属 {zh};由这些区各就全区报一份,不能只报其中原来的部分",
        f"{label(division)} was split {when} among {en}; each sends one return for the whole of it, not for a part",
    )


def _not_begun(book: Codebook, division: Division) -> Texts | None:
    before = parties(book, division.county_code)
    if not before:
        return None
    day, when = end_of(before[0])
    zh, en = _joined((label(d), label(d)) for d in before)
    if before[0].succession == "renamed":
        return f"{zh}({day} 才更名)", f"{en} (renamed {when} only)"
    return (
        f"{label(division)} 自 {day} 起才有效;在此之前由 {zh} 各自报送",
        f"{label(division)} came into being {when}; until then {en} send each their own return",
    )


def _part(division: Division) -> Texts:
    """A party, and whether only a part of it went over."""
    if division.succession == "split":
        return f"{label(division)}(部分)", f"{label(division)} (in part)"
    return label(division), label(division)


def _joined(texts: Iterable[Texts]) -> Texts:
    zh, en = zip(*texts, strict=True)
    return "、".join(zh), " and ".join(en)
