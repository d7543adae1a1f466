"""The language of relations: `a <= b <= c`, `x == 100 * y / z`. Parsed once, three-valued, never evaluated as code.

A chain of comparisons of expressions (`expectations.language.expressions`). What it becomes: pandas operations
(`holds`, the oracle), an exact Polars expression (`on`), exact linear forms, a text for people.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property, reduce
from typing import Any

import polars as pl

from expectations.language import expressions
from expectations.language.exact import COMPARE, SLACK, Comparison, Schema, present
from expectations.language.expressions import Linear, Quotient, RelationError, pointing, quotient, refusal, value

__all__ = ["Linear", "Link", "Relation", "RelationError", "parse"]

SIGNS: dict[type[ast.cmpop], str] = {ast.LtE: "<=", ast.GtE: ">=", ast.Lt: "<", ast.Gt: ">", ast.Eq: "=="}
SHOWN = {"<=": "≤", ">=": "≥", "==": "="}
LONGEST, MOST_DIGITS = 2000, 9
ZH, EN = 0, 1


@dataclass(frozen=True)
class Link:
    """One comparison of a chain."""

    left: ast.expr
    sign: str
    right: ast.expr

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns on both sides, those of the left first; one may come twice."""
        return expressions.columns(self.left) + expressions.columns(self.right)

    def text(self, name: Callable[[str], str] = str) -> str:
        """The comparison in words, each column under the name that `name` gives it."""
        return f"{expressions.text(self.left, name)} {self.sign} {expressions.text(self.right, name)}"

    @cached_property
    def form(self) -> Quotient:
        """`left - right`, exact."""
        return quotient(self.left) - quotient(self.right)

    @property
    def linear(self) -> Linear | None:
        """`left - right` as a linear form; None where a column is divided by, or multiplied with another."""
        form = self.multiplied_out
        return form[0] if form and not form[1].coefficients else None

    @cached_property
    def multiplied_out(self) -> tuple[Linear, Linear] | None:
        """Two linear forms (n, d) with `left - right = n / d`: where d > 0, the comparison says `n sign 0`.

        `a / b >= 1000` gives (a - 1000 b, b). A denominator without columns is divided out: then d is 1. Of the two
        ways to write d, it is the one whose first coefficient is positive. None where either is not linear.
        """
        above, below = Linear.of(self.form.above), Linear.of(self.form.below)
        if above is None or below is None:
            return None
        first = next(iter(below.coefficients.values()), below.constant)
        by = first if not below.coefficients else Fraction(1 if first > 0 else -1)
        return _divided(above, by), _divided(below, by)


def _divided(form: Linear, by: Fraction) -> Linear:
    return Linear({column: factor / by for column, factor in form.coefficients.items()}, form.constant / by)


