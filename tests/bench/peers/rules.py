"""The checks of the register as a dataframely schema: those that say of each row whether it is good.

A share of rows that must hold, or a value of the whole table, is not a thing that a filter can be asked.
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from tests.bench.engine_bare import Check, Rows
from tests.bench.engine_bare_checks import checks


def rules(rows: int) -> dict[str, Rows]:
    """The checks that can be expressed, by name."""
    return {name: check for name, check in checks(rows).items() if _of_rows(check)}


def schema(columns: list[str], rows: int) -> type[dy.Schema]:
    """A schema of these columns, of whatever type, with a rule for each check."""
    fields = {column: dy.Any() for column in columns}
    return type("Register", (dy.Schema,), fields | {name: _rule(check) for name, check in rules(rows).items()})


def _of_rows(check: Check) -> bool:
    return isinstance(check, Rows) and check.mostly == 1


def _rule(check: Rows) -> object:
    good = ~check.failing if check.where is None else ~(check.where & _within(check, check.where))
    return dy.rule()(lambda _: good)


def _within(check: Rows, where: pl.Expr) -> pl.Expr:
    """Rows that are held against each other are so within `where`, which a rule cannot filter by."""
    return check.failing if check.count is None else pl.struct(where.alias("where"), *check.columns).is_duplicated()
