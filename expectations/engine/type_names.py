"""Polars types by name: `Int64`, `Decimal(38, 2)`, `Datetime(us, UTC)`, or a family such as `Decimal`."""

from __future__ import annotations

import re

import polars as pl

ALIASES = {"Utf8": "String", "Str": "String"}


def is_named(dtype: pl.DataType, name: str) -> bool:
    """Whether a name means this type: its whole name, or the family's name without what stands in brackets.

    Spaces, quotes and keywords do not count: `Decimal(precision=38, scale=2)` is `Decimal(38,2)`. Raises ValueError
    for a name of no Polars type.
    """
    request = _plain(name)
    family = request.split("(")[0]
    if not _is_family(family):
        raise ValueError(f"{name!r} is not the name of a Polars type; Int64, String, Decimal(38,2) are")
    return request in (_plain(str(dtype)), _plain(type(dtype).__name__))


def _plain(name: str) -> str:
    short = re.sub(r"\w+\s*=\s*|[\s'\"]", "", name)
    return ALIASES.get(short, short)


def _is_family(name: str) -> bool:
    found = getattr(pl, name, None)
    return isinstance(found, type) and issubclass(found, pl.DataType)
