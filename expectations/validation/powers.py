"""Powers of ten: where a number does not fit past and peers and so many times it does, the finding names the slip.

Belongs here: proposals for what outlier rules and the ceiling ask about. Does not belong here: what critical relations
demand (`corrections.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations
from math import log10
from typing import Any

from expectations.companions.expected import EXPECTED, GROWTH_HIGH, GROWTH_LOW, LEVEL_HIGH, LEVEL_LOW
from expectations.suites.every_dataset import CEILING
from expectations.suites.outliers import GROWTH, LEVEL
from expectations.validation.batch import EN, ZH, Batch
from expectations.validation.finding_rows import rows_of
from expectations.validation.rule_findings import DIGITS, in_form
from warehouse.codebook import Indicator, load
from warehouse.messages.finding import Change, Finding, Proposal

# From yuan below 亿元 to 亿元 below yuan.
MOST_DIGITS_OFF = 8
BOUNDS = ((GROWTH_LOW, GROWTH_HIGH), (LEVEL_LOW, LEVEL_HIGH))
UNIT = ("疑似以{}填在{}栏,则应为 {}。", " Looks like {} under {}: then it is {}.")
TYPED = ("如表头为{}而所填实为{},则应为 {}", "typed below {} but meant in {}: then it is {}")
MANY = ("疑似多出 {} 位(小数点或零有误),则应为 {}。", " Looks like {} times too much: then it is {}.")
FEW = ("疑似少了 {} 位(小数点或零有误),则应为 {}。", " Looks like {} times too little: then it is {}.")


def with_powers(findings: Iterable[Finding], batch: Batch) -> list[Finding]:
    """The findings, those about a number that does not fit its past and peers with each power of ten of it that does:
    `proposals`, the nearest to what is expected first, and a sentence about that one in both messages. Of a number that
    no county can have, without past and peers that say which, each slip of a unit that explains it is told.
    """
    told = list(findings)
    asked = [n for n, f in enumerate(told) if f.rule in (GROWTH, LEVEL, CEILING) and not f.proposals and f.indicator]
    for n, row_id in zip(asked, rows_of(batch, [told[n] for n in asked]), strict=True):
        if row_id is not None:
            told[n] = _proposed(told[n], batch, batch.row(row_id))
    return told


def _proposed(finding: Finding, batch: Batch, row: dict[str, Any]) -> Finding:
    column = finding.indicator or ""
    powers = sorted(_fitting(column, row, batch.dataset[column]), key=lambda k: _distance(column, row, k))
    if not powers and finding.rule != CEILING:
        return finding
    indicator = batch.dataset[column]
    said = _sentence(indicator, row[column], powers[0]) if powers else _units_mistaken(indicator, row[column])
    proposals = tuple(Proposal(changes=(_change(batch, row, column, power),)) for power in powers)
    messages = {"message_zh": finding.message_zh + said[ZH], "message_en": finding.message_en + said[EN]}
    return finding.model_copy(update={"proposals": proposals, **messages})


def _fitting(column: str, row: dict[str, Any], indicator: Indicator) -> Iterator[int]:
    """The powers with which the number is one that the form can have and lies within all bounds that there are."""
    bounds = [(row.get(low + column), row.get(high + column)) for low, high in BOUNDS]
    given = [(low, high) for low, high in bounds if low is not None and high is not None]
    for power in range(-MOST_DIGITS_OFF, MOST_DIGITS_OFF + 1):
        value = _times(row[column], power)
        writable = power and value and _decimals(value) <= indicator.decimals
        if given and writable and all(low <= value <= high for low, high in given):
            yield power


def _distance(column: str, row: dict[str, Any], power: int) -> float:
    """How many digits the number would then be from what is expected."""
    return abs(log10(_times(row[column], power)) - log10(row[f"{EXPECTED}{column}"]))


def _times(value: float | Decimal, power: int) -> Decimal:
    with localcontext(prec=DIGITS):
        return Decimal(value).scaleb(power).normalize()


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _change(batch: Batch, row: dict[str, Any], column: str, power: int) -> Change:
    return Change(
        cell=next(iter(batch.cells(row, [column])), None),
        indicator=column,
        found=f"{_times(row[column], 0):f}",
        value=f"{_times(row[column], power):f}",
        how="unit" if _units(batch.dataset[column], power) else "power_of_ten",
    )


def _units(indicator: Indicator, power: int) -> tuple[str, str] | None:
    """In which unit it was then typed below which: 元 and 万元; None where no unit is so many times the other."""
    header = indicator.input_unit or indicator.unit.label_zh
    factor = load().spellings[header].factor if header in load().spellings else 1
    meant = _times(factor, power)
    typed = (s.spelling for s in load().scales if s.unit == indicator.unit.unit and s.factor == meant)
    # 万 and 亿 are what people count in; a thousandth is a slip of the point.
    unit = next(typed, None) if power % 4 == 0 else None
    return (unit, header) if unit else None


def _sentence(indicator: Indicator, value: float | Decimal, power: int) -> tuple[str, str]:
    """The slip that a power undoes and the value that it gives, in zh and en."""
    shown = [in_form(_times(value, power), indicator, language) for language in (ZH, EN)]
    if units := _units(indicator, power):
        base = {indicator.unit.label_zh: indicator.unit.label_en}
        zh, en = UNIT
        return zh.format(*units, shown[ZH]), en.format(*(base.get(unit, unit) for unit in units), shown[EN])
    zh, en = MANY if power < 0 else FEW
    return zh.format(abs(power), shown[ZH]), en.format(10 ** abs(power), shown[EN])


def _units_mistaken(indicator: Indicator, value: float | Decimal) -> tuple[str, str]:
    """What the value would be had it been typed below the header of a larger unit, as far as a county can have that."""
    scales = {s.factor: s for s in reversed(load().scales) if s.unit == indicator.unit.unit}
    meant = [
        (scales[header].spelling, scales[typed].spelling, Fraction(value) * typed / header)
        for typed, header in combinations(sorted(scales), 2)
    ]
    slips = [
        [
            words.format(header, typed, in_form(Decimal(was.numerator) / was.denominator, indicator, language))
            for header, typed, was in meant
            if abs(was) <= (indicator.most or 0)
        ]
        for language, words in enumerate(TYPED)
    ]
    return (f"{';'.join(slips[ZH])}。", f" Perhaps {'; or '.join(slips[EN])}.") if slips[ZH] else ("", "")
