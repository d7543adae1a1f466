"""How county values become a higher level's, and the guard on it: what a kind forbids cannot be built."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Indicator
from warehouse.messages.errors import CodebookError

DECIMAL = pl.Decimal(38, 6)
# What whole numbers are added up in: Polars' own sum of an Int64 wraps around without a word.
WHOLE = pl.Decimal(38, 0)
# Products beyond it are added up in floats: 38 digits, up to six of them behind the point, hold a sum below it.
EXACT = 1e31
PERCENT = 100
# From the least to the most settled; a figure is as settled as the least of what enters it.
STATUSES = pl.Enum(["provisional", "reported", "verified", "approved"])


def total(indicator: Indicator, where: pl.Expr | None = None) -> pl.Expr:
    """The sum over counties (of rows `where`), null where none has a value.

    Raises CodebookError for what is never summed.
    """
    check_summed(indicator)
    value = addend(indicator) if where is None else addend(indicator).filter(where)
    return pl.when(value.count() > 0).then(value.sum())


def addend(indicator: Indicator) -> pl.Expr:
    """The column in a type in which no sum of its values overflows: of up to 10^19 rows, whatever they hold."""
    column = pl.col(indicator.column)
    return column.cast(WHOLE) if indicator.dtype.is_integer() else column


def exact_sum(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """The sum of a column of this type of a form, exact: 28 digits hold that of 10^9 rows and leave room to compute."""
    wide = value.cast(WHOLE) if dtype.is_integer() else value
    return wide.sum().cast(pl.Decimal(28, dtype.scale if isinstance(dtype, pl.Decimal) else 0))


def sum_in_floats(value: pl.Expr) -> pl.Expr:
    """The sum of decimals as a float: rounded once, of the exact sum; of numbers too large for that (EXACT), which no
    county can have, as floats add up. Neither ever wraps.
    """
    rough = value.cast(pl.Float64)
    exact = rough.abs().sum() < EXACT
    return pl.when(exact).then(value).sum().cast(pl.Float64) + pl.when(~exact).then(rough).sum()


def check_summed(indicator: Indicator) -> None:
    """Raises CodebookError for what is never summed, whatever its roll-up says."""
    if indicator.roll_up.how != "sum" or indicator.kind in ("ratio", "key") or not indicator.unit.additive:
        place = f"{indicator.dataset}.{indicator.column}"
        raise CodebookError(f"{place} is a {indicator.kind} in {indicator.unit.unit} and is never summed")


def check_together(*indicators: Indicator) -> None:
    """Raises CodebookError where persons would meet person-times."""
    if {"person", "person_time"} <= {indicator.unit.unit for indicator in indicators}:
        names = ", ".join(indicator.column for indicator in indicators)
        raise CodebookError(f"{indicators[0].dataset}: {names}: persons and person-times never meet")


def quotient(part: pl.Expr, whole: pl.Expr, factor: int = 1) -> pl.Expr:
    """`factor` x part / whole as a decimal with six digits; null over zero."""
    return pl.when(whole != 0).then(factor * part.cast(pl.Float64) / whole.cast(pl.Float64)).pipe(decimal)


def percentage(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """100 x part / whole as a decimal with six digits; null over zero, for there is no such share."""
    return quotient(part, whole, PERCENT)


def decimal(value: pl.Expr) -> pl.Expr:
    """A figure as marts give it: rounded to six digits after the point, exact from there; null for none (0 / 0)."""
    return pl.when(value.is_finite()).then(value.round(6)).cast(DECIMAL)
