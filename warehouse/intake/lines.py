"""The rows below a header, each by what it is: data, a total or subtotal, a note or signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from warehouse.codebook import Dataset, load
from warehouse.intake.header import Header
from warehouse.intake.records import Column
from warehouse.intake.tables import Row, Table, half_width, squeezed

SUMS = ("合计", "总计", "小计")
NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]*)?%?")
Kind = Literal["data", "total", "subtotal", "footer"]


@dataclass(frozen=True)
class Line:
    """A filled row below the header, by its index in the table."""

    index: int
    kind: Kind


def lines_of(table: Table, header: Header, dataset: Dataset) -> list[Line]:
    """The filled rows below the header, in order.

    A row is a total where a cell that holds no value of an indicator says so (合计); it is below the table where its
    first cell begins with such a word (填表人, 注), or comes after one that does, and no indicator has a number in it.
    """
    return list(_lines(table, header.first, *_kinds(dataset.dataset, header.columns)))


@lru_cache(maxsize=1_000)
def _kinds(dataset: str, columns: tuple[Column, ...]) -> tuple[frozenset[int], frozenset[int]]:
    """Where the columns stand whose cells are values, and those of free text."""
    form = load().datasets[dataset]
    own = [c for c in columns if c.column in form.columns]
    valued = frozenset(c.index for c in own if form[c.column].unit.dtype != "text" or form[c.column].codes)
    return valued, frozenset(c.index for c in own) - valued


def _lines(table: Table, first: int, valued: frozenset[int], texts: frozenset[int]) -> Iterator[Line]:
    below = False
    for index, row in enumerate(table.rows[first:], first):
        if not any(row):
            continue
        kind = _sum(row, valued, texts)
        if kind:
            yield Line(index, kind)
        elif (below or _is_footer(next(text for text in row if text))) and not _has_number(row, valued):
            below = True
            yield Line(index, "footer")
        else:
            yield Line(index, "data")


def _sum(row: Row, valued: frozenset[int], texts: frozenset[int]) -> Kind | None:
    """Whether the row says that it is a total or subtotal: in a text of the form by the word alone."""
    for place, text in enumerate(row):
        if text is None or place in valued or text.isdigit():
            continue
        word = squeezed(text).split("(")[0]
        known = load().words.get(word)
        if known and known.meaning in ("total", "subtotal"):
            return "total" if known.meaning == "total" else "subtotal"
        if place not in texts and word.endswith(SUMS):
            return "subtotal" if word.endswith("小计") else "total"
    return None


def _is_footer(text: str) -> bool:
    return _footers().match(squeezed(text)) is not None


@cache
def _footers() -> re.Pattern[str]:
    """A word of a footer (codebook/words.csv), alone or with a sign or number behind it."""
    words = (re.escape(word) for word, known in load().words.items() if known.meaning == "footer")
    return re.compile(rf"(?:{'|'.join(words)})(?:$|[:;,.(0-9])")


def _has_number(row: Row, valued: frozenset[int]) -> bool:
    return any(NUMBER.fullmatch(half_width(row[at] or "")) for at in valued if at < len(row))
