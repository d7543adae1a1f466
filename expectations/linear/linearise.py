"""A check of a rule as demands on numbers: linear forms that are at least zero, where it says such.

Presence, uniqueness, sets of texts and products of columns are not linear; a relation of several links is
translated link by link. Nothing is added that the check does not say, so what the demands exclude, the rules do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

import great_expectations.expectations as core
import polars as pl

from expectations.language.expect_relation import ExpectRelation
from expectations.language.expressions import Linear
from expectations.language.relation import Link, parse
from expectations.language.rules import Check, Rule, When
from expectations.linear.linear_program import Demand, at_least, negated

Schema = Mapping[str, pl.DataType]
# Medians and bounds are floats; what differs by less is alike.
STEP_OF_FLOATS = Fraction(1, 10_000)
MOST_VALUES = 8


@dataclass(frozen=True, eq=False)
class Piece:
    """A check of a rule. `demand` is what it says in linear forms, where `positive` forms are above zero.

    `complete` where the forms are all that it says. Without forms it is not linear.
    """

    rule: Rule
    check: Check
    demand: Demand
    positive: tuple[Linear, ...]
    complete: bool

    @property
    def columns(self) -> frozenset[str]:
        """The columns that the check looks at."""
        return frozenset(self.check.concerned)


def linearise(rule: Rule, check: Check, schema: Schema) -> Piece:
    """The check as demands; strict comparisons are shifted by the smallest step of their columns."""
    numeric = all(schema[c].is_numeric() or schema[c].is_temporal() for c in check.columns)
    forms, positive, complete = _forms(check, schema) if numeric else ([], [], False)
    return Piece(rule, check, Demand(said(check), tuple(forms)), tuple(positive), complete)


def _forms(check: Check, schema: Schema) -> tuple[list[Linear], list[Linear], bool]:
    arguments = check.arguments
    if check.expectation is ExpectRelation:
        return _relation(check, schema)
    if check.expectation is core.ExpectColumnValuesToBeBetween:
        column, strict = arguments["column"], arguments.get("strict_max", False)
        return list(_between(column, arguments["min_value"], arguments["max_value"], schema, strict=strict)), [], True
    if check.expectation is core.ExpectColumnValuesToBeInSet:
        values = arguments["value_set"]
        if values and all(isinstance(v, int | float) for v in values):
            return list(_between(arguments["column"], min(values), max(values), schema)), [], len(set(values)) == 1
    return [], [], False


def _between(
    column: str, low: float | None, high: float | None, schema: Schema, *, strict: bool = False
) -> Iterator[Linear]:
    if low is not None:
        yield Linear({column: Fraction(1)}, -Fraction(str(low)))
    if high is not None:
        form = Linear({column: Fraction(-1)}, Fraction(str(high)))
        yield at_least(form, step(form, schema)) if strict else form


def _relation(check: Check, schema: Schema) -> tuple[list[Linear], list[Linear], bool]:
    relation = parse(check.arguments["relation"], check.arguments["digits"])
    forms, positive, complete = [], [], True
    for link in relation.links:
        form = link.multiplied_out
        complete = complete and form is not None
        if form:
            forms += _link(link, form, relation.digits, schema)
            positive += [form[1]] if form[1].coefficients else []
    return forms, positive, complete


def _link(link: Link, form: tuple[Linear, Linear], digits: int | None, schema: Schema) -> list[Linear]:
    """What a link says of `n / d`, multiplied by d, which is taken to be above zero."""
    above, below = form
    match link.sign:
        case ">=":
            return [above]
        case "<=":
            return [negated(above)]
        case ">":
            return [at_least(above, step(above, schema))]
        case "<":
            return [at_least(negated(above), step(above, schema))]
    half = Fraction(1, 2 * 10**digits) if digits is not None else Fraction(0)
    return [_plus(above, below, half), _plus(negated(above), below, half)]


def _plus(form: Linear, other: Linear, times: Fraction) -> Linear:
    columns = dict.fromkeys((*form.coefficients, *other.coefficients))
    sums = {c: form.coefficients.get(c, Fraction(0)) + times * other.coefficients.get(c, Fraction(0)) for c in columns}
    return Linear({c: factor for c, factor in sums.items() if factor}, form.constant + times * other.constant)


def step(form: Linear, schema: Schema) -> Fraction:
    """The smallest positive amount by which the form can differ from zero, the columns being whole multiples of their
    last digit; 1 of a form that is always zero.
    """
    parts = [factor * _unit(schema[column]) for column, factor in form.coefficients.items()]
    parts = [abs(part) for part in (*parts, form.constant) if part] or [Fraction(1)]
    return Fraction(reduce(gcd, (p.numerator for p in parts), 0), reduce(lcm, (p.denominator for p in parts), 1))


def _unit(dtype: pl.DataType) -> Fraction:
    if dtype.is_float():
        return STEP_OF_FLOATS
    return Fraction(1, 10**dtype.scale) if isinstance(dtype, pl.Decimal) else Fraction(1)


def assumed(when: When | None, schema: Schema) -> Demand:
    """The condition of a check as a demand; without forms where it is of text, of presence, or `!=`."""
    forms: tuple[Linear, ...] = ()
    if when and isinstance(when.value, int) and schema[when.column].is_numeric():
        form = Linear({when.column: Fraction(1)}, Fraction(-when.value))
        if when.sign == "==":
            forms = (form, negated(form))
        elif when.sign == ">":
            forms = (at_least(form, step(form, schema)),)
    return Demand(condition(when), forms)


def condition(when: When | None) -> str:
    """The condition for a person; empty without one."""
    if when is None:
        return ""
    sign = {"==": "=", "!=": "≠", "is_null": "is blank", "is_not_null": "is given"}.get(when.sign, when.sign)
    return " ".join(str(part) for part in (when.column, sign, when.value) if part is not None)


def said(check: Check) -> str:
    """What a check says of its columns, for a person: `a ≤ b where c = 0`."""
    if check.expectation is ExpectRelation:
        relation = parse(check.arguments["relation"], check.arguments["digits"])
        what = relation.printed()
    elif check.expectation is core.ExpectColumnValuesToNotBeNull:
        what = f"{check.arguments['column']} is given"
    elif check.expectation is core.ExpectCompoundColumnsToBeUnique:
        what = f"({', '.join(check.columns)}) is unique"
    elif check.expectation is core.ExpectColumnValuesToBeInSet:
        what = _in_set(check.arguments["column"], check.arguments["value_set"])
    else:
        what = _bounds(**check.arguments)
    return f"{what} where {condition(check.when)}" if check.when else what


def _bounds(column: str, min_value: float | None, max_value: float | None, *, strict_max: bool, **_: object) -> str:
    upper = f" {'<' if strict_max else '≤'} {max_value}" if max_value is not None else ""
    if min_value is None:
        return f"{column}{upper}"
    return f"{min_value} ≤ {column}{upper}" if upper else f"{column} ≥ {min_value}"


def _in_set(column: str, values: list[str | int]) -> str:
    if len(values) == 1:
        return f"{column} = {values[0]}"
    more = f", ... ({len(values)} values)" if len(values) > MOST_VALUES else ""
    return f"{column} in {{{', '.join(map(str, values[:MOST_VALUES]))}{more}}}"
