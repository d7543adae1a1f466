"""What a rule is: an id, a severity, a reason in two languages, and the checks that it makes of a row.

A check becomes one expectation of Great Expectations: a core one where one says it, `ExpectRelation` for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import great_expectations as gx
import great_expectations.expectations as core
import polars as pl
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column, Condition

from expectations.language.exact import Schema
from expectations.language.expect_relation import ExpectRelation
from expectations.language.relation import parse
from warehouse.messages.finding import Severity

NOT_BLANK, ONCE = ("填写此项", "a value"), ("只出现一次", "once")
# Why a rule holds: a law, the form, the published article, an identity; or one of our pages, by path and heading.
SOURCE = re.compile(r'(?:law|form|article|identity): \S.*|page: (?P<page>docs/\S+\.md), "(?P<heading>[^"]+)"')


@dataclass(frozen=True)
class When:
    """Restricts a check to rows: `column` compared with `value`, or null or not null where `sign` says so."""

    column: str
    sign: Literal["==", "!=", ">", "is_null", "is_not_null"]
    value: str | int | None = None

    def condition(self) -> Condition:
        """The row condition of Great Expectations."""
        column = Column(self.column)
        match self.sign:
            case "is_null":
                return column.is_null()
            case "is_not_null":
                return column.is_not_null()
            case "==":
                return column == self.value
            case "!=":
                # In pandas a null is unlike any value; here it is not known to be.
                return (column != self.value) & column.is_not_null()
            case ">":
                return column > self.value

    def expr(self) -> pl.Expr:
        """The same as an expression, false where the column is null."""
        column = pl.col(self.column)
        match self.sign:
            case "is_null":
                return column.is_null()
            case "is_not_null":
                return column.is_not_null()
            case "==":
                return column.eq(self.value).fill_null(value=False)
            case "!=":
                return column.ne(self.value).fill_null(value=False)
            case ">":
                return column.gt(self.value).fill_null(value=False)


@dataclass(frozen=True)
class Check:
    """One expectation: its class and arguments, the columns it looks at, the rows it is for."""

    expectation: type[Expectation]
    arguments: Mapping[str, Any]
    columns: tuple[str, ...]
    when: When | None = None
    nulls_count: bool = False

    def make(self, severity: Severity, meta: Mapping[str, Any]) -> Expectation:
        """A fresh expectation; one object belongs to one suite."""
        arguments: dict[str, Any] = {**self.arguments, "severity": severity, "meta": dict(meta)}
        if self.when:
            arguments["row_condition"] = self.when.condition()
        return self.expectation(**arguments)

    def not_evaluated(self, schema: Schema) -> pl.Expr:
        """True for rows, of columns of these types, that neither pass nor fail: an operand is missing, or the row is
        not one it is for.
        """
        if self.expectation is ExpectRelation:
            missing = parse(self.arguments["relation"], self.arguments["digits"]).missing(schema)
        elif self.nulls_count:
            missing = pl.lit(value=False)
        else:
            missing = pl.any_horizontal(pl.col(c).is_null() for c in self.columns)
        return missing | ~self.when.expr() if self.when else missing

    def renamed(self, names: Mapping[str, str]) -> Check:
        """The same check of other columns."""
        arguments = dict(self.arguments)
        if "column" in arguments:
            arguments["column"] = names[arguments["column"]]
        if "column_list" in arguments:
            arguments["column_list"] = [names[column] for column in arguments["column_list"]]
        if "relation" in arguments:
            arguments["relation"] = parse(arguments["relation"], arguments["digits"]).text(names.__getitem__)
        when = replace(self.when, column=names[self.when.column]) if self.when else None
        return replace(self, arguments=arguments, columns=tuple(names[c] for c in self.columns), when=when)

    @property
    def concerned(self) -> tuple[str, ...]:
        """The columns to show to a person: those it looks at, and the one that makes it apply."""
        return (*self.columns, self.when.column) if self.when else self.columns

    @property
    def wanted(self) -> tuple[str, str]:
        """What is expected, in zh and en; a relation says it better by its links."""
        return self.wanted_as(str)

    def wanted_as(self, shown: Callable[[Any], str]) -> tuple[str, str]:
        """The same with each value as `shown` has it."""
        arguments = self.arguments
        if self.expectation is core.ExpectColumnValuesToNotBeNull:
            return NOT_BLANK
        if self.expectation is core.ExpectCompoundColumnsToBeUnique:
            return ONCE
        if self.expectation is core.ExpectColumnValuesToBeInSet:
            values = ", ".join(map(shown, arguments["value_set"]))
            return values, values
        low, high = arguments.get("min_value"), arguments.get("max_value")
        upper = "<" if arguments.get("strict_max") else "≤"
        bounds = [f"{sign} {shown(given)}" for sign, given in (("≥", low), (upper, high)) if given is not None]
        return " 且 ".join(bounds), " and ".join(bounds)


@dataclass(frozen=True)
class Rule:
    """An expectation with an id; it holds for periods from `holds_from` (included) until `holds_until` (excluded).

    `source` says why it holds, as SOURCE has it: see docs/explanation/rules.md, "Where a rule comes from".
    """

    rule: str
    severity: Severity
    reason_zh: str
    reason_en: str
    checks: tuple[Check, ...]
    source: str
    holds_from: str = "0000-01"
    holds_until: str = "9999-99"

    def holds_in(self, period: str) -> bool:
        """Whether it holds in a period like `2017-12`."""
        return self.holds_from <= period < self.holds_until

    @property
    def meta(self) -> dict[str, str]:
        """What Great Expectations carries along: suites round-trip through JSON with it."""
        return {
            "id": self.rule,
            "severity": self.severity,
            "reason_zh": self.reason_zh,
            "reason_en": self.reason_en,
            "source": self.source,
            "holds_from": self.holds_from,
            "holds_until": self.holds_until,
        }


def relation(text: str, digits: int | None = None, when: When | None = None) -> Check:
    """Holds where the relation does; see `expectations.language.relation`."""
    return Check(ExpectRelation, {"relation": text, "digits": digits}, parse(text, digits).columns, when)


def not_null(column: str, when: When | None = None) -> Check:
    """Blank is not zero: the column has a value."""
    return Check(core.ExpectColumnValuesToNotBeNull, {"column": column}, (column,), when, nulls_count=True)


def between(
    column: str,
    low: float | None = None,
    high: float | None = None,
    *,
    below: bool = False,
    when: When | None = None,
) -> Check:
    """The column lies in [low; high], or in [low; high) if `below`."""
    arguments = {"column": column, "min_value": low, "max_value": high, "strict_max": below}
    return Check(core.ExpectColumnValuesToBeBetween, arguments, (column,), when)


def in_set(column: str, values: Iterable[str | int], when: When | None = None) -> Check:
    """The column is one of the values."""
    return Check(core.ExpectColumnValuesToBeInSet, {"column": column, "value_set": list(values)}, (column,), when)


def unique(*columns: str) -> Check:
    """The columns together are unique."""
    arguments = {"column_list": list(columns)}
    return Check(core.ExpectCompoundColumnsToBeUnique, arguments, columns, nulls_count=True)


def suite(name: str, rules: Iterable[Rule]) -> gx.ExpectationSuite:
    """The rules as a suite: one expectation a check, with its rule's meta and its place among the rule's checks."""
    return gx.ExpectationSuite(
        name=name,
        expectations=[
            check.make(rule.severity, {**rule.meta, "check": place})
            for rule in rules
            for place, check in enumerate(rule.checks)
        ],
    )


def all_checks(rules: Iterable[Rule]) -> list[tuple[Rule, int]]:
    """Every check of the rules, each as its rule and its place there."""
    return [(rule, place) for rule in rules for place in range(len(rule.checks))]
