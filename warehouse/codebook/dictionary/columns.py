"""The columns of all marts as one table, for who sorts and filters in a spreadsheet."""

from __future__ import annotations

import csv
import io

from warehouse.codebook import Codebook

HEADER = (
    "mart", "mart_label_zh", "mart_label_en", "column", "position", "type", "unit", "null", "label_zh", "label_en",
)  # fmt: skip


def dictionary_csv(book: Codebook) -> bytes:
    """One row per column of a mart, by mart and position (from 1); `null` is yes or no.

    UTF-8 that begins with a byte order mark: Excel takes it for an ANSI file otherwise.
    """
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(HEADER)
    for name, mart in sorted(book.mart_list.items()):
        for position, c in enumerate(book.marts[name], start=1):
            about = (name, mart.label_zh, mart.label_en, c.column, position)
            lines.writerow((*about, c.dtype, c.unit, "yes" if c.null else "no", c.label_zh, c.label_en))
    return text.getvalue().encode("utf-8-sig")
