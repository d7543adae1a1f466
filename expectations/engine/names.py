"""Columns by name. Names are data: Polars would take `^a.*$` and `*` for patterns, which answer for other columns."""

from __future__ import annotations

import polars as pl
from polars import selectors


def named(name: str) -> pl.Expr:
    """The column of exactly this name, whatever it looks like."""
    pattern = name == "*" or (name.startswith("^") and name.endswith("$"))
    return selectors.by_name(name).as_expr() if pattern else pl.col(name)
