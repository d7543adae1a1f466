"""What the rules of a dataset demand of one row: polynomials over its own cells that are at least zero.

All is exact. What the row is compared with (last values, registers, peers) is a number by then, and part of the
coefficients. Nearly all are linear; of a ratio that is a cell, `growth == 100 * (a / b - 1)`, two cells are multiplied,
and it is linear in each of them. Rules about presence, uniqueness, texts and days demand nothing of numbers.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from expectations.language.expect_relation import ExpectRelation
from expectations.language.expressions import Linear, Polynomial
from expectations.language.relation import Link, parse
from expectations.language.rules import Check, Rule, When
from expectations.linear.linearise import Schema, linearise
from expectations.suites import rules_for
from warehouse.codebook import Dataset
from warehouse.messages.finding import Severity

SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {"==": operator.eq, "!=": operator.ne, ">": operator.gt}
Row = Mapping[str, Any]
Numbers = Mapping[str, Fraction]


@dataclass(frozen=True, eq=False)
class RowDemand:
    """`form`, over cells of the row, is at least zero where it keeps `rule`.

    `when` is the condition on a number of the row by which the rule applies, None where it does whatever they are.
    `positive` are taken to be above zero: the rule is not evaluated, or turned, where they are not.
    """

    rule: Rule
    form: Polynomial
    when: When | None
    positive: tuple[Polynomial, ...]

    @cached_property
    def columns(self) -> frozenset[str]:
        """The cells that the form is over."""
        return frozenset(column for monomial in self.form for column in monomial)

    @cached_property
    def linear(self) -> Linear | None:
        """The form as a linear one; None where cells are multiplied."""
        return Linear.of(self.form)

    def applies(self, numbers: Numbers) -> bool:
        """Whether cells with these numbers are held to it: they are all given, its condition and denominators hold."""
        held = self.columns <= numbers.keys()
        return held and self.is_for(numbers) and all(worth(form, numbers) > 0 for form in self.positive)

    def is_for(self, numbers: Numbers) -> bool:
        """Whether its condition, if it has one, holds; a cell without a number is blank."""
        return self.when is None or holds(self.when, {self.when.column: numbers.get(self.when.column)}) is True

    def broken(self, numbers: Numbers) -> bool:
        """Whether cells with these numbers break the rule."""
        return self.applies(numbers) and worth(self.form, numbers) < 0


@dataclass(frozen=True, eq=False)
class _CheckForms:
    rule: Rule
    check: Check
    forms: tuple[Polynomial, ...]
    positive: tuple[Polynomial, ...]


@dataclass(frozen=True)
class RowRules:
    """The rules of a dataset in a period that demand something of the numbers of a row."""

    dataset: Dataset
    checks: tuple[_CheckForms, ...]

    @classmethod
    def of(
        cls, dataset: Dataset, period: str, schema: Schema, severities: Iterable[Severity] = ("critical",)
    ) -> RowRules:
        """Those of these severities that look at nothing but columns of `schema`, as joined rows have them."""
        asked = {*severities}
        checks = (
            _check_forms(rule, check, schema)
            for rule in rules_for(dataset, period)
            if rule.severity in asked
            for check in rule.checks
            if schema.keys() >= {*check.concerned} and all(schema[c].is_numeric() for c in check.columns)
        )
        return cls(dataset, tuple(one for one in checks if one.forms))

    def among(self, cells: Collection[str]) -> RowRules:
        """Those that are looked at wherever these cells are given, whatever others are blank."""
        own = (({*one.check.concerned} & {*self.dataset.columns}, one) for one in self.checks)
        return RowRules(self.dataset, tuple(one for columns, one in own if columns <= {*cells}))

    def of_row(self, row: Row) -> tuple[RowDemand, ...]:
        """What they demand of a row's own cells, by the companions' values in `row`; its own numbers stay unknown.

        Left out is what needs a companion's value that `row` lacks, and what is for other rows. A condition on a text
        of the row is looked up in it, one on a number left to `RowDemand.when`.
        """
        return tuple(demand for one in self.checks for demand in self._demands(one, row))

    def numbers(self, row: Row) -> dict[str, Fraction]:
        """The row's own numbers, those that are given."""
        return {
            i.column: exact
            for i in self.dataset.indicators
            if i.numeric and (exact := number(row.get(i.column))) is not None
        }

    def _demands(self, one: _CheckForms, row: Row) -> Iterator[RowDemand]:
        when = one.check.when
        own = when if when and when.column in self.dataset.columns and self.dataset[when.column].numeric else None
        if when and not own and holds(when, row) is not True:
            return
        positive = [self._with_companions(form, row) for form in one.positive]
        known = [form for form in positive if form is not None and (any(form) or form.get((), 0) > 0)]
        if len(known) < len(positive):
            return
        for form in (self._with_companions(form, row) for form in one.forms):
            if form is not None and any(form):
                yield RowDemand(one.rule, form, own, tuple(f for f in known if any(f)))

    def _with_companions(self, form: Polynomial, row: Row) -> Polynomial | None:
        """The form over own cells alone; None where a companion's value is missing."""
        others = {c: number(row.get(c)) for monomial in form for c in monomial if c not in self.dataset.columns}
        known = {column: value for column, value in others.items() if value is not None}
        return substituted(form, known) if len(known) == len(others) else None


