"""Why a rule holds: each source is one of a few kinds, and what it cites is there."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from expectations.analysis.rule_versions import SOME_PERIOD, SuiteVersions
from expectations.language.rules import SOURCE, Rule
from expectations.suites import returns
from tests.builders import BOOK
from tests.documents import sections
from warehouse.marts import dim_rule

RULES = [*returns.rules(BOOK, SOME_PERIOD), *(r for d in BOOK.datasets.values() for r in SuiteVersions.of(d).rules)]
PUBLISHED = {f"{figure.published:f}" for figure in BOOK.figures}


def cited() -> dict[tuple[str, str], set[str]]:
    """The rules that cite each heading of each page."""
    found = defaultdict[tuple[str, str], set[str]](set)
    for rule in RULES:
        match = SOURCE.fullmatch(rule.source)
        if match and match["page"]:
            found[match["page"], match["heading"]].add(rule.rule)
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
def test_a_source_is_of_a_known_kind(rule: Rule) -> None:
    assert SOURCE.fullmatch(rule.source), rule.source


@pytest.mark.parametrize(("page", "heading"), cited())
def test_a_page_that_is_cited_has_the_heading_and_names_the_rules_below_it(page: str, heading: str) -> None:
    first = sections(page)[heading].strip().split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", first)) == cited()[page, heading]


def test_the_checks_of_reading_have_their_page_too() -> None:
    match = SOURCE.fullmatch(dim_rule.OF_READING)
    assert match
    assert match["heading"] in sections(match["page"])


def test_what_is_said_of_the_article_was_published() -> None:
    articles = [rule for rule in RULES if rule.source.startswith("article: ")]
    assert articles
    for rule in articles:
        assert set(re.findall(r"\d+", rule.source)) <= PUBLISHED, rule.rule


def test_each_kind_is_explained_and_no_other() -> None:
    table = sections("docs/explanation/rules.md")["Where a rule comes from"]
    assert set(re.findall(r"^\| `(\w+):` ", table, re.MULTILINE)) == {r.source.split(":")[0] for r in RULES}
