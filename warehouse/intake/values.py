"""Text to typed values, a column at a time: exact decimals, integers of the base unit, dates, codes.

What does not convert becomes null, and a fault beside it; a blank is null without one. Numbers go from text to
decimals, never through a binary float: 8382.0001 under 万元 is 83820001 yuan. What is measured or calculated (ratios,
areas) is rounded to the decimals that are stored; money and counts never are. `plain` first makes of what clerks type
what the types take; most sheets need none of it.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache

import polars as pl

from warehouse.codebook import Dataset, Indicator, load
from warehouse.codebook.model import CodeFormat
from warehouse.codebook.succession import families
from warehouse.intake.formats.table import ERRORS

# At most 15 digits before the point (Excel keeps no more) and 12 after it: then a product with 亿 still fits EXACT.
NUMBER = r"^[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{0,12})?$"
# The same of any length: a number, but one that is not kept whole.
ANY_NUMBER = r"^[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?$"
# Of a number all up to twelve digits behind the point, and what may stand behind it.
TAIL = r"(\.[0-9]{12})[0-9]+"
# A number with something behind it: 1.2万, 884个, 10.7%.
WITH_UNIT = r"^(?<number>[+-]?[0-9][0-9,]*(?:\.[0-9]*)?)(?<unit>[^0-9.,].*)$"
# The same in brackets, or of money by its name: (万元), 人民币万元.
ROUND_UNIT = r"^[(【\[]?(?:人民币)?([^()【】\[\]]*)[)】\]]?$"
# Minus signs and dashes in front of a digit.
MINUS = r"^[−–—‒﹣-]\s*([0-9])"
# Signs that would pass for digits once they are made plain (120①, 10⁴), and digits on both sides of a blank (120 35).
UNCLEAR = r"\p{No}|[0-9０-９.,．，]\s+[0-9０-９.,．，]"
# What stands before an amount of yuan.
YUAN_FIRST = r"^(?:¥|RMB|CNY|人民币)"
MULTIPLIERS = {"万": 10_000, "亿": 100_000_000}
EXACT = pl.Decimal(38, 12)
TRUE = ("是", "有", "true", "TRUE", "True", "1", "√", "Y", "Yes")
FALSE = ("否", "无", "false", "FALSE", "False", "0", "×", "N", "No")
ONES = "一二三四五六七八九"
SIGNS_TO_31 = (*ONES, "十", *(f"十{n}" for n in ONES), "二十", *(f"二十{n}" for n in ONES), "三十", "三十一")
DATE_PARTS = r"^(?<y>[0-9]{4})[-./年](?<m>1[0-2]|0?[1-9])[-./月](?<d>3[01]|[12][0-9]|0?[1-9])[日号]?$"
TIME = r"\s+(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?$"
# The first day of a year, which a spreadsheet shows as 2017年.
NEW_YEAR = r"^((?:19|20)[0-9]{2})-01-01$|^((?:19|20)[0-9]{2})年度?$"
IN_SIGNS = r"^[〇○零一二三四五六七八九]{4}年"
SIGNS = dict(zip("〇○零一二三四五六七八九", "000123456789", strict=True))
# 二十一日 is 21日: with the sign behind it, the longest first.
NUMBERS = {f"{signs}{behind}": f"{n}{behind}" for n, signs in enumerate(SIGNS_TO_31, start=1) for behind in "月日号"}
DATE_DIGITS = r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})$"
# Serial numbers of days from 1990 to 2099, whatever they are counted from.
FIRST_SERIAL, LAST_SERIAL = 31_400, 73_100
# Signs that are made plain as several, or as another: in a text they are compared as they are.
AS_TYPED = {"′′": "″", '"': "＂"}
FAULT_SCHEMA = {
    "receipt": pl.Int64, "sheet": pl.String, "row": pl.Int64, "county_code": pl.String, "period": pl.String,
    "column": pl.String, "rule": pl.String, "found": pl.String,
}  # fmt: skip


def typed(lf: pl.LazyFrame, dataset: Dataset, factors: dict[str, int]) -> pl.LazyFrame:
    """`lf` with each indicator of the dataset in its stored type and base unit, in the form's order.

    Grain unchanged. `factors` says which indicators `lf` has, as text, and how many base units one of the header's
    is; an indicator that it lacks becomes null. The other columns stay in front, as they are.
    """
    return lf.select(pl.exclude(dataset.columns), *_typed(dataset.dataset, tuple(factors.items())))


@lru_cache(maxsize=1_000)
def _typed(dataset: str, factors: tuple[tuple[str, int], ...]) -> tuple[pl.Expr, ...]:
    """The expressions of `typed`, which the sheets of one shape share night after night."""
    given = dict(factors)
    return tuple(
        value(i, given[i.column]) if i.column in given else pl.lit(None, i.dtype).alias(i.column)
        for i in load().datasets[dataset].indicators
    )


def value(indicator: Indicator, factor: int) -> pl.Expr:
    """The typed value of the indicator's text, null where it does not convert: exactly, but for what is `measured`."""
    text = pl.col(indicator.column)
    if indicator.codes:
        return text.str.to_lowercase().replace_strict(indicator.words, default=None, return_dtype=pl.String)
    if indicator.code_format:
        return pl.when(_fits(text, indicator.code_format)).then(text)
    if indicator.unit.dtype == "date":
        return text.str.to_date("%Y-%m-%d", strict=False)
    if indicator.unit.dtype == "boolean":
        yes_or_no = pl.when(text.is_in(TRUE)).then(pl.lit(value=True)).when(text.is_in(FALSE))
        return yes_or_no.then(pl.lit(value=False)).alias(indicator.column)
    if indicator.unit.dtype == "text":
        unnamed = text.is_in(_blank_words()) if indicator.kind == "key" else pl.lit(value=False)
        return pl.when(~(_no_text(text) | unnamed)).then(text)
    exact = number(_short(text) if indicator.measured else text) * factor
    # As a spreadsheet's ROUND does it: half up, of what is below zero half down.
    kept = exact.round(indicator.decimals, mode="half_away_from_zero")
    whole = kept if indicator.measured else pl.when(kept == exact).then(kept)
    return whole.cast(indicator.dtype, strict=False).alias(indicator.column)