@dataclass(frozen=True)
class Relation:
    """A parsed relation. With `digits`, `==` means equal within half a unit of that digit after the point.

    Three-valued: where an operand is missing or a denominator is zero, it is neither true nor false.
    """

    source: str
    digits: int | None
    links: tuple[Link, ...]
    denominators: tuple[ast.expr, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it speaks of, each once, in order of appearance."""
        return tuple(dict.fromkeys(column for link in self.links for column in link.columns))

    def text(self, name: Callable[[str], str] = str) -> str:
        """The relation, each column under the name that `name` gives it; `parse` reads it again."""
        first, *_ = self.links
        tail = "".join(f" {link.sign} {expressions.text(link.right, name)}" for link in self.links)
        return expressions.text(first.left, name) + tail

    def printed(self, language: int = EN, name: Callable[[str], str] = str) -> str:
        """The relation for a person, in ZH or EN: signs as in print, and the rounding."""
        shown = self.text(name).replace(" * ", " × ")
        for sign, printed in SHOWN.items():
            shown = shown.replace(f" {sign} ", f" {printed} ")
        if self.digits is not None:
            places = "decimal place" if self.digits == 1 else "decimal places"
            shown += (f"(按 {self.digits} 位小数)", f" (to {self.digits} {places})")[language]
        return shown

    def words(self, language: int = EN, name: Callable[[str], str] = str) -> str:
        """The relation as it is printed, and which rows it leaves out, in ZH or EN."""
        it = "it" if len(self.columns) == 1 else "one"
        zeros = bool(self.denominators)
        left_out = (
            f"缺项{'或分母为零' if zeros else ''}的行不计",
            f"rows that lack {it}{' or divide by zero' if zeros else ''} left out",
        )
        return self.printed(language, name) + (",", ", ")[language] + left_out[language]

    @cached_property
    def additive(self) -> bool:
        """Whether it holds for the sums of rows wherever it holds for the rows: then it makes sense of roll-ups.

        So where each link, multiplied out, is a linear form without a constant: `a <= 50000 * b` and, all b being
        positive, `a / b >= 1000`; not `a >= 1`, nor `a / b <= c / d` (Simpson's paradox), nor an equality within
        half a unit. That the columns are ones to be summed is for the codebook to say.
        """
        forms = [link.multiplied_out for link in self.links]
        rounded = self.digits is not None and any(link.sign == "==" for link in self.links)
        return not rounded and all(f and not f[0].constant and _pure(f[1]) for f in forms)

    def on(self, schema: Schema) -> pl.Expr:
        """Whether it holds, in one boolean column over columns of these types; null where it is not evaluated.

        Exact over integers, booleans and decimals, in floats where a column is one (not a number is missing); dates
        are compared as they are. Raises RelationError for text, for a column that `schema` lacks, for dates in sums.
        """
        unknown = [c for c in self.columns if c not in schema]
        if unknown:
            raise RelationError(f"no such column: {', '.join(unknown)}; in {self.source!r}")
        compared = [Comparison(k.left, k.sign, k.right, k.form, self.digits, schema).holds() for k in self.links]
        zeros = self._zeros(schema)
        held = reduce(operator.and_, compared)
        if len(compared) == 1 and not zeros:
            return held
        return pl.when(*(present(c, schema) for c in self.columns), *(~zero for zero in zeros)).then(held)

    def holds(self, column: Callable[[str], Any]) -> Any:
        """Whether all links hold, or a denominator is zero, in terms of what `column` gives for a name."""
        held = reduce(operator.and_, (self._compare(link, column) for link in self.links))
        return reduce(operator.or_, (value(d, column) == 0 for d in self.denominators), held)

    def missing(self, schema: Schema) -> pl.Expr:
        """True for rows, of columns of these types, where the relation is not evaluated."""
        absent = [~present(c, schema) for c in self.columns]
        return pl.any_horizontal(*absent, *(zero.fill_null(value=False) for zero in self._zeros(schema)))

    def _zeros(self, schema: Schema) -> list[pl.Expr]:
        """Of each denominator whether it is zero, exactly: in its own type a + b may wrap around to nothing."""
        return [Comparison(d, "==", ZERO, quotient(d), None, schema).holds() for d in self.denominators]

    def failing(self, row: Mapping[str, Any]) -> tuple[Link, ...]:
        """The links that do not hold for a row of Python values, computed exactly; all where none stands out."""
        given = {column: row[column] for column in self.columns}
        exact = {k: Fraction(v) if isinstance(v, int | float | Decimal) else v for k, v in given.items()}
        failing = tuple(link for link in self.links if not self._exactly(link, exact))
        return failing or self.links

    def _compare(self, link: Link, column: Callable[[str], Any]) -> Any:
        left, right = value(link.left, column), value(link.right, column)
        if link.sign == "==" and self.digits is not None:
            return abs(left - right) <= 0.5 * 10**-self.digits + SLACK
        return COMPARE[link.sign](left, right)

    def _exactly(self, link: Link, row: Mapping[str, Any]) -> bool:
        left, right = (value(node, row.__getitem__, Fraction) for node in (link.left, link.right))
        if link.sign == "==" and self.digits is not None:
            return bool(abs(left - right) <= Fraction(1, 2 * 10**self.digits))
        return bool(COMPARE[link.sign](left, right))


ZERO = ast.Constant(0)


def _pure(denominator: Linear) -> bool:
    """Whether a denominator is a mere number, or a form without one."""
    return not (denominator.coefficients and denominator.constant)


@cache
def parse(source: str, digits: int | None = None) -> Relation:
    """The relation that a text says; raises RelationError, pointing at the place, for what is not one."""
    source = source.strip()
    if len(source) > LONGEST:
        raise RelationError(f"a relation has at most {LONGEST} characters, this one {len(source)}: {source[:60]!r} ...")
    if digits is not None and not 0 <= digits <= MOST_DIGITS:
        raise RelationError(f"digits are 0 to {MOST_DIGITS}, not {digits}; in {source!r}")
    try:
        tree = _tree(source)
        for operand in (tree.left, *tree.comparators):
            expressions.check(operand, source)
    except (RecursionError, MemoryError) as error:
        raise RelationError(f"a relation is not nested that deeply: {source[:60]!r} ...") from error
    operands = [tree.left, *tree.comparators]
    signs = [_sign(sign, right, source) for sign, right in zip(tree.ops, tree.comparators, strict=True)]
    links = tuple(map(Link, operands, signs, operands[1:]))
    if not any(link.columns for link in links):
        raise refusal("a relation speaks of at least one column", source)
    divisors = (d for operand in operands for d in expressions.divisors(operand))
    return Relation(source, digits, links, tuple(d for d in divisors if expressions.columns(d)))


def _tree(source: str) -> ast.Compare:
    try:
        tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        # Characters from 1, as Python counts them; 0 where something is left out at the end.
        start = (error.offset or len(source) + 1) - 1
        end = (error.end_offset or 0) - 1 if error.end_lineno == error.lineno == 1 else 0
        raise pointing(f"not a relation ({error.msg})", source, start, end) from error
    except ValueError as error:
        raise refusal(f"not a relation ({error})", source) from error
    if not isinstance(tree, ast.Compare):
        raise refusal("not a comparison, write like a <= b", source, tree)
    return tree


def _sign(sign: ast.cmpop, right: ast.expr, source: str) -> str:
    """The sign of a comparison; signs have no position of their own in the tree, the operand after one has."""
    if type(sign) not in SIGNS:
        raise refusal("only <= >= < > == compare in a relation, not what stands before this", source, right)
    return SIGNS[type(sign)]
