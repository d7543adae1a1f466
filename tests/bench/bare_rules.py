"""The bare script's rules: plain Polars expressions, each saying which rows fail and which cannot be held to it.

Here are those that every form has; a form's own are in `bare_forms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from warehouse.codebook import Dataset

SLACK = 1e-9
NEVER = pl.lit(value=False)


@dataclass(frozen=True)
class Check:
    """Rows that `fails` break the rule; rows that are `unknown` are not evaluated.

    `relation` between `columns`: what must hold, of sums too where all of them add up. `of_peers`: comes last.
    """

    rule: str
    severity: str
    fails: pl.Expr
    unknown: pl.Expr
    relation: pl.Expr | None = None
    columns: tuple[str, ...] = field(default=())
    of_peers: bool = False


def year_to_date(dataset: Dataset) -> tuple[str, ...]:
    return tuple(i.column for i in dataset.indicators if i.kind == "year_to_date")


def numbers(dataset: Dataset) -> tuple[str, ...]:
    """What is held against past and peers: numbers without a sign."""
    return tuple(i.column for i in dataset.indicators if i.numeric and i.unit.dtype != "year" and not i.signed)


def holds(  # noqa: PLR0913  (what may be said of a relation)
    rule: str,
    relation: pl.Expr,
    severity: str = "critical",
    *,
    over: str | None = None,
    when: pl.Expr | None = None,
    of_peers: bool = False,
) -> Check:
    """A relation between columns, of rows `when`; unknown where a column is null or `over`, a denominator, is zero."""
    columns = tuple(dict.fromkeys(relation.meta.root_names()))
    unknown = pl.any_horizontal(pl.col(column).is_null() for column in columns)
    if over is not None:
        unknown |= (pl.col(over) == 0).fill_null(value=False)
    if when is not None:
        unknown |= ~when.fill_null(value=False)
    return Check(rule, severity, ~relation & ~unknown, unknown, relation, columns, of_peers)


def filled(rule: str, column: str, when: pl.Expr | None = None, severity: str = "critical") -> Check:
    null = pl.col(column).is_null()
    if when is None:
        return Check(rule, severity, null, NEVER)
    applies = when.fill_null(value=False)
    return Check(rule, severity, null & applies, ~applies)


def within(rule: str, inside: pl.Expr, when: pl.Expr | None = None, severity: str = "critical") -> Check:
    """A bound on one column, for the rows `when`."""
    unknown = pl.col(inside.meta.root_names()[0]).is_null()
    if when is not None:
        unknown |= ~when.fill_null(value=False)
    return Check(rule, severity, ~inside & ~unknown, unknown)


def once(rule: str, *keys: str) -> Check:
    return Check(rule, "critical", pl.struct("submission", "county_code", "period", *keys).is_duplicated(), NEVER)


def near(left: pl.Expr, right: pl.Expr, digits: int) -> pl.Expr:
    """Equal within half a unit of a digit after the point."""
    return (left - right).abs() <= 0.5 * 10**-digits + SLACK


def among_peers(rule: str, value: pl.Expr, over: str | None = None) -> Check:
    return holds(rule, value.is_between(pl.col("peers_low"), pl.col("peers_high")), "warning", over=over, of_peers=True)


def every(dataset: Dataset) -> Iterator[Check]:
    """What is asked of each form."""
    yield once("key_unique", *dataset.keys)
    for i in dataset.indicators:
        if i.required == "true":
            yield filled("required_present", i.column)
        elif i.required.startswith("where "):
            column, _, value = i.required.removeprefix("where ").split()
            yield filled("required_present", i.column, pl.col(column) > int(value))
        if i.unit.dtype in ("count", "money", "decimal") and i.unit.unit != "percent" and not i.signed:
            yield within("not_negative", pl.col(i.column) >= 0)
        if i.unit.unit == "percent" and not i.signed:
            yield within("share_bounds", pl.col(i.column).is_between(0, 100))
        elif i.most:
            yield within("county_ceiling", pl.col(i.column).is_between(-i.most if i.signed else -(2**63), i.most))
    for column in year_to_date(dataset):
        yield holds("year_to_date_never_falls", pl.col(column) >= pl.col(f"this_year_{column}"), "warning")
    for method in ("growth", "level"):
        for column in numbers(dataset):
            low, high = pl.col(f"{method}_low_{column}"), pl.col(f"{method}_high_{column}")
            yield holds(f"{method}_outlier", pl.col(column).is_between(low, high), "warning", of_peers=True)