def _short(text: pl.Expr) -> pl.Expr:
    """The text of a number without the digits that do not say how it is rounded: a result has as many as there are."""
    return text.str.replace(TAIL, "$1")


def number(text: pl.Expr) -> pl.Expr:
    """The exact decimal that a text says; null for what is no number or has more digits than are kept."""
    digits = pl.when(text.str.contains(NUMBER)).then(text.str.replace_all(",", "", literal=True))
    return digits.cast(EXACT, strict=False)


def _fits(text: pl.Expr, form: CodeFormat) -> pl.Expr:
    """Whether a code has its digits, and begins with the code of the row's county or of one that succession ties to it;
    of a row that is of no known county the digits alone count.
    """
    digits = text.str.contains(rf"^[0-9]{{{form.digits}}}$")
    if not form.prefix:
        return digits
    family = families(load())
    own = pl.col(form.prefix).replace_strict(family, default=None, return_dtype=pl.String)
    said = text.str.slice(0, 6).replace_strict(family, default=None, return_dtype=pl.String)
    return digits & (own.is_null() | said.eq(own).fill_null(value=False))


def _no_text(text: pl.Expr) -> pl.Expr:
    """An error cell or a formula, which also as a text is none: nothing that a spreadsheet would run is taken in. Nor
    is a word that points at another cell, or says that a value is to follow.
    """
    return text.is_in(ERRORS) | text.str.starts_with("=") | text.str.contains(_no_values())


@cache
def _no_values() -> str:
    """A pattern of the words that are no value in any column, blanks between their signs or not."""
    words = [word for word, known in load().words.items() if known.meaning == "no_value"]
    words += [AS_TYPED[word] for word in words if word in AS_TYPED]
    return rf"^(?:{'|'.join(' ?'.join(map(re.escape, word)) for word in words)})[。.]?$"


def plain(lf: pl.LazyFrame, dataset: Dataset, factors: dict[str, int], epoch: date | None) -> pl.LazyFrame:
    """`lf` with the texts of the indicators in `factors` as the types take them; grain and columns unchanged.

    Full-width signs become plain ones, words that stand for no value (codebook/words.csv) null, units and multipliers
    behind a number are applied (in the header's unit), dates become 2017-12-31. What is not understood stays as it is:
    also two numbers in one cell, and a number with a mark of a footnote, which must not become one number.
    """
    return lf.with_columns(_plain(dataset[column], factor, epoch) for column, factor in factors.items())


