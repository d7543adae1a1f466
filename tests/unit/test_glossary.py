"""The words of the code: public classes are named by the terms of the glossary, or by a short list of plain words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.documents import HOME, sections

ROOMS = ("flows", "tasks", "expectations", "warehouse")
# Named by Great Expectations and Polars, and knows nothing of the trade.
OF_THEIR_OWN = HOME / "expectations/engine"
# Words of class names that are no terms of the trade or of this system, by what they are.
PLAIN = {
    "errors": "error permanent transient busy disk refusal still xianbao",
    "Great Expectations and linear programs": "expect holds multicolumn demand interval linear piece solver when",
    "programs, files and tables": (
        "book child context diff end file flow frozen grid job markup original part plain queue server settings span"
        " text"
    ),
    "asking and answering": "agreement inspect inspection report request result roles scope selection stacked",
    "looks": "markdown screen styles",
    "others": (
        "about admission alike allowed cached compared consistency inspected installation listed named published"
        " received refused settle shown skipped stamp stated written"
    ),
}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+")


def classes() -> Iterator[str]:
    """The names of all public classes at the top of a module."""
    for room in ROOMS:
        for path in sorted((HOME / room).rglob("*.py")):
            if not path.is_relative_to(OF_THEIR_OWN):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                yield from (n.name for n in tree.body if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))


def rows() -> list[list[str]]:
    """The lines of the glossary's tables: term, zh, meaning."""
    text = "\n".join(sections("docs/reference/glossary.md").values())
    return [re.split(r" *\| *", line.strip("| ")) for line in re.findall(r"^\| .+ \|$", text, re.MULTILINE)]


def forms(word: str) -> set[str]:
    """A word of a class name as the glossary may have it."""
    low = word.lower()
    return {low, low.removesuffix("s"), re.sub("ies$", "y", low), f"{low}s"}


TERMS = {word.lower() for term, *_ in rows() for word in re.findall(r"[A-Za-z]+", term)}
LISTED = {word for words in PLAIN.values() for word in words.split()}


@pytest.mark.parametrize("name", sorted(set(classes())))
def test_a_class_is_named_by_terms_of_the_glossary_or_by_plain_words_that_are_listed(name: str) -> None:
    words = WORD.findall(name)
    assert "".join(words) == name
    assert [word for word in words if forms(word).isdisjoint(TERMS | LISTED)] == []


def test_no_plain_word_is_listed_that_is_a_term_or_that_no_class_has() -> None:
    used = {form for name in classes() for word in WORD.findall(name) for form in forms(word)}
    assert {word for word in LISTED if word in TERMS or word not in used} == set()


def test_each_line_has_a_term_its_chinese_and_a_meaning() -> None:
    found = [row for row in rows() if set(row[0]) != {"-"} and row[0] != "term"]
    assert len(found) > len(ROOMS)
    for row in found:
        assert len(row) == 3, row
        assert re.search("[\u4e00-\u9fff]", row[1]), row
        assert row[2], row


def test_no_term_stands_there_twice_in_one_column() -> None:
    terms = [term for row in rows() for term in row[0].split(", ") if term not in {"term", "---"}]
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
