"""What stands in a table's sheet and is no part of it: scratch beside it, another table below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from warehouse.codebook import load
from warehouse.codebook.label_checks import plain_name
from warehouse.intake.formats.table import Row, Table
from warehouse.intake.layout.header import Header
from warehouse.intake.layout.labels import plain_label, spellings

FEWEST_NAMES = 3


def apart_from(table: Table, header: Header, columns: Iterable[int]) -> Iterator[int]:
    """Those of the columns that stand to the right of the table behind a column with nothing in it at all: scratch."""
    given = tuple(columns)
    if not given:
        return iter(())
    last = max(header.named, default=0)
    used = {at for row in table.rows[header.top :] for at, text in enumerate(row) if text}
    gap = next((at for at in range(last + 1, max(used, default=0)) if at not in used), None)
    return (at for at in given if gap is not None and at > gap)


def second_header(table: Table, header: Header) -> int | None:
    """The first row below the header that is the header of another table: names of indicators and no number; the same
    header once more is none.
    """
    if len(table.rows) <= header.first + 1:
        return None
    own = table.rows[header.top : header.first]
    mine = {text for row in own for text in row if text}
    below = enumerate(table.rows[header.first :], header.first)
    return next((at for at, row in below if not _has_number(row) and row not in own and _is_header(row, mine)), None)


def _has_number(row: Row) -> bool:
    return any(text and text.replace(".", "").isdigit() for text in row)


def _is_header(row: Row, mine: set[str]) -> bool:
    return sum(_is_name(text) for text in row if text and text not in mine) >= FEWEST_NAMES


def _is_name(text: str) -> bool:
    return any(name.casefold() in _names() for name, _ in spellings(plain_label(text)))


@cache
def _names() -> frozenset[str]:
    """All that indicators of any dataset are called, and what says whose a row is."""
    book = load()
    called = (name for d in book.datasets.values() for i in d.indicators for name in i.names)
    return frozenset(plain_name(name).casefold() for name in (*called, *book.about))
