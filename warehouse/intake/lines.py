"""The rows below a header, each by what it is: data, a total or subtotal, a note or signature."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from warehouse.codebook import Dataset, load
from warehouse.intake.header import Header
from warehouse.intake.tables import Row, Table, half_width, squeezed

SUMS = ("合计", "总计", "小计")
AFTER_A_WORD = ":;,.(1234567890"
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
    valued = {c.index for c in header.columns if c.column in dataset.columns and _holds_values(dataset, c.column)}
    texts = {c.index for c in header.columns if c.column in dataset.columns} - valued
    return list(_lines(table, header.first, valued, texts))


def _lines(table: Table, first: int, valued: set[int], texts: set[int]) -> Iterator[Line]:
    below = False
    for index, row in enumerate(table.rows[first:], first):
        if not any(row):
            continue
        numbers = any(NUMBER.fullmatch(half_width(row[at] or "")) for at in valued if at < len(row))
        kind = _sum(row, valued, texts)
        if kind:
            yield Line(index, kind)
        elif not numbers and (below or _is_footer(next(text for text in row if text))):
            below = True
            yield Line(index, "footer")
        else:
            yield Line(index, "data")


def _holds_values(dataset: Dataset, column: str) -> bool:
    """Whether the indicator's cells are other than free text."""
    return dataset[column].unit.dtype != "text" or bool(dataset[column].codes)


def _sum(row: Row, valued: set[int], texts: set[int]) -> Kind | None:
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
    said = squeezed(text)
    return any(
        said.startswith(word) and said[len(word) : len(word) + 1] in AFTER_A_WORD
        for word, known in load().words.items()
        if known.meaning == "footer"
    )
