"""The how-to pages that add something, as a person follows them: what to write where, and what to say then.

A page says `Create `FILE`:`, `In `FILE`, add:` (at the end) or `In `FILE`, add above `LINE`:` (or below; the only line
that has this in it), each in a paragraph of its own before a fenced block; commands stand in blocks of sh. There are no
other blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

STEP = re.compile(r"(?:Create|In) `(?P<file>[^`]+)`(?P<add>, add(?: (?P<side>above|below) `(?P<line>[^`]+)`)?)?:")


@dataclass(frozen=True)
class Step:
    """A block of a page and what the page says of it."""

    page: str
    says: str
    text: str

    def apply(self, tree: Path) -> None:
        """Does to the tree what the page says; raises AssertionError where that cannot be done."""
        said = STEP.fullmatch(self.says)
        assert said, f"{self.page}: a block below {self.says!r}, which says neither what to create nor where to add it"
        path = tree / said["file"]
        if not said["add"]:
            assert not path.exists(), f"{self.page}: {said['file']} is there already"
            path.write_text(self.text, encoding="utf-8")
            return
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(self._added(lines, said["side"], said["line"])), encoding="utf-8")

    def _added(self, lines: list[str], side: str | None, wanted: str | None) -> list[str]:
        if wanted is None:
            return [*lines, self.text]
        places = [at for at, line in enumerate(lines) if wanted in line]
        assert len(places) == 1, f"{self.page}: {wanted!r} stands in {len(places)} lines, not in one"
        at = places[0] + (side == "below")
        return [*lines[:at], self.text, *lines[at:]]


@dataclass(frozen=True)
class Page:
    """A page's steps, in their order, and its commands."""

    name: str
    steps: tuple[Step, ...]
    commands: tuple[str, ...]


def read_page(path: Path) -> Page:
    """The page as it stands in its file."""
    steps, commands = [], []
    for info, says, text in _blocks(path.read_text(encoding="utf-8")):
        if info == "sh":
            commands += text.splitlines()
        else:
            steps.append(Step(path.stem, says, text))
    return Page(path.stem, tuple(steps), tuple(commands))


def _blocks(document: str) -> Iterator[tuple[str, str, str]]:
    """The language of each fenced block, the paragraph before it, its text."""
    says = ""
    for token in MarkdownIt().parse(document):
        if token.type == "inline":
            says = token.content
        elif token.type == "fence":
            yield token.info, says, token.content
