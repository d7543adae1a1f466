"""Rules that validatetools' published tests ask about, their answers re-typed as facts, asked of our check of rules."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from expectations.analysis.consistency import check_rules
from expectations.analysis.rule_versions import SuiteVersions
from expectations.language.rules import Rule, When, relation
from tests.builders import BOOK

CASES = Path(__file__).parents[1] / "slips_peers" / "validatetools_cases.csv"
# Three amounts that may be negative stand for x, y, z: nothing is known of them but what the rules say.
NAMES = {"x": "income_business", "y": "income_property", "z": "income_growth"}


def cases(*asked: str) -> list[tuple[str, list[str], str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return [(c["asked"], c["rules"].split("; "), c["answer"]) for c in csv.DictReader(lines) if c["asked"] in asked]


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


@pytest.mark.parametrize(("asked", "rules", "answer"), cases("contradiction"))
def test_rules_contradict_each_other_where_validatetools_says_so(asked: str, rules: list[str], answer: str) -> None:
    named = [set(fault.rules) for fault in check_rules(written(rules), BOOK).faults if fault.kind == asked]
    assert named == ([set(answer.split())] if answer else [])


@pytest.mark.parametrize(("asked", "rules", "answer"), cases("redundancy"))
def test_rules_forbid_nothing_more_where_validatetools_says_so(asked: str, rules: list[str], answer: str) -> None:
    faults = check_rules(written(rules), BOOK).faults
    assert [fault.rules[0] for fault in faults if fault.kind == "never_fails"] == answer.split(), asked
