"""Text from outside as it may be shown: no character of it moves a cursor, turns a line round or hides.

Every sink has an encoder of its own, built on this one (docs/explanation/security.md, "Text from outside"). What is
kept stays as it was sent.
"""

from __future__ import annotations

import re
import unicodedata

# Control and format characters (a right-to-left override turns a name round), surrogates, line and paragraph ends.
HARMFUL = ("Cc", "Cf", "Cs", "Zl", "Zp")
# Letters and marks that nobody sees: the fillers of Hangul and the like; and what is no character.
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffe\uffff")
LINE_ENDS = re.compile(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+")


class _Seen(dict[int, int]):
    """The replacement character for each code point that may not be shown; looked up once a process."""

    def __missing__(self, point: int) -> int:
        shown = point if may_be_shown(chr(point)) else ord("\N{REPLACEMENT CHARACTER}")
        return self.setdefault(point, shown)


def may_be_shown(character: str) -> bool:
    """Whether a person sees the character, and nothing but it."""
    return unicodedata.category(character) not in HARMFUL and character not in UNSEEN


_SEEN = _Seen()
_LINES = _Seen({ord("\n"): ord("\n")})


def visible(text: str) -> str:
    """The text with a replacement character for each one that would harm a line, a page or a terminal."""
    return text if text.isascii() and text.isprintable() else text.translate(_SEEN)


def visible_lines(text: str) -> str:
    """The same, but with its ends of lines: of several lines of our own."""
    return text if text.isascii() and text.isprintable() else text.translate(_LINES)


def one_line(text: str) -> str:
    """The text on one line: a blank for its tabs and ends of lines, which would begin a line that nobody wrote."""
    return text if text.isascii() and text.isprintable() else visible(LINE_ENDS.sub(" ", text))
