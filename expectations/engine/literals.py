"""Values from a suite as values of a column's type: what was a date before JSON is a date again, 3.0 is 3.

A value that no value of the type can equal is left out of sets and refused as a bound. Nothing is left to Polars to
convert: it finds `"a"` in Binary, 1 in a Struct that holds 1, and takes 2 for true.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

# What Python has for a type whose values are compared with nothing else.
ONLY = {pl.String: str, pl.Enum: str, pl.Binary: bytes, pl.Duration: dt.timedelta}
WIDEST = 2**127


def bound(value: Any, dtype: pl.DataType) -> Any:
    """The value as a bound for a column of that type; raises TypeError where the two cannot be compared."""
    made = _as(value, dtype)
    if made is None or (isinstance(made, Decimal) and not _has_units(made, 38, 76)):
        raise TypeError(f"{value!r} ({type(value).__name__}) cannot be compared with a column of type {dtype}")
    return made


def members(values: Iterable[Any], dtype: pl.DataType) -> pl.Series:
    """A one-row list for `is_in`: those of the values that a column of that type can equal, nulls and NaN left out."""
    made = [_as(value, dtype) for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN
    kept = [value for value in made if value is not None and _fits(value, dtype)]
    return pl.Series(kept, dtype=pl.Float64() if dtype.is_float() else dtype, strict=False).implode()


def _fits(value: Any, dtype: pl.DataType) -> bool:
    """Whether a column of the type can hold the value: 1.5 and 300 are no Int8, 2 is no Boolean, noon is no Date."""
    if dtype.is_integer():
        try:
            return bool(value == int(value)) and pl.Series([int(value)], dtype=dtype).len() == 1
        except (OverflowError, TypeError, ValueError):
            return False
    if isinstance(dtype, pl.Decimal):
        return _has_units(value, dtype.scale, dtype.precision or 38)
    if isinstance(dtype, pl.Enum):
        return bool(dtype.categories.eq(value).any())
    return value in (0, 1) if dtype == pl.Boolean else not (dtype == pl.Date and isinstance(value, dt.datetime))


def _has_units(value: Decimal, scale: int, precision: int) -> bool:
    units = Fraction(value) * 10**scale
    return bool(units.denominator == 1 and abs(units) < 10**precision)


def _as(value: Any, dtype: pl.DataType) -> Any:
    """The value as one of the type, None where no comparison has a meaning; raises TypeError for types of no such."""
    if dtype.is_decimal():
        return _decimal(value)
    if dtype.is_numeric() or dtype == pl.Boolean:
        return _number(value)
    if dtype.is_temporal() and isinstance(value, str):
        value = _written(value, dtype)
    if isinstance(dtype, pl.Datetime):
        return _instant(value, dtype)
    if dtype == pl.Date:
        return _day(value)
    if dtype == pl.Time:
        return value if isinstance(value, dt.time) else None
    if dtype.base_type() in ONLY:
        return value if isinstance(value, ONLY[dtype.base_type()]) else None
    raise TypeError(f"no value of a suite is compared with a column of type {dtype}")


def _written(value: str, dtype: pl.DataType) -> Any:
    """What was a date or a time before JSON; what is not wholly written is guessed by nobody ("1" is no date)."""
    try:
        return dt.time.fromisoformat(value) if dtype == pl.Time else dt.datetime.fromisoformat(value)
    except ValueError as error:
        raise TypeError(f"{value!r} is not written as ISO 8601 has a value of the type {dtype}") from error


def _number(value: Any) -> Any:
    if isinstance(value, float | int) and not -WIDEST <= value < WIDEST:
        return float(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float | Decimal) else None


def _decimal(value: Any) -> Decimal | None:
    """Exactly what is written: 0.1 is a tenth, not the binary fraction nearest to it. None for what has no digits."""
    try:
        # Text is what JSON has for what was a Decimal.
        made = Decimal(value if isinstance(value, str) else repr(value)) if isinstance(value, str | float) else value
        return Decimal(made) if isinstance(made, int | Decimal) and Decimal(made).is_finite() else None
    except InvalidOperation:
        return None


def _instant(value: Any, dtype: pl.Datetime) -> dt.datetime | None:
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a date has no zone; told below
    if not isinstance(value, dt.datetime):
        return None
    if (value.tzinfo is None) != (dtype.time_zone is None):
        raise TypeError(f"{value.isoformat()} and a column of type {dtype}: one has a time zone, the other has none")
    return value if dtype.time_zone is None else value.astimezone(ZoneInfo(dtype.time_zone))


def _day(value: Any) -> dt.date | None:
    """A date; a datetime where the value has a time of day, so that comparisons with it stay right."""
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        raise TypeError(f"{value.isoformat()} has a time zone, a column of type Date has none")
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return value if isinstance(value, dt.date) else None
