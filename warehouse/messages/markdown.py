"""Markdown, a type of its own: a plain `str` is text from outside, and is encoded wherever it goes into Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Self

from warehouse.messages.visible import one_line

# What may begin something within a line: code, emphasis, a link, a picture, a tag, an entity, a cell, mathematics, an
# address. Within a word a low line begins nothing, and the end of a workbook's name is no host's.
WITHIN = re.compile(r"[\\`*\[\]~|$@]|_(?![^\W_])|/(?=/)|(?<=\w)\.(?=[^\W\d_])(?!(?:xlsx?|csv|ods|txt)\b)|(?<!\S)#")
# What at the beginning of a line makes more than a line of it: a heading, a list, a quotation, a rule, code.
FIRST = re.compile(r"^(?:>|[-+=](?=[-=\s]|$)|[0-9]{1,9}(?=[.)](?:\s|$)))")
TAGS = {"&": "&amp;", "<": "&lt;"}


class Markdown(str):
    """Markdown of our own, or text that has been encoded."""

    __slots__ = ()

    @classmethod
    def of(cls, value: object) -> Self:
        """The value so that it is read as it stands, on one line; Markdown as it is."""
        if isinstance(value, cls):
            return value
        text = WITHIN.sub(r"\\\g<0>", one_line(str(value)).strip())
        text = FIRST.sub(lambda m: f"{m[0]}\\" if m[0].isdigit() else f"\\{m[0]}", text)
        return cls("".join(TAGS.get(sign, sign) for sign in text))

    def format(self, *values: object, **named: object) -> Self:
        """The same with each value in its place, encoded where it is no Markdown."""
        encoded = {name: self.of(value) for name, value in named.items()}
        return type(self)(super().format(*map(self.of, values), **encoded))

    def join(self, parts: Iterable[Any]) -> Self:
        """The parts, encoded where they are no Markdown, with this between them."""
        return type(self)(super().join(map(self.of, parts)))


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> Markdown:
    """The header and a line a row, ending in a newline."""
    between = Markdown(" | ")
    lines = [between.join(line) for line in (header, [Markdown("---")] * len(header), *rows)]
    return Markdown("".join(f"| {line} |\n" for line in lines))
