"""Rules that validatetools' published tests ask about, their answers re-typed as facts, asked of our check of rules."""

from __future__ import annotations

import csv
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest

from expectations.analysis.consistency import check_rules
from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.rules import Rule, When, relation
from expectations.linear.implied_bounds import Bounds
from expectations.linear.intervals import Interval
from expectations.linear.linearise import linearise
from tests.builders import BOOK

CASES = Path(__file__).parents[1] / "slips_peers" / "validatetools_cases.csv"
# Three amounts that may be negative stand for x, y, z: nothing is known of them but what the rules say.
NAMES = {"x": "income_business", "y": "income_property", "z": "income_growth"}


def cases(asked: str) -> list[tuple[list[str], str]]:
    """The rules of each case and what is published of them; `ours` where we say less, as docs/explanation says."""
    with CASES.open(encoding="utf-8", newline="") as lines:
        found = [case for case in csv.DictReader(lines) if case["asked"] == asked]
    return [(case["rules"].split("; "), case["ours"] or case["answer"]) for case in found]


def rule(number: int, written: str) -> Rule:
    """`x > 0 -> y > 0` asks the second where the first holds."""
    condition, _, asked = written.rpartition(" -> ")
    column, _, above = condition.partition(" > ")
    check = relation(asked, when=When(column, ">", int(above)) if condition else None)
    return Rule(str(number), "critical", "理由", "a reason", (check.renamed(NAMES),), source="form: of a test")


def written(rules: list[str]) -> SuiteVersions:
    dataset = BOOK.datasets["outcomes"]
    given = [i.model_copy(update={"required": "true"}) for i in dataset.indicators]
    plain = SuiteVersions.of(dataset.model_copy(update={"indicators": tuple(given)}), module=pl)
    own = tuple(rule(number, one) for number, one in enumerate(rules, 1))
    return replace(plain, derived=(), own=own, companions=())


@pytest.mark.parametrize(("rules", "answer"), cases("contradiction"))
def test_rules_contradict_each_other_where_validatetools_says_so(rules: list[str], answer: str) -> None:
    named = [set(fault.rules) for fault in check_rules(written(rules), BOOK).faults if fault.kind == "contradiction"]
    assert named == ([set(answer.split())] if answer else [])


@pytest.mark.parametrize(("rules", "answer"), cases("redundancy"))
def test_rules_forbid_nothing_more_where_validatetools_says_so(rules: list[str], answer: str) -> None:
    faults = check_rules(written(rules), BOOK).faults
    assert [fault.rules[0] for fault in faults if fault.kind == "never_fails"] == answer.split()


@pytest.mark.parametrize(("rules", "answer"), cases("bounds"))
def test_rules_leave_a_number_the_bounds_that_validatetools_finds(rules: list[str], answer: str) -> None:
    own = [rule(number, one) for number, one in enumerate(rules, 1)]
    schema = dict.fromkeys(NAMES.values(), pl.Int64())
    bounds = Bounds(tuple(form for one in own for form in linearise(one, one.checks[0], schema).demand.forms))
    for column, low, high in (said.replace(":", "").split() for said in answer.split("; ")):
        most = None if high == "inf" else Fraction(high)
        assert bounds.together(NAMES[column]) == Interval(Fraction(low), most)