def _plain(indicator: Indicator, factor: int, epoch: date | None) -> pl.Expr:
    text = pl.col(indicator.column)
    if indicator.unit.dtype == "text" and not indicator.codes and not indicator.code_format:
        return text
    said = text.str.replace(TIME, "") if indicator.unit.dtype == "date" else text
    said = (
        pl.when(said.str.contains(UNCLEAR)).then(said).otherwise(said.str.normalize("NFKC").str.replace_all(r"\s", ""))
    )
    if indicator.code_format:
        return said.alias(indicator.column)
    said = pl.when(~said.is_in(_blank_words() - _own_words(indicator))).then(said.str.replace(MINUS, "-$1"))
    if indicator.unit.dtype == "date":
        return _date(said, epoch).alias(indicator.column)
    if indicator.codes or indicator.unit.dtype == "boolean":
        return said.alias(indicator.column)
    if indicator.unit.dtype == "money":
        said = said.str.replace(YUAN_FIRST, "")
    if indicator.unit.dtype == "year":
        said = said.str.replace(NEW_YEAR, "$1$2")
    return _number(said, indicator, factor).alias(indicator.column)


def _own_words(indicator: Indicator) -> frozenset[str]:
    """Words that are values of this one, whatever they stand for elsewhere: 无 is a no where it is asked yes or no."""
    return frozenset((*TRUE, *FALSE) if indicator.unit.dtype == "boolean" else indicator.words)


@cache
def _blank_words() -> frozenset[str]:
    meanings = ("not_applicable", "none", "unknown")
    return frozenset(word for word, known in load().words.items() if known.meaning in meanings)


def _number(said: pl.Expr, indicator: Indicator, factor: int) -> pl.Expr:
    """The number in the header's unit, where the cell says a unit of its own: the cell's own counts.

    A bare 万 or 亿 multiplies only where the header counts in base units; below 万元 it is unclear and stays, and so
    does a number that the header's unit cannot say exactly.
    """
    parts = said.str.extract_groups(WITH_UNIT)
    scales = _scales(indicator, factor)
    digits = parts.struct.field("number")
    exact = number(_short(digits) if indicator.measured else digits)
    unit = _unit(parts)
    of_header = {name: Decimal(times) / factor for name, times in scales.items()}
    converted = exact * unit.replace_strict(of_header, default=None, return_dtype=EXACT)
    same = converted * factor == exact * unit.replace_strict(scales, default=None, return_dtype=pl.Int64)
    return pl.when(same).then(converted.cast(pl.String).str.replace(r"\.?0+$", "")).otherwise(said)


def _unit(parts: pl.Expr) -> pl.Expr:
    """The unit of the groups of WITH_UNIT, without what stands round it."""
    return parts.struct.field("unit").str.replace(ROUND_UNIT, "$1")


def _scales(indicator: Indicator, factor: int) -> dict[str, int]:
    """Base units in one of each unit that may stand behind a number of the indicator."""
    base = indicator.unit
    scales = {s.spelling: s.factor for s in load().scales if s.unit == base.unit}
    if base.label_zh:
        scales |= {base.label_zh: 1} | {f"{sign}{base.label_zh}": times for sign, times in MULTIPLIERS.items()}
    return scales | (MULTIPLIERS if factor == 1 and base.additive else {})


def _date(said: pl.Expr, epoch: date | None) -> pl.Expr:
    """The day as 2017-12-31: written with points, strokes or 年月日, or as the serial number of a spreadsheet."""
    parts = _in_digits(said).str.extract_groups(DATE_PARTS)
    month, day = ((pl.lit("0") + parts.struct.field(name)).str.tail(2) for name in ("m", "d"))
    written = pl.concat_str(parts.struct.field("y"), month, day, separator="-")
    digits = pl.when(said.str.contains(DATE_DIGITS)).then(said.str.replace(DATE_DIGITS, "$1-$2-$3"))
    return pl.coalesce(*([_serial(said, epoch)] if epoch else []), written, digits, said)


def _in_digits(said: pl.Expr) -> pl.Expr:
    """二〇一七年七月二十一日 as 2017年7月21日."""
    year = said.str.head(4).str.replace_many(SIGNS)
    rest = said.str.slice(4).str.replace_many(NUMBERS, leftmost=True)
    return pl.when(said.str.contains(IN_SIGNS)).then(year + rest).otherwise(said)


def _serial(said: pl.Expr, epoch: date) -> pl.Expr:
    days = pl.when(said.str.contains(r"^[0-9]{5}$")).then(said).cast(pl.Int64, strict=False)
    plausible = days.is_between(FIRST_SERIAL, LAST_SERIAL)
    return (pl.lit(epoch) + pl.duration(days=pl.when(plausible).then(days))).cast(pl.String)


