"""Values from a suite as values of a column's type: what was a date before JSON is a date again, 3.0 is 3.

A value that no value of the type can equal is left out of sets and refused as a bound.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from dateutil import parser  # type: ignore[import-untyped] # no types are published with it


def bound(value: Any, dtype: pl.DataType) -> Any:
    """The value as a bound for a column of that type; raises TypeError where the two cannot be compared."""
    made = _as(value, dtype)
    if made is None:
        raise TypeError(f"{value!r} ({type(value).__name__}) cannot be compared with a column of type {dtype}")
    return made


def members(values: Iterable[Any], dtype: pl.DataType) -> pl.Series:
    """A one-row list for `is_in`: those of the values that a column of that type can equal, nulls and NaN left out."""
    made = [_as(value, dtype) for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN
    kept = [value for value in made if value is not None and _fits(value, dtype)]
    return pl.Series(kept, dtype=_kept_as(dtype), strict=False).implode()


def _kept_as(dtype: pl.DataType) -> pl.DataType | None:
    if dtype.is_float():
        return pl.Float64()
    if dtype.is_decimal():
        return None
    return pl.Datetime(dtype.time_unit, dtype.time_zone) if isinstance(dtype, pl.Datetime) else dtype


def _fits(value: Any, dtype: pl.DataType) -> bool:
    """Whether a column of the type can hold the value: 1.5 and 300 are no Int8, noon is no Date."""
    if dtype.is_integer():
        try:
            return value == int(value) and pl.Series([int(value)], dtype=dtype).len() == 1
        except (OverflowError, TypeError, ValueError):
            return False
    return not (dtype == pl.Date and isinstance(value, dt.datetime))


def _as(value: Any, dtype: pl.DataType) -> Any:
    """The value as one of the type; None where no comparison has a meaning."""
    if dtype.is_decimal():
        return _decimal(value)
    if dtype.is_numeric() or dtype == pl.Boolean:
        return _number(value)
    if isinstance(dtype, pl.Datetime):
        return _instant(value, dtype)
    if dtype == pl.Date:
        return _day(value)
    if dtype == pl.String:
        return value if isinstance(value, str) else None
    return value


def _number(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float | Decimal) else None


def _decimal(value: Any) -> Decimal | None:
    """Exactly what is written: 0.1 is a tenth, not the binary fraction nearest to it."""
    if isinstance(value, Decimal):
        return value
    try:
        if isinstance(value, str):  # as JSON has what was a Decimal
            value = Decimal(value)
            return value if value.is_finite() else None
        return Decimal(repr(value)) if isinstance(value, int | float) else None
    except InvalidOperation:
        return None


def _instant(value: Any, dtype: pl.Datetime) -> dt.datetime | None:
    if isinstance(value, str):
        value = parser.parse(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a date has no zone; told below
    if not isinstance(value, dt.datetime):
        return None
    if (value.tzinfo is None) != (dtype.time_zone is None):
        raise TypeError(f"{value.isoformat()} and a column of type {dtype}: one has a time zone, the other has none")
    return value if dtype.time_zone is None else value.astimezone(ZoneInfo(dtype.time_zone))


def _day(value: Any) -> dt.date | None:
    """A date; a datetime where the value has a time of day, so that comparisons with it stay right."""
    if isinstance(value, str):
        value = parser.parse(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value if isinstance(value, dt.date) else None
