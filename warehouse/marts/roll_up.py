"""How county values become a higher level's, and the guard on it: what a kind forbids cannot be built."""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Indicator
from warehouse.messages.errors import CodebookError

DECIMAL = pl.Decimal(38, 6)
# From the least to the most settled; a figure is as settled as the least of what enters it.
STATUSES = pl.Enum(["provisional", "reported", "verified", "approved"])


def total(indicator: Indicator, where: pl.Expr | None = None) -> pl.Expr:
    """The sum over counties (of rows `where`), null where none has a value.

    Raises CodebookError for what is never summed.
    """
    check_summed(indicator)
    value = pl.col(indicator.column) if where is None else pl.col(indicator.column).filter(where)
    return pl.when(value.count() > 0).then(value.sum())


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


def quotient(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Part / whole as a decimal with six digits; null over zero."""
    return pl.when(whole != 0).then(part.cast(pl.Float64) / whole.cast(pl.Float64)).pipe(decimal)


def percentage(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """100 x part / whole as a decimal with six digits; null over zero, for there is no such share."""
    return pl.when(whole != 0).then(100 * part.cast(pl.Float64) / whole.cast(pl.Float64)).pipe(decimal)


def decimal(value: pl.Expr) -> pl.Expr:
    """A figure as marts give it: rounded to six digits after the point, exact from there; null for none (0 / 0)."""
    return pl.when(value.is_finite()).then(value.round(6)).cast(DECIMAL)
