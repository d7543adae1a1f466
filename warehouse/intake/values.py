"""Text to typed values, a column at a time: exact decimals, integers of the base unit, dates, codes.

What does not convert becomes null, and a fault beside it; a blank is null without one. Numbers go from text to
decimals, never through a binary float: 8382.0001 under 万元 is 83820001 yuan.
"""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Dataset, Indicator

# At most 15 digits before the point (Excel keeps no more) and 12 after it: then a product with 亿 still fits EXACT.
NUMBER = r"^[+-]?(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.[0-9]{0,12})?$"
# The same of any length: a number, but one that is not kept whole.
ANY_NUMBER = r"^[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]*)?$"
EXACT = pl.Decimal(38, 12)
TRUE, FALSE = ("是", "true", "TRUE", "1"), ("否", "false", "FALSE", "0")
FAULT_SCHEMA = {
    "receipt": pl.Int64, "sheet": pl.String, "row": pl.Int64, "county_code": pl.String, "period": pl.String,
    "column": pl.String, "rule": pl.String, "found": pl.String,
}  # fmt: skip


def typed(lf: pl.LazyFrame, dataset: Dataset, factors: dict[str, int]) -> pl.LazyFrame:
    """`lf` with each indicator of the dataset in its stored type and base unit, in the form's order.

    Grain unchanged. `factors` says which indicators `lf` has, as text, and how many base units one of the header's
    is; an indicator that it lacks becomes null. The other columns stay in front, as they are.
    """
    return lf.select(
        pl.exclude(dataset.columns),
        *(
            value(i, factors[i.column]) if i.column in factors else pl.lit(None, i.dtype).alias(i.column)
            for i in dataset.indicators
        ),
    )


def value(indicator: Indicator, factor: int) -> pl.Expr:
    """The typed value of the indicator's text, null where it does not convert exactly."""
    text = pl.col(indicator.column)
    if indicator.codes:
        return pl.when(text.is_in(indicator.codes)).then(text)
    if indicator.unit.dtype == "date":
        return text.str.to_date("%Y-%m-%d", strict=False)
    if indicator.unit.dtype == "boolean":
        yes_or_no = pl.when(text.is_in(TRUE)).then(pl.lit(value=True)).when(text.is_in(FALSE))
        return yes_or_no.then(pl.lit(value=False)).alias(indicator.column)
    if indicator.unit.dtype == "text":
        return text
    exact = number(text) * factor
    kept = exact.round(indicator.decimals)
    return pl.when(kept == exact).then(kept).cast(indicator.dtype, strict=False).alias(indicator.column)


def number(text: pl.Expr) -> pl.Expr:
    """The exact decimal that a text says; null for what is no number or has more digits than are kept."""
    digits = pl.when(text.str.contains(NUMBER)).then(text.str.replace_all(",", "", literal=True))
    return digits.cast(EXACT, strict=False)


def fault(indicator: Indicator) -> pl.Expr:
    """Which check of the codebook a text fails that has become null."""
    if indicator.codes or indicator.unit.dtype == "boolean":
        return pl.lit("not_in_list")
    if indicator.unit.dtype == "date":
        return pl.lit("not_a_date")
    text = pl.col("found")
    return (
        pl.when(text.str.starts_with("#"))
        .then(pl.lit("error_cell"))
        .when(text.str.contains(ANY_NUMBER))
        .then(pl.lit("digits_lost"))
        .otherwise(pl.lit("not_a_number"))
    )


def expected(indicator: Indicator) -> str:
    """What a cell of the indicator should hold, in a few words."""
    if indicator.codes:
        return " | ".join(indicator.codes)
    if indicator.unit.dtype == "boolean":
        return "是 | 否"
    if indicator.unit.dtype == "date":
        return "2017-12-31"
    whole = "" if indicator.decimals else "整数 whole "
    return f"{whole}数字 number ({indicator.unit.label_zh} {indicator.unit.label_en})"


def faults(raw: pl.DataFrame, done: pl.DataFrame, dataset: Dataset, factors: dict[str, int]) -> pl.DataFrame:
    """One row per cell that has text in `raw` and null in `done` (`typed` of it, row for row).

    Columns: receipt, sheet, row, county_code, period, column, rule (of codebook/checks.csv), found.
    """
    found = [
        raw.filter(raw[column].is_not_null() & done[column].is_null())
        .select(
            "receipt", "sheet", "row", "county_code", "period",
            column=pl.lit(column), found=pl.col(column),
        )
        .with_columns(rule=fault(dataset[column]))
        .select(*FAULT_SCHEMA)
        for column in factors
        if raw[column].null_count() != done[column].null_count()
    ]  # fmt: skip
    return pl.concat([pl.DataFrame(schema=FAULT_SCHEMA), *found])
