"""Comparisons of expressions as Polars expressions, decided exactly.

Whole numbers and decimals are computed in 128-bit integers: a comparison of polynomials or of quotients of them is
one of products and sums of integers, so 50000 * b neither wraps as Int64 does (from 1.8e14) nor rounds as floats do
(from 9e15), and a half unit is met exactly. Measured at 1e6 rows: 3.3 ms, 0.8 ms in Int64, 14 ms in decimals.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from math import gcd, lcm, prod
from typing import Any

import polars as pl

from expectations.language.expressions import Polynomial, Quotient, RelationError, columns, value

Schema = Mapping[str, pl.DataType]
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq,
}  # fmt: skip
COMPARE_COLUMNS: Mapping[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = COMPARE
TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "=="}
# Ratios of floats are off by some last bits; a billionth is no difference between two figures.
SLACK = 1e-9
# A little below 2 ** 127: the sums that are held against it are estimated in floats.
LIMIT = 1.7e38


@dataclass(frozen=True)
class Comparison:
    """`left sign right`, or `left` within half a unit of the digit `digits` of `right`, over columns of a schema."""

    left: ast.expr
    sign: str
    right: ast.expr
    form: Quotient
    digits: int | None
    schema: Schema

    def holds(self) -> pl.Expr:
        """Whether it holds; null where a column is null or the whole denominator is zero.

        Raises RelationError where columns of these types cannot be compared like this.
        """
        used = (*columns(self.left), *columns(self.right))
        for column in used:
            if self.schema[column] == pl.Null:
                return pl.col(column).cast(pl.Boolean)
        if self._alike:
            return COMPARE_COLUMNS[self.sign](pl.col(used[0]), pl.col(used[1]))
        if any(self.schema[c].is_temporal() for c in used):
            raise RelationError(f"{', '.join(used)}: a date is compared with a date, and not computed with")
        for column in used:
            if not (self.schema[column].is_numeric() or self.schema[column] == pl.Boolean):
                raise RelationError(f"{column} is {self.schema[column]}: a relation compares numbers or dates")
        if any(self.schema[c].is_float() for c in used) or self._largest_factor >= LIMIT:
            return self._in_floats()
        if self._bound(lambda c: _limit(self.schema[c])) < LIMIT:
            return self._in_integers()
        # Too wide for 128 bits by their types, though hardly ever by their values.
        fits = self._bound(lambda c: self._int(c).cast(pl.Float64).abs()) < LIMIT
        return pl.when(fits).then(self._in_integers()).when(~fits).then(self._in_floats())

    @property
    def _alike(self) -> bool:
        """Whether it is of two columns of one type that compares exactly as it is."""
        if not (isinstance(self.left, ast.Name) and isinstance(self.right, ast.Name)) or self._rounded:
            return False
        kinds = self.schema[self.left.id], self.schema[self.right.id]
        return kinds[0] == kinds[1] and (kinds[0].is_temporal() or kinds[0].is_integer() or kinds[0].is_decimal())

    @property
    def _rounded(self) -> bool:
        return self.sign == "==" and self.digits is not None

    def _in_floats(self) -> pl.Expr:
        left, right = (
            value(node, lambda c: _float(c, self.schema[c]), lambda number: pl.lit(float(number)))
            for node in (self.left, self.right)
        )
        if self.sign == "==" and self.digits is not None:
            return pl.Expr.le((left - right).abs(), 0.5 * 10**-self.digits + SLACK)
        return COMPARE_COLUMNS[self.sign](left, right)

    def _in_integers(self) -> pl.Expr:
        above, below = self._scaled
        if self._rounded:
            return self._sum(above).abs() <= self._sum(below).abs()
        # Each term on the side on which it is positive.
        more = self._sum({m: f for m, f in above.items() if f > 0})
        less = self._sum({m: -f for m, f in above.items() if f < 0})
        as_written, turned = (COMPARE_COLUMNS[sign](more, less) for sign in (self.sign, TURNED[self.sign]))
        if not any(below):
            return as_written if below[()] > 0 else turned
        denominator = self._sum(below)
        return pl.when(denominator > 0).then(as_written).when(denominator < 0).then(turned)

    @cached_property
    def _scaled(self) -> tuple[Polynomial, Polynomial]:
        """`form` over the integers that stand behind the columns, in the smallest whole coefficients; of an equality
        within half a unit, over that half.
        """
        scales = {c: t.scale if isinstance(t, pl.Decimal) else 0 for c, t in self.schema.items()}
        halves = 2 * 10 ** (self.digits or 0) if self._rounded else 1
        parts = [
            {m: times * factor / 10 ** sum(scales[c] for c in m) for m, factor in part.items()}
            for part, times in ((self.form.above, halves), (self.form.below, 1))
        ]
        factors = [factor for part in parts for factor in part.values()]
        by = Fraction(lcm(*(f.denominator for f in factors)), gcd(*(f.numerator for f in factors)))
        above, below = ({m: factor * by for m, factor in part.items()} for part in parts)
        return above, below

    @cached_property
    def _largest_factor(self) -> Fraction:
        return max(abs(factor) for part in self._scaled for factor in part.values())

    def _bound(self, limit: Callable[[str], Any]) -> Any:
        """No step of the computation exceeds it, where `limit` bounds each column as the integer behind it."""
        terms = [prod((float(abs(factor)), *map(limit, m))) for part in self._scaled for m, factor in part.items()]
        return reduce(operator.add, terms)

    def _sum(self, polynomial: Polynomial) -> pl.Expr:
        terms = [
            reduce(operator.mul, (*([] if factor == 1 and m else [pl.lit(int(factor), pl.Int128)]), *map(self._int, m)))
            for m, factor in polynomial.items()
        ]
        return reduce(operator.add, terms) if terms else pl.lit(0, pl.Int128)

    def _int(self, column: str) -> pl.Expr:
        dtype = self.schema[column]
        return pl.col(column).to_physical() if isinstance(dtype, pl.Decimal) else pl.col(column).cast(pl.Int128)


def _limit(dtype: pl.DataType) -> float:
    """The largest absolute value of the integers behind a column of a type."""
    if isinstance(dtype, pl.Decimal):
        return 10.0**dtype.precision
    return 2.0**127 if dtype in (pl.Int128, pl.UInt128) else 2.0**64


def present(column: str, schema: Schema) -> pl.Expr:
    """Whether a column has a value; not a number is none."""
    cell = pl.col(column)
    return cell.is_not_null() & cell.is_not_nan() if schema[column].is_float() else cell.is_not_null()


def _float(column: str, dtype: pl.DataType) -> pl.Expr:
    """The column as floats; not a number is missing."""
    floats = pl.col(column).cast(pl.Float64)
    return floats.fill_nan(None) if dtype.is_float() else floats
