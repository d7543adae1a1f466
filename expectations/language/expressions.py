"""Expressions over columns: names, numbers, + - * /, as Python's `ast` reads them.

What one is worth in a row, how it reads, and its exact form: a quotient of two polynomials.
`expectations.language.relation` compares them; nothing here knows of comparisons.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from warehouse.messages.errors import PermanentError

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
LARGEST = 1e100
# The columns of a product, sorted; () is the constant term.
Monomial = tuple[str, ...]
# Coefficients by monomial, none of them zero.
Polynomial = Mapping[Monomial, Fraction]


class RelationError(PermanentError):
    """A relation is not written in the language of relations; the message points at the part that is not."""


@dataclass(frozen=True)
class Linear:
    """The sum of `coefficients` times their columns, plus `constant`; exact, no coefficient is zero."""

    coefficients: Mapping[str, Fraction]
    constant: Fraction

    @classmethod
    def of(cls, polynomial: Polynomial) -> Linear | None:
        """The polynomial as a linear form; None where columns are multiplied with each other."""
        if any(len(monomial) > 1 for monomial in polynomial):
            return None
        columns = {monomial[0]: factor for monomial, factor in polynomial.items() if monomial}
        return cls(columns, polynomial.get((), Fraction(0)))


@dataclass(frozen=True)
class Quotient:
    """`above / below`, two polynomials; `below` is never identically zero."""

    above: Polynomial
    below: Polynomial

    def __add__(self, other: Quotient) -> Quotient:
        if self.below == other.below:
            return Quotient(_sum(self.above, other.above), self.below)
        above = _sum(_product(self.above, other.below), _product(other.above, self.below))
        return Quotient(above, _product(self.below, other.below))

    def __sub__(self, other: Quotient) -> Quotient:
        return self + -other

    def __neg__(self) -> Quotient:
        return Quotient({m: -factor for m, factor in self.above.items()}, self.below)

    def __mul__(self, other: Quotient) -> Quotient:
        return Quotient(_product(self.above, other.above), _product(self.below, other.below))

    def __truediv__(self, other: Quotient) -> Quotient:
        return Quotient(_product(self.above, other.below), _product(self.below, other.above))


def quotient(node: ast.expr) -> Quotient:
    """The exact form of an expression. A fraction in it is the decimal number as it is written, 0.6 is 3/5."""
    one: Polynomial = {(): Fraction(1)}
    form: Quotient = value(
        node, lambda name: Quotient({(name,): Fraction(1)}, one), lambda n: Quotient({(): n} if n else {}, one)
    )
    return form


def _sum(left: Polynomial, right: Polynomial) -> Polynomial:
    added = {m: left.get(m, Fraction(0)) + right.get(m, Fraction(0)) for m in (*left, *right)}
    return {m: factor for m, factor in added.items() if factor}


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    product: Polynomial = {}
    for m, factor in left.items():
        product = _sum(product, {tuple(sorted((*m, *n))): factor * other for n, other in right.items()})
    return product


def value(node: ast.expr, column: Callable[[str], Any], number: Callable[[Fraction], Any] | None = None) -> Any:
    """What an expression is worth in terms of what `column` gives for a name.

    Numbers are Python's own, or what `number` makes of them, exact as they are written.
    """
    match node:
        case ast.Name(id=name):
            return column(name)
        case ast.Constant(value=written):
            return number(Fraction(str(written))) if number else written
        case ast.UnaryOp(operand=operand):
            return -value(operand, column, number)
        case ast.BinOp(left=left, op=op, right=right):
            return ARITHMETIC[type(op)](value(left, column, number), value(right, column, number))
    raise AssertionError(node)


def columns(node: ast.expr) -> tuple[str, ...]:
    """The columns of an expression, from left to right, as often as it names them."""
    named = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return tuple(n.id for n in sorted(named, key=lambda n: (n.lineno, n.col_offset)))


def text(node: ast.expr, name: Callable[[str], str] = str) -> str:
    """The expression as one writes it, each column under the name that `name` gives it."""

    class Named(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.Name:
            return ast.Name(name(node.id), node.ctx)

    return ast.unparse(Named().visit(ast.parse(ast.unparse(node), mode="eval").body))


def divisors(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression divides by, outermost first."""
    return (n.right for n in ast.walk(node) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div))


def check(node: ast.expr, source: str) -> None:
    """Raises RelationError, pointing at the part of `source` that is neither name, number nor + - * /."""
    match node:
        case ast.Name():
            return
        case ast.Constant(value=int() | float() as written) if not isinstance(written, bool):
            if not written < LARGEST:
                raise refusal("this number is too large", source, node)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            check(operand, source)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            check(left, source)
            check(right, source)
            if isinstance(op, ast.Div) and not quotient(right).above:
                raise refusal("this divides by zero", source, right)
        case _:
            raise refusal("only names, numbers and + - * / are allowed in a relation", source, node)


def refusal(reason: str, source: str, node: ast.expr | None = None) -> RelationError:
    """An error with the reason, the source and, below the offending part (all of it for None), carets."""
    if node is None:
        return pointing(reason, source, 0, len(source))
    line = source.encode()
    start, end = (len(line[:at].decode()) for at in (node.col_offset, node.end_col_offset or len(line)))
    return pointing(reason, source, start, end)


def pointing(reason: str, source: str, start: int, end: int) -> RelationError:
    """An error with the reason, the source and carets below its characters from `start` until `end`."""
    # Control characters would push the carets aside, or spoil a terminal.
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in source)
    return RelationError(f"{reason}:\n  {shown}\n  {' ' * start}{'^' * max(end - start, 1)}")