def substituted(form: Polynomial, known: Numbers) -> Polynomial:
    """The form with these numbers put in."""
    found: dict[tuple[str, ...], Fraction] = {}
    for monomial, factor in form.items():
        left = tuple(column for column in monomial if column not in known)
        times = math.prod((known[column] for column in monomial if column in known), start=factor)
        found[left] = found.get(left, Fraction(0)) + times
    return {monomial: factor for monomial, factor in found.items() if factor}


def worth(form: Polynomial, numbers: Numbers) -> Fraction:
    """What a form is worth, exactly."""
    terms = (math.prod((numbers[c] for c in monomial), start=factor) for monomial, factor in form.items())
    return sum(terms, Fraction(0))


def holds(when: When, row: Row) -> bool | None:
    """Whether a condition holds of a row; None where the row has no such column. A blank is like nothing."""
    if when.column not in row:
        return None
    value = row[when.column]
    if when.sign in ("is_null", "is_not_null"):
        return (value is None) == (when.sign == "is_null")
    return value is not None and SIGNS[when.sign](value, when.value)


def number(value: Any) -> Fraction | None:
    """A cell or a companion's value as an exact number; None of a blank, and of a float that is no number."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return Fraction(value)


def _check_forms(rule: Rule, check: Check, schema: Schema) -> _CheckForms:
    """The check's linear forms, and of a relation those that multiply columns; a strict one of these says nothing."""
    piece = linearise(rule, check, schema)
    forms = [_polynomial(form) for form in piece.demand.forms]
    positive = [_polynomial(form) for form in piece.positive]
    if check.expectation is ExpectRelation:
        relation = parse(check.arguments["relation"], check.arguments["digits"])
        for link in relation.links:
            if link.multiplied_out is None:
                above, below = _turned(link)
                forms += _multiplied(link.sign, above, below, relation.digits)
                positive += [below] if any(below) else []
    return _CheckForms(rule, check, tuple(forms), tuple(positive))


def _turned(link: Link) -> tuple[Polynomial, Polynomial]:
    """`left - right` as a quotient whose denominator begins with a positive coefficient."""
    above, below = link.form.above, link.form.below
    return (above, below) if next(iter(below.values())) > 0 else (_plus({}, above, -1), _plus({}, below, -1))


def _multiplied(sign: str, above: Polynomial, below: Polynomial, digits: int | None) -> list[Polynomial]:
    """What `above / below sign 0` says, multiplied by `below`, which is taken to be above zero."""
    half = Fraction(1, 2 * 10**digits) if digits is not None else Fraction(0)
    more, less = _plus({}, above, 1), _plus({}, above, -1)
    return {">=": [more], "<=": [less], "==": [_plus(more, below, half), _plus(less, below, half)]}.get(sign, [])


def _plus(form: Polynomial, other: Polynomial, times: Fraction | int) -> Polynomial:
    sums = {m: form.get(m, Fraction(0)) + times * other.get(m, Fraction(0)) for m in (*form, *other)}
    return {monomial: factor for monomial, factor in sums.items() if factor}


def _polynomial(form: Linear) -> Polynomial:
    columns: dict[tuple[str, ...], Fraction] = {(column,): factor for column, factor in form.coefficients.items()}
    return columns | ({(): form.constant} if form.constant else {})
