"""Values as clerks type them: numbers, percentages, days, months, blanks.

Belongs here: one cell from one value. Does not belong here: where it stands (`table.py`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from warehouse.codebook import Indicator, load
from warehouse.synthetic.messy.grid import BLANK, Cell
from warehouse.synthetic.messy.style import Months, Style
from warehouse.synthetic.records import Value, period_end

FULL_WIDTH = str.maketrans("0123456789.,-%", "０１２３４５６７８９．，－％")
# What a division leaves behind the digits that are kept.
DIGITS_OF_A_RESULT = Decimal("0.00003333333")
WAN, YI = 10_000, 100_000_000
IN_WORDS = {
    "2016-12": "2016年下半年", "2017-11": "2017年1-11月", "2017-12": "2017年第四季度", "2018-06": "2018年上半年",
}  # fmt: skip
SIGNS = str.maketrans("0123456789", "○一二三四五六七八九")
MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
EPOCHS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}  # day 0 of both ways to count days


def value_cell(indicator: Indicator, value: Value, style: Style, place: int) -> Cell:
    """The cell that says `value`; `place` varies what varies from cell to cell, as words for blanks do."""
    if value is None:
        words = style.blanks if indicator.required != "true" and indicator.unit.dtype != "text" else ()
        return Cell(words[place % len(words)]) if words else BLANK
    if isinstance(value, bool):
        return Cell(style.booleans[0 if value else 1])
    if isinstance(value, date):
        return _day(value, style)
    if isinstance(value, str) and style.codes_as_labels and indicator.listed:
        return Cell(next(one.label_zh for one in indicator.listed if one.code == value))
    if isinstance(value, str):
        return Cell(int(value)) if style.codes_as_numbers and value.isdigit() else Cell(value)
    return _percent(value, style) if indicator.unit.unit == "percent" else _number(indicator, value, style, place)


def header_unit(indicator: Indicator, style: Style) -> str:
    """The unit that the header of an indicator gives."""
    base = indicator.unit.label_zh
    return base if style.numbers == "wan" else indicator.input_unit or base


def _number(indicator: Indicator, value: int | Decimal, style: Style, place: int) -> Cell:
    unit = header_unit(indicator, style)
    scale = load().spellings.get(unit)
    shown = Decimal(value) / (scale.factor if scale else 1)
    if style.numbers == "formula":
        first = shown // 3
        return Cell(shown, formula=f"={words(first)}+{words(shown - first)}")
    text = _spelt(indicator, shown, style, place)
    if style.numbers == "full_unit" and indicator.unit.dtype == "money" and indicator.kind != "ratio" and value:
        text = _amount(Decimal(value), place)
    return Cell(shown if text is None else text)


def _spelt(indicator: Indicator, shown: Decimal, style: Style, place: int) -> str | None:
    """A number as text; None where it stays a number."""
    text = words(shown)
    unit = header_unit(indicator, style)
    in_wan = abs(shown) >= WAN and indicator.unit.dtype != "year"
    spelt = {
        "text": text,
        "spaced": f"\u00a0{text} ",
        "full_width": text.translate(FULL_WIDTH),
        "thousands": f"{Decimal(text):,f}".replace(",", "," if place % 2 else "，"),
        "wan": f"{words(shown / WAN)}万" if in_wan else None,
        "trailing": f"{text}{unit}" if unit else None,
        "bracketed": f"{text}({unit})" if unit else None,
        "unseen": f"\u202d{text}\u202c",
    }
    return spelt.get(style.numbers)


def _amount(value: Decimal, place: int) -> str:
    """An amount in 亿元 where it is one, else in 万元 or 元."""
    if abs(value) >= YI:
        return f"{words(value / YI)}亿元"
    return f"{words(value / WAN)}万元" if place % 3 else f"{words(value)}元"


def _percent(value: int | Decimal, style: Style) -> Cell:
    text = f"{words(Decimal(value))}%"
    match style.percents:
        case "text":
            return Cell(text)
        case "full_width":
            return Cell(text.translate(FULL_WIDTH))
        case "format":
            return Cell(Decimal(value) / 100, "percent")
        case "calculated":
            return Cell(Decimal(value) + DIGITS_OF_A_RESULT)
        case _:
            return Cell(Decimal(value))


def _day(day: date, style: Style) -> Cell:
    if style.days == "cell":
        return Cell(day, "day")
    if style.days == "serial":
        return Cell((day - EPOCHS[style.epoch_1904]).days)
    spelt = {
        "dotted": f"{day:%Y.%m.%d}",
        "slashed": f"{day.year}/{day.month}/{day.day}",
        "chinese": f"{day.year}年{day.month}月{day.day}日",
        "compact": f"{day:%Y%m%d}",
        "hao": f"{day.year}年{day.month}月{day.day}号",
        "short": f"{day.year}-{day.month}-{day.day}",
    }
    return Cell(spelt[style.days])


def month_cell(period: str, spelling: Months) -> Cell:
    """A period as a clerk says it; in words, a span that ends with it."""
    end = period_end(period)
    if spelling == "cell":
        return Cell(end, "day")
    spelt = {
        "month": period,
        "chinese": f"{end.year}年{end.month}月",
        "dotted": f"{end:%Y.%m.%d}",
        "slashed": f"{end:%Y/%m}",
        "compact": f"{end:%Y%m}",
        "words": IN_WORDS[period],
        "signs": f"{str(end.year).translate(SIGNS)}年{MONTHS[end.month - 1]}月",
    }
    return Cell(spelt[spelling])


def words(number: Decimal) -> str:
    """A number without needless zeros and without an exponent."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
