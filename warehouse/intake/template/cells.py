"""What may be typed into a column: the data validation, the message beside the cell, number format and width."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import log10
from typing import Any

from warehouse.codebook import Indicator, load
from warehouse.intake.template.form import Form, Limit

YES_NO = ("是", "否")
FIRST_DAY, LAST_DAY = date(1949, 10, 1), date(2099, 12, 31)
FIRST_YEAR, LAST_YEAR = 1949, 2099
PERCENT = 100
# What the spreadsheets allow.
TITLE_SIGNS, MESSAGE_SIGNS = 32, 255
NARROW, WIDE, TEXT_WIDTH = 13, 19, 18


def digits(indicator: Indicator) -> int:
    """Digits after the point, in the header's unit, that a value may have and convert exactly."""
    return indicator.decimals + round(log10(factor(indicator)))


def factor(indicator: Indicator) -> int:
    """Base units in one of the header's."""
    return load().spellings[indicator.input_unit].factor if indicator.input_unit else 1


def words(indicator: Indicator) -> tuple[str, ...]:
    """The words of a drop-down; none for a column without one."""
    return YES_NO if indicator.unit.dtype == "boolean" else tuple(one.label_zh for one in indicator.listed)


def is_number(indicator: Indicator) -> bool:
    """Whether a cell of it holds a number for a spreadsheet; a day is one."""
    return indicator.numeric or indicator.unit.dtype == "date"


def bounds(indicator: Indicator) -> tuple[int | None, int | None]:
    """The least and the greatest number; None where there is no such bound."""
    if indicator.unit.dtype == "year":
        return FIRST_YEAR, LAST_YEAR
    low = None if indicator.signed else 0
    return low, PERCENT if indicator.unit.unit == "percent" and not indicator.signed else None


def validation(form: Form, indicator: Indicator, cell: str, known: Sequence[str] = ()) -> dict[str, Any]:
    """The data validation of a column whose first cell to be typed into is `cell`; `known` as in `message`."""
    expected = what(indicator)
    shown = {"error_title": indicator.label_zh[:TITLE_SIGNS], "error_message": "\n".join(expected)}
    return {**_criterion(indicator, cell), **message(form, indicator, known), **shown}


def message(form: Form, indicator: Indicator, known: Sequence[str] = ()) -> dict[str, str]:
    """The message of a column, in zh and en: label, unit, required or not, what is `known` of it, form, and as many
    rules as fit.
    """
    unit = f" ({indicator.unit.label_en})" if indicator.numeric and indicator.input_unit is None else ""
    if indicator.input_unit:
        unit = f" (in {indicator.input_unit}: {factor(indicator):,} {indicator.unit.label_en})"
    lines = [indicator.label_en + unit, _required(form, indicator), *known, " ".join(what(indicator))]
    for told in form.told:
        if indicator.column in told.columns and not told.general:
            lines += [f"· {told.reason_zh}", f"  {told.reason_en}"]
    kept = ""
    for line in lines:
        longer = f"{kept}\n{line}" if kept else line
        if len(longer) <= MESSAGE_SIGNS:
            kept = longer
    return {"input_title": indicator.label_zh[:TITLE_SIGNS], "input_message": kept}


def _required(form: Form, indicator: Indicator) -> str:
    if indicator.required == "true":
        return "必填 Required"
    if indicator.required == "false":
        return "选填 Optional"
    column, _, least = indicator.required.removeprefix("where ").split()
    other = form.dataset[column]
    return f"{other.label_zh} > {least} 时必填 Required where {other.label_en} > {least}"


def what(indicator: Indicator) -> tuple[str, str]:
    """What a cell is to hold, in zh and en."""
    if words(indicator):
        listed = " | ".join(words(indicator))
        return f"从列表中选择:{listed}", "Choose from the list"
    if indicator.unit.dtype == "date":
        return "日期,如 2017-12-31", "A date like 2017-12-31"
    if indicator.unit.dtype == "text":
        return "文字", "Text"
    if indicator.unit.dtype == "year":
        return "四位年份,如 2018", "A year like 2018"
    low, high = bounds(indicator)
    span = f",{low} 至 {high}" if high is not None else f",不小于 {low}" if low is not None else ",可为负"
    span_en = f", {low} to {high}" if high is not None else f", at least {low}" if low is not None else ", may be < 0"
    places = digits(indicator)
    if not places:
        return f"整数{span}", f"Whole number{span_en}"
    sign = (";只填数,不加 %", "; no % sign") if indicator.unit.unit.startswith("percent") else ("", "")
    return f"数字{span},最多 {places} 位小数{sign[0]}", f"Number{span_en}, {places} decimals at most{sign[1]}"


def _criterion(indicator: Indicator, cell: str) -> dict[str, Any]:
    if listed := words(indicator):
        return {"validate": "list", "source": list(listed)}
    if indicator.unit.dtype == "text":
        return {"validate": "any"}
    if indicator.unit.dtype == "date":
        return {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
    return _numbers(indicator, cell)


def _numbers(indicator: Indicator, cell: str) -> dict[str, Any]:
    """Numbers within their bounds; a spreadsheet's own kind for decimals would not bound their digits."""
    low, high = bounds(indicator)
    if digits(indicator) == 0 and low is not None:
        upper = {"criteria": "between", "minimum": low, "maximum": high}
        return {"validate": "integer", **(upper if high is not None else {"criteria": ">=", "value": low})}
    parts = [f"ISNUMBER({cell})", f"ROUND({cell},{digits(indicator)})={cell}"]
    parts += [f"{cell}>={low}"] if low is not None else []
    parts += [f"{cell}<={high}"] if high is not None else []
    return {"validate": "custom", "value": f"=AND({','.join(parts)})"}


def pasted(indicator: Indicator) -> tuple[Limit, ...]:
    """What a validation stops when typed and cannot stop when pasted, as limits."""
    name = indicator.column
    here = f"{{{name}}}"
    if listed := words(indicator):
        known = ",".join(f'{here}="{word}"' for word in listed)
        return (Limit("critical", (name,), f'AND({here}<>"",NOT(OR({known})))'),)
    if not is_number(indicator):
        return ()
    no_number = Limit("warning", (name,), f'AND({here}<>"",NOT(ISNUMBER({here})))')
    if not indicator.numeric:
        return (no_number,)
    too_long = f"IF(ISNUMBER({here}),ROUND({here},{digits(indicator)})<>{here},FALSE)"
    return (no_number, Limit("critical", (name,), too_long))


def number_format(indicator: Indicator) -> str:
    """How a cell shows its value; a percentage keeps General, or 10.7% typed there would be kept as a bare 0.107."""
    match indicator.unit.dtype:
        case "date":
            return "yyyy-mm-dd"
        case "text" | "boolean":
            return "@"
        case "year":
            return "0"
    if indicator.unit.unit.startswith("percent"):
        return "General"
    places = digits(indicator)
    return "#,##0" + ("." + "0" * min(2, places) + "#" * (places - 2) if places else "")


def header(indicator: Indicator) -> str:
    """The codebook's header, its unit on a line of its own; to a reader a line break in a header is a blank."""
    label, unit = indicator.label_zh, indicator.header_zh.removeprefix(indicator.label_zh)
    return f"{label}\n{unit}" if unit else label


def width(indicator: Indicator) -> float:
    """A column's width: the label in one line where it is not long, Chinese signs being twice as wide as others."""
    if indicator.unit.dtype == "text" and not indicator.codes:
        return TEXT_WIDTH
    signs = sum(1 if sign.isascii() else 2 for sign in indicator.label_zh)
    return min(max(NARROW, signs + 3), WIDE)
