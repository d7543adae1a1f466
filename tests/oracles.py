"""What reads that which is shown, to find out what of it is more than text; none of it is the code's own."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

READERS = (MarkdownIt("commonmark"), MarkdownIt("gfm-like"), MarkdownIt("js-default", {"linkify": True, "html": True}))
# Colours and weights, as rich says them; nothing else may move a terminal.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STARTS_A_FORMULA = tuple("=+-@\u2212")


def hidden(text: str) -> set[str]:
    """The characters of a text, but for ends of lines, that are not seen, or move or turn what is."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c != "\n"}


def moves(text: str) -> set[str]:
    """What does more to a terminal than to colour and to end a line."""
    return hidden(COLOUR.sub("", text))


def tokens(reader: MarkdownIt, text: str) -> list[Token]:
    """All that a reader of Markdown takes a text for, blocks and what is in them."""
    return [one for block in reader.parse(text) for one in (block, *(block.children or ()))]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("!", (decl,)))

    def handle_comment(self, data: str) -> None:
        self.found.append(("!--", (data,)))


def elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page in their order, each with the names of its attributes."""
    parser = _Tags()
    parser.feed(page)
    parser.close()
    return parser.found


def runs(cell: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula: by its first sign that is seen, in whatever width."""
    seen = [c for c in cell if not c.isspace() and unicodedata.category(c) not in ("Cc", "Cf") and c != "\ufffd"]
    return unicodedata.normalize("NFKC", "".join(seen[:1])).startswith(STARTS_A_FORMULA)
