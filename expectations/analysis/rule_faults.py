"""Plain faults of rules, seen without any data: what would break a night, or never mean what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, get_args

import great_expectations.expectations as core
import polars as pl

from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.expect_relation import ExpectRelation
from expectations.language.expressions import RelationError
from expectations.language.relation import parse
from expectations.language.rules import SOURCE, Check, Rule
from expectations.linear.linearise import condition, said
from warehouse.codebook import Codebook, Dataset
from warehouse.messages.finding import Severity

Kind = Literal["fault", "contradiction", "never_fails", "redundant"]
PERIOD = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class RuleDefect:
    """Something about rules that their author should look at. `rules` are the ids concerned, the first to blame.

    `fault`: as it is written it cannot be right. `contradiction`: some numbers that a form naturally has cannot meet
    the rules. `never_fails`: whatever the rule forbids, critical ones forbid. `redundant`: so for one of its checks.
    """

    kind: Kind
    dataset: str
    rules: tuple[str, ...]
    says: str

    @property
    def fatal(self) -> bool:
        """Whether it is an error; a check that others imply is not, for it says to the county what is wrong."""
        return self.kind != "redundant"


def rule_defects(written: SuiteVersions, book: Codebook) -> list[RuleDefect]:
    """The faults of a dataset's rules, each by itself and by their ids, in the rules' order."""
    name = written.dataset.dataset
    schema, of_peers = written.columns(book), written.of_peers(book)
    found = [(rule.rule, text) for rule in written.rules for text in _of_rule(rule)]
    for rule in written.rules:
        for check in rule.checks:
            found += [(rule.rule, text) for text in _of_check(check, schema, written.dataset)]
            peers = sorted(of_peers.intersection(check.concerned))
            if peers and rule.severity == "critical":
                found.append((rule.rule, f"is critical, and looks at peers ({', '.join(peers)}): others may be wrong"))
    found += [(rule, "stands there twice for the same period") for rule in _twice(written.rules)]
    return [RuleDefect("fault", name, (rule,), text) for rule, text in dict.fromkeys(found)]


def _of_rule(rule: Rule) -> Iterator[str]:
    if rule.severity not in get_args(Severity):
        yield f"has severity {rule.severity!r}, which is none of {', '.join(get_args(Severity))}"
    for language, reason in (("Chinese", rule.reason_zh), ("English", rule.reason_en)):
        if not reason.strip():
            yield f"has no reason in {language}"
    if not SOURCE.fullmatch(rule.source):
        yield f'has source {rule.source!r}; say law:, form:, article: or identity: and which, or page: docs/..., "..."'
    if not rule.checks:
        yield "checks nothing"
    for bound in (rule.holds_from, rule.holds_until):
        if not PERIOD.fullmatch(bound):
            yield f"holds from or until {bound!r}, which is no period like 2017-12"
    if rule.holds_from >= rule.holds_until:
        yield f"never holds: from {rule.holds_from} until {rule.holds_until}, which is excluded"


def _twice(rules: Iterable[Rule]) -> Iterator[str]:
    """The ids of rules that stand there more than once in some period; versions one after the other are fine."""
    for one, other in combinations(rules, 2):
        overlap = one.holds_from < other.holds_until and other.holds_from < one.holds_until
        if one.rule == other.rule and overlap:
            yield one.rule


def _of_check(check: Check, schema: dict[str, pl.DataType], dataset: Dataset) -> Iterator[str]:
    # Not the columns that a reader of the check names, but those that its expectation will ask for.
    asked = (*check.concerned, *filter(None, [check.arguments.get("column")]), *check.arguments.get("column_list", ()))
    unknown = [column for column in dict.fromkeys(asked) if column not in schema]
    if unknown:
        yield f"speaks of {', '.join(unknown)}, which neither the form nor a companion has: {said(check)}"
        return
    if check.expectation is ExpectRelation:
        try:
            parse(check.arguments["relation"], check.arguments["digits"]).on(schema)
        except RelationError as error:
            yield f"{error}; in {said(check)}"
    if check.expectation is core.ExpectColumnValuesToBeBetween:
        low, high, dtype = check.arguments["min_value"], check.arguments["max_value"], schema[check.columns[0]]
        if not dtype.is_numeric():
            yield f"{check.columns[0]} is {dtype}: only numbers have such bounds; in {said(check)}"
        if low is not None and high is not None and low > high:
            yield f"nothing lies between {low} and {high}; in {said(check)}"
    yield from _of_values(check, dataset)


def _of_values(check: Check, dataset: Dataset) -> Iterator[str]:
    """Values that the codebook does not know of a coded column."""
    asked = [(check.when.column, check.when.value)] if check.when and check.when.value is not None else []
    if check.expectation is core.ExpectColumnValuesToBeInSet:
        asked += [(check.columns[0], value) for value in check.arguments["value_set"]]
    for column, value in asked:
        codes = dataset[column].codes if column in dataset.columns else ()
        if codes and value not in codes:
            yield f"{value!r} is no code of {column} ({', '.join(codes)}); in {said(check)}, {condition(check.when)}"
