"""The bare side of the engine bench: the checks as Polars expressions, counted in one lazy select.

For COMPLETE the failing rows of all checks come from one collect_all, and are made Python's, as Great Expectations'
are: lists of dictionaries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

ELEMENTS, GIVEN, FAILING = "elements", "given", "failing"


@dataclass(frozen=True)
class Rows:
    """A check of each row in `where`; `failing` is null or false where a row is blank.

    `given` counts the rows that are not blank; None: blanks are what the check is about. `count` counts those that
    fail; None: it is `failing` where `where` is, as it is not for a check that holds rows against each other.
    """

    failing: pl.Expr
    columns: tuple[str, ...]
    given: pl.Expr | None
    mostly: float = 1
    where: pl.Expr | None = None
    count: pl.Expr | None = None

    def counts(self) -> dict[str, pl.Expr]:
        """The expressions that count: rows, those that are not blank, those that fail."""
        where = self.where
        elements = pl.len() if where is None else where.sum()
        failing = self.failing if where is None else where & self.failing
        found = {ELEMENTS: elements, FAILING: failing.sum() if self.count is None else self.count}
        return found if self.given is None else found | {GIVEN: self.given}

    def rows(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The rows that fail: their id and the check's columns."""
        looked_at = frame if self.where is None else frame.filter(self.where)
        return looked_at.filter(self.failing).select(
            "row_id", *(column for column in self.columns if column != "row_id")
        )

    def holds(self, failing: int, given: int) -> bool:
        return given == 0 or (given - failing) / given >= self.mostly


@dataclass(frozen=True)
class Whole:
    """A check of one value of the whole table; `tell` makes of the value what the answer says."""

    value: pl.Expr
    holds: Callable[[Any], bool]
    tell: Callable[[Any], Any] = lambda value: value


Check = Rows | Whole
Answers = dict[str, dict[str, Any]]


def validate(frame: pl.LazyFrame, checks: dict[str, Check], *, fetch: bool) -> Answers:
    """By check: whether it holds, its counts or its value, and where rows are fetched, those that fail."""
    asked = {
        f"{name} {what}": expression for name, check in checks.items() for what, expression in _asked(check).items()
    }
    found = frame.select(**asked).collect().row(0, named=True)
    answers = {name: _answer(check, name, found) for name, check in checks.items()}
    if fetch:
        wanted = {
            name: check.rows(frame)
            for name, check in checks.items()
            if isinstance(check, Rows) and answers[name][FAILING]
        }
        for name, rows in zip(wanted, pl.collect_all(wanted.values()), strict=True):
            answers[name]["rows"] = rows.to_dicts()
    return answers


def _asked(check: Check) -> dict[str, pl.Expr]:
    return check.counts() if isinstance(check, Rows) else {"value": check.value}


def _answer(check: Check, name: str, found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(check, Whole):
        value = found[f"{name} value"]
        return {"success": check.holds(value), "observed": check.tell(value)}
    elements, failing = found[f"{name} {ELEMENTS}"], found[f"{name} {FAILING}"]
    given = found.get(f"{name} {GIVEN}")
    success = check.holds(failing, elements if given is None else given)
    missing = None if given is None else elements - given
    return {"success": success, ELEMENTS: elements, "missing": missing, FAILING: failing}