def fault(indicator: Indicator, factor: int) -> pl.Expr:
    """Which check of the codebook a text fails that has become null: `found` as it was typed, `said` made plain."""
    found = pl.col("found")
    error = (
        pl.when(found.is_in(ERRORS))
        .then(pl.lit("error_cell"))
        .when(found.str.starts_with("="))
        .then(pl.lit("formula_cell"))
        .when(found.str.contains(_no_values()))
        .then(pl.lit("no_value_word"))
    )
    if indicator.code_format:
        return error.otherwise(pl.lit("not_a_code"))
    if indicator.codes or indicator.unit.dtype == "boolean":
        return error.otherwise(pl.lit("not_in_list"))
    if indicator.unit.dtype == "text":
        return error.otherwise(pl.lit("no_value_word"))
    if indicator.unit.dtype == "date":
        return error.otherwise(pl.lit("not_a_date"))
    said = pl.col("said")
    unit = _unit(said.str.extract_groups(WITH_UNIT))
    return (
        error.when(unit.is_in(list(MULTIPLIERS)))
        .then(pl.lit("unit_unclear" if factor != 1 else "not_a_number"))
        .when(said.str.contains(ANY_NUMBER) | unit.is_in(list(_scales(indicator, factor))))
        .then(pl.lit("digits_lost"))
        .otherwise(pl.lit("not_a_number"))
    )


def expected(indicator: Indicator, factor: int) -> str:
    """What a cell of the indicator should hold below a header of so many base units, in a few words."""
    if indicator.codes:
        return " | ".join(f"{one.label_zh} {one.label_en}" for one in indicator.listed)
    if form := indicator.code_format:
        whose = ",前 6 位为本县代码 that begin with the county's code" if form.prefix else ""
        return f"{form.digits} 位数字 digits{whose}"
    if indicator.unit.dtype == "boolean":
        return "是 | 否"
    if indicator.unit.dtype == "date":
        return "2017-12-31"
    if indicator.unit.dtype == "text":
        return "文字 text"
    whole = "" if indicator.decimals or factor != 1 else "整数 whole "
    units = (s.spelling for s in load().scales if (s.unit, s.factor) == (indicator.unit.unit, factor))
    unit = f"{indicator.unit.label_zh} {indicator.unit.label_en}" if factor == 1 else next(units)
    return f"{whole}数字 number ({unit})"


def converted(
    raw: pl.DataFrame, dataset: Dataset, factors: dict[str, int], epoch: date | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows typed, and the faults of those cells that did not convert or are doubtful.

    What is typed plainly is taken as it is; only columns in which a cell does not convert are made plain, and again.
    """
    done = raw.lazy().pipe(typed, dataset, factors).collect()
    strange = {c: f for c, f in factors.items() if raw[c].null_count() != done[c].null_count()}
    if not strange:
        return done, shares(raw, done, dataset, factors)
    said = raw.lazy().pipe(plain, dataset, strange, epoch).collect()
    again = said.lazy().pipe(typed, dataset, factors).collect()
    # A cell that converts as it was typed stays as it was: making plain is for the others.
    done = done.with_columns(done[c].fill_null(again[c]).alias(c) for c in strange)
    return done, pl.concat([faults(raw, said, done, dataset, strange), shares(raw, done, dataset, factors)])


def shares(raw: pl.DataFrame, done: pl.DataFrame, dataset: Dataset, factors: dict[str, int]) -> pl.DataFrame:
    """One row per cell of a percentage that is below its floor: a share was typed for it. Columns as of `faults`."""
    found = [
        raw.select("receipt", "sheet", "row", "county_code", "period", column=pl.lit(i.column), found=pl.col(i.column))
        .with_columns(rule=pl.lit("share_for_percent"))
        .filter(done[i.column].is_between(0, i.floor, closed="none"))
        .select(*FAULT_SCHEMA)
        for i in dataset.indicators
        if i.floor and i.column in factors
    ]
    return pl.concat([pl.DataFrame(schema=FAULT_SCHEMA), *found])


def faults(
    raw: pl.DataFrame, said: pl.DataFrame, done: pl.DataFrame, dataset: Dataset, factors: dict[str, int]
) -> pl.DataFrame:
    """One row per cell that has text in `raw` and, made plain, in `said`, and null in `done`, row for row.

    Columns: receipt, sheet, row, county_code, period, column, rule (of codebook/checks.csv), found.
    """
    found = [
        raw.select(
            "receipt", "sheet", "row", "county_code", "period", column=pl.lit(column), found=pl.col(column),
        )
        .with_columns(said=said[column])
        .filter(pl.col("said").is_not_null() & done[column].is_null())
        .with_columns(rule=fault(dataset[column], factor))
        .select(*FAULT_SCHEMA)
        for column, factor in factors.items()
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=FAULT_SCHEMA), *found])
