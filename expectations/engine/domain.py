"""Which rows a metric is about: its row condition, and what `ignore_row_if` leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from expectations.engine.names import named

KEPT_ALL = {"neither", "never"}
LEFT_OUT_IF_ALL = {"both_values_are_missing", "all_values_are_missing"}
LEFT_OUT_IF_ANY = {"either_value_is_missing", "any_value_is_missing"}


def columns_asked(domain: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns of a domain in order: one, two, many, or none for a table."""
    if domain.get("column"):
        return (domain["column"],)
    if domain.get("column_A"):
        return (domain["column_A"], domain["column_B"])
    return tuple(domain.get("column_list") or ())


def present(domain: Mapping[str, Any], columns: tuple[str, ...]) -> pl.Expr | None:
    """True for rows that are not left out for missing values; None where no row is.

    A single column's nulls are left out; for more columns `ignore_row_if` says. Raises ValueError for a mode that
    Great Expectations does not have.
    """
    if "column" in domain:
        return named(columns[0]).is_not_null()
    mode = domain.get("ignore_row_if")
    if mode in LEFT_OUT_IF_ANY:
        return pl.all_horizontal([named(name).is_not_null() for name in columns])
    if mode in LEFT_OUT_IF_ALL:
        return pl.any_horizontal([named(name).is_not_null() for name in columns])
    if mode is None or mode in KEPT_ALL:
        return None
    raise ValueError(f'Unrecognized value of ignore_row_if ("{mode}").')


def both(left: pl.Expr | None, right: pl.Expr | None) -> pl.Expr | None:
    """Rows of both restrictions, where None is no restriction."""
    if left is None or right is None:
        return right if left is None else left
    return left & right
