"""Relations between columns: a chain of comparisons of arithmetic expressions, parsed once, on any backend.

`villages_demolished <= villages_completed <= villages_started` is Python's own syntax, read by `ast` and never
evaluated as code: names, numbers, + - * / and comparisons, nothing else.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import polars as pl

from warehouse.errors import PermanentError

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.LtE: ("<=", operator.le), ast.GtE: (">=", operator.ge), ast.Lt: ("<", operator.lt),
    ast.Gt: (">", operator.gt), ast.Eq: ("==", operator.eq),
}  # fmt: skip
# Ratios are computed in binary floats; a billionth of the last digit is no difference between two figures.
SLACK = 1e-9


class RelationError(PermanentError):
    """A relation is not written in the language of relations; the message points at the part that is not."""


@dataclass(frozen=True)
class Link:
    """One comparison of a chain."""

    left: ast.expr
    sign: str
    right: ast.expr

    @property
    def columns(self) -> tuple[str, ...]:
        return _columns(self.left) + _columns(self.right)

    def text(self, name: Callable[[str], str] = str) -> str:
        """The comparison in words, each column under the name that `name` gives it."""
        return f"{_text(self.left, name)} {self.sign} {_text(self.right, name)}"


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
        """The relation, each column under the name that `name` gives it."""
        first, *_ = self.links
        return _text(first.left, name) + "".join(f" {link.sign} {_text(link.right, name)}" for link in self.links)

    def holds(self, column: Callable[[str], Any]) -> Any:
        """Whether all links hold, or a denominator is zero, in terms of what `column` gives for a name."""
        held = reduce(operator.and_, (self._compare(link, column) for link in self.links))
        return reduce(operator.or_, (_value(d, column) == 0 for d in self.denominators), held)

    def missing(self) -> pl.Expr:
        """True for rows where the relation is not evaluated."""
        nulls = [pl.col(c).is_null() for c in self.columns]
        zeros = [(_value(d, pl.col) == 0).fill_null(value=False) for d in self.denominators]
        return pl.any_horizontal(*nulls, *zeros)

    def failing(self, row: Mapping[str, Any]) -> tuple[Link, ...]:
        """The links that do not hold for a row of Python values, computed exactly; all where none stands out."""
        exact = {k: Fraction(v) if isinstance(v, int | float | Decimal) else v for k, v in row.items()}
        failing = tuple(link for link in self.links if not self._compare(link, exact.__getitem__))
        return failing or self.links

    def _compare(self, link: Link, column: Callable[[str], Any]) -> Any:
        left, right = _value(link.left, column), _value(link.right, column)
        if link.sign == "==" and self.digits is not None:
            return abs(left - right) <= 0.5 * 10**-self.digits + SLACK
        return dict(COMPARISONS.values())[link.sign](left, right)


@cache
def parse(source: str, digits: int | None = None) -> Relation:
    """The relation that a text says; raises RelationError for anything outside the language."""
    try:
        tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise RelationError(f"not a relation: {source!r} ({error})") from error
    if not isinstance(tree, ast.Compare):
        raise RelationError(f"not a comparison: {source!r}; write like a <= b")
    operands = [tree.left, *tree.comparators]
    for operand in operands:
        _check(operand, source)
    links = tuple(
        Link(left, _sign(sign, source), right)
        for left, sign, right in zip(operands, tree.ops, operands[1:], strict=False)
    )
    divisors = [n.right for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    for divisor in divisors:
        if not _columns(divisor) and _value(divisor, Fraction) == 0:
            raise RelationError(f"division by {ast.unparse(divisor)}, in {source!r}")
    return Relation(source, digits, links, tuple(d for d in divisors if _columns(d)))


def _sign(sign: ast.cmpop, source: str) -> str:
    if type(sign) not in COMPARISONS:
        raise RelationError(f"{type(sign).__name__} is not a comparison of relations, in {source!r}")
    return COMPARISONS[type(sign)][0]


def _check(node: ast.expr, source: str) -> None:
    match node:
        case ast.Name():
            return
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            return
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            _check(operand, source)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            _check(left, source)
            _check(right, source)
        case _:
            part = ast.get_source_segment(source, node) or ast.dump(node)
            raise RelationError(f"{part!r} is not allowed in a relation, in {source!r}; names, numbers, + - * / only")


def _value(node: ast.expr, column: Callable[[str], Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return column(name)
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(operand=operand):
            return -_value(operand, column)
        case ast.BinOp(left=left, op=op, right=right):
            return ARITHMETIC[type(op)](_value(left, column), _value(right, column))
    raise AssertionError(node)


def _columns(node: ast.expr) -> tuple[str, ...]:
    return tuple(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def _text(node: ast.expr, name: Callable[[str], str]) -> str:
    class Named(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(name(node.id), node.ctx)

    return ast.unparse(Named().visit(ast.parse(ast.unparse(node), mode="eval").body))
