"""What stands above a column, as it was typed."""

from __future__ import annotations

from warehouse.intake.formats.table import Table
from warehouse.intake.layout.header import Header


def header_texts(table: Table, header: Header, column: int) -> dict[int, str]:
    """The texts of a header over a column by the index of their row, from top to bottom, its groups' with them.

    A merged cell speaks for all that it spans; in a text file, which knows none, a group reaches to the next.
    """
    rows = range(header.top, header.first)
    texts = {at: text for at in rows if (text := _text(table, at, column))}
    if table.sheet is None and texts:
        groups = {at: text for at in rows if at < max(texts) and (text := _to_the_left(table, at, column))}
        texts = groups | texts
    return dict(sorted(texts.items()))


def _text(table: Table, at: int, column: int) -> str | None:
    for top, bottom, left, right in table.merged:
        if top <= at <= bottom and left <= column <= right:
            return table.text(top, left)
    row = table.rows[at]
    return row[column] if column < len(row) else None


def _to_the_left(table: Table, at: int, column: int) -> str | None:
    """The nearest text at or before the column."""
    return next((text for text in reversed(table.rows[at][: column + 1]) if text), None)
