"""Sums of whole numbers and decimals, exact however large: of upper parts and of the rest, neither of which wraps."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import polars as pl

from expectations.engine.errors import NotSupportedOnPolarsError
from expectations.engine.literals import bound
from expectations.engine.metric_request import MetricRequest

# Half of 128 bits, less one: sums of what is below and above it have room for 2 ** 62 values.
HALF = 2**62
MOST = HALF * 2**127


def column_sum(request: MetricRequest) -> pl.Expr:
    """The sum, or both its parts, of which `summed` makes it."""
    if _scale(request.dtype()) is None:
        return request.column().sum()
    upper, rest = _parts(request, 0)
    return pl.struct(upper=upper.sum(), rest=rest.sum())


def summed(value: Any, request: MetricRequest) -> Any:
    """The sum: of decimals a float, as pandas has it."""
    if not isinstance(value, dict):
        return value
    units, dtype = value["upper"] * HALF + value["rest"], request.dtype()
    return float(Fraction(units, 10**dtype.scale)) if isinstance(dtype, pl.Decimal) else units


def sum_equals(request: MetricRequest) -> pl.Expr:
    """Whether the columns' sum is `sum_total`; not so where one is null. Decimals of several scales raise, not wrap."""
    places, total = range(len(request.columns)), request.values["sum_total"]
    dtypes = [request.dtype(place) for place in places]
    if not all(dtype.is_numeric() or dtype == pl.Boolean for dtype in dtypes):
        raise NotSupportedOnPolarsError("multicolumn_sum.equal", "a sum of what are not all numbers")
    scales = {_scale(dtype) for dtype in dtypes}
    if None in scales:
        return _equals(pl.sum_horizontal(request.all_columns(), ignore_nulls=False), total)
    most = max(scale for scale in scales if scale is not None)
    if len(scales) > 1:
        written = bound(total, pl.Decimal(38, most))
        return _equals(pl.sum_horizontal(request.all_columns(), ignore_nulls=False), written)
    uppers, rests = zip(*(_parts(request, place) for place in places), strict=True)
    upper, rest = (pl.sum_horizontal(parts, ignore_nulls=False) for parts in (uppers, rests))
    upper, rest = upper + rest // HALF, rest % HALF
    if not any(dtype.is_decimal() for dtype in dtypes):
        return _equals(_nearest_float(upper, rest), total)
    units = Fraction(bound(total, pl.Decimal(38, most))) * 10**most
    if units.denominator != 1 or abs(units) >= MOST:
        return pl.lit(value=False)
    return _equals(upper, int(units) // HALF) & _equals(rest, int(units) % HALF)


def _nearest_float(upper: pl.Expr, rest: pl.Expr) -> pl.Expr:
    """The float nearest to the whole, for what it is compared with is one: of what 128 bits hold, and of more."""
    held = upper.is_between(-HALF * 8, HALF * 8 - 1)
    more = (upper * 2 + (rest > 0)).cast(pl.Float64) * (HALF / 2)
    return pl.when(held).then((upper * HALF + rest).cast(pl.Float64)).otherwise(more)


def _equals(value: pl.Expr, other: Any) -> pl.Expr:
    equal: pl.Expr = value == other
    return equal.fill_null(value=False)


def _scale(dtype: pl.DataType) -> int | None:
    """How many places a type's whole units are behind the point; None for floats and all that is no number."""
    if isinstance(dtype, pl.Decimal):
        return dtype.scale
    return 0 if dtype.is_integer() or dtype == pl.Boolean else None


def _parts(request: MetricRequest, place: int) -> tuple[pl.Expr, pl.Expr]:
    column, dtype = request.column(place), request.dtype(place)
    if dtype.is_decimal():
        column = column.to_physical()
    elif dtype not in (pl.Int128, pl.UInt128):
        column = column.cast(pl.Int128)
    upper = column // HALF
    return upper.cast(pl.Int128), (column - upper * HALF).cast(pl.Int128)
