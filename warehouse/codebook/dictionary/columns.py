"""The columns of all marts as one table, the indicators as another, for who sorts and filters in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from warehouse.codebook import Codebook

HEADER = (
    "mart", "mart_label_zh", "mart_label_en", "column", "position", "type", "unit", "null", "label_zh", "label_en",
)  # fmt: skip


INDICATORS = (
    "dataset", "dataset_label_zh", "dataset_label_en", "indicator", "position", "header_zh", "label_zh", "label_en",
    "unit", "kind", "roll_up", "required", "codes", "also_called",
)  # fmt: skip


def dictionary_csv(book: Codebook) -> bytes:
    """One row per column of a mart, by mart and position (from 1); `null` is yes or no.

    UTF-8 that begins with a byte order mark: Excel takes it for an ANSI file otherwise.
    """
    return _csv(
        HEADER,
        (
            (
                *(name, mart.label_zh, mart.label_en, c.column, position),
                *(c.dtype, c.unit, "yes" if c.null else "no", c.label_zh, c.label_en),
            )
            for name, mart in sorted(book.mart_list.items())
            for position, c in enumerate(book.marts[name], start=1)
        ),
    )


def indicators_csv(book: Codebook) -> bytes:
    """One row per indicator of a form, in their order; `also_called` is what clerks call it besides, joined by `、`.

    UTF-8 as the other.
    """
    return _csv(
        INDICATORS,
        (
            (
                *(d.dataset, d.label_zh, d.label_en, i.column, position, i.header_zh, i.label_zh, i.label_en),
                *(i.unit.unit, i.kind, i.roll_up.how, i.required, "; ".join(i.codes), "、".join(i.synonyms)),
            )
            for d in book.datasets.values()
            for position, i in enumerate(d.indicators, start=1)
        ),
    )


def _csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode("utf-8-sig")
