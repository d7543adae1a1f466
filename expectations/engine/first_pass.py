"""All aggregates of a suite in one lazy select."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import polars as pl

from expectations.engine.batch_data import PolarsBatchData

FAILURES = (Exception, pl.exceptions.PanicException)


class FirstPass:
    """Gathers expressions, each once, and evaluates them together over one batch."""

    def __init__(self, batch: PolarsBatchData) -> None:
        self._batch = batch
        self._places: dict[Hashable, str] = {}
        self._expressions: dict[str, pl.Expr] = {}
        self.columns: set[str] = set()

    def put(self, identity: Hashable, expression: pl.Expr) -> str:
        """Adds an expression unless one of that identity is there; the key under which its value will stand."""
        if identity not in self._places:
            key = self._places[identity] = f"{len(self._places)}"
            self._expressions[key] = expression
        return self._places[identity]

    def collect(self) -> tuple[dict[str, Any], dict[str, BaseException]]:
        """Values by key; where an expression cannot be evaluated, its error by key. One pass unless one fails."""
        if not self._expressions:
            return {}, {}
        frame = self._batch.read(self.columns)
        try:
            return _row(frame, self._expressions), {}
        except FAILURES:
            return self._apart(frame)

    def _apart(self, frame: pl.LazyFrame) -> tuple[dict[str, Any], dict[str, BaseException]]:
        """First those that fail on no rows at all are put aside; only if others fail too, each is tried by itself."""
        empty = pl.DataFrame(schema=self._batch.schema).lazy()
        _, errors = _one_by_one(empty, self._expressions)
        sound = {key: each for key, each in self._expressions.items() if key not in errors}
        try:
            return (_row(frame, sound) if sound else {}), errors
        except FAILURES:
            values, more = _one_by_one(frame, sound)
            return values, errors | more


def _row(frame: pl.LazyFrame, expressions: dict[str, pl.Expr]) -> dict[str, Any]:
    return frame.select(**expressions).collect().row(0, named=True)


def _one_by_one(
    frame: pl.LazyFrame, expressions: dict[str, pl.Expr]
) -> tuple[dict[str, Any], dict[str, BaseException]]:
    values: dict[str, Any] = {}
    errors: dict[str, BaseException] = {}
    for key, expression in expressions.items():
        try:
            values |= _row(frame, {key: expression})
        except FAILURES as error:
            errors[key] = error
    return values, errors
