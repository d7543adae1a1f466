"""What code and documents say of one another is there: pages, headings, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.documents import HOME, PAGES, sections

ROOMS = ("flows", "tasks", "expectations", "warehouse", "tests")
CITED = re.compile(r'(docs/[\w/-]+\.md), "([^"]+)"')
NAMED = re.compile(rf"`((?:{'|'.join(ROOMS)})/[\w/.-]*)`")
TESTS = re.compile(r"`(tests/[\w/.-]+\.py)::(\w+)`")
LINKED = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
# Decisions are of their time: what they name may have moved since.
CURRENT = [page for page in PAGES if page.parent.name != "adr"]


def test_a_heading_that_code_refers_to_is_there() -> None:
    found = [
        (page, heading, path.name)
        for room in ROOMS
        for path in sorted((HOME / room).rglob("*.py"))
        for page, heading in CITED.findall(path.read_text(encoding="utf-8"))
    ]
    assert found
    assert [one for one in found if one[1] not in sections(one[0])] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(HOME).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    links = LINKED.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", CURRENT, ids=lambda page: page.relative_to(HOME).as_posix())
def test_files_that_are_named_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    created = re.findall(r"Create `([^`]+)`:", text)  # by whoever follows the page
    assert [name for name in NAMED.findall(text) if not (HOME / name).exists() and name not in created] == []


def test_tests_that_are_named_are_there() -> None:
    named = {one for page in CURRENT for one in TESTS.findall(page.read_text(encoding="utf-8"))}
    assert named
    there = {file: (HOME / file).read_text(encoding="utf-8") for file, _ in named}
    assert [(file, test) for file, test in named if f"\ndef {test}(" not in there[file]] == []


def test_each_line_of_the_threat_model_is_shown_by_a_test() -> None:
    page = (HOME / "docs/explanation/security.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| .* shown by \|\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert len(tables) == page.count("shown by |")
    assert [line for lines in tables for line in lines.splitlines() if not TESTS.search(line)] == []
