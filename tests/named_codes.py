"""Codes in marts that nothing names: found by looking at the marts, so that a new column or code is looked at too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import polars as pl

from tests.builders import BOOK

CODE = re.compile(r"[a-z][a-z0-9_]*")
# What has a mart of its own that says what it is called: the column of it, and the mart.
NAMED_ELSEWHERE = {"figure": "mart_scorecard", "indicator": "dim_indicator", "rule": "dim_rule"}


def held(column: pl.Series) -> list[str] | None:
    """The codes in a column of text, lists taken apart; None where it holds something else, or nothing."""
    parts = {part.strip() for text in column.drop_nulls().unique() for part in re.split(r"[;|,、]", text)}
    return sorted(parts) if parts and all(map(CODE.fullmatch, parts)) else None


def codes_in(marts: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, str, list[str]]]:
    """Every column of codes: mart, column, the codes in it."""
    for name, frame in marts.items():
        for column in frame.select(pl.col(pl.String)).columns:
            if (codes := held(frame[column])) is not None:
                yield name, column, codes


def unnamed(marts: Mapping[str, pl.DataFrame]) -> set[str]:
    """The codes in these marts, as mart.column=code, that no line of dim_code and no mart of theirs names."""
    known = set(marts["dim_code"].select("column_name", "code").rows())
    known |= {(column, code) for column, mart in NAMED_ELSEWHERE.items() for code in marts[mart][column]}
    known |= {("column_name", column) for column, _ in known}
    known |= {("code", code) for _, code in known}
    # The keys of a form are columns of it; of changes what was and is a code is one of the indicator's.
    known |= {("keys", i.column) for d in BOOK.datasets.values() for i in d.indicators}
    known |= {(side, code) for column, code in set(known) for side in ("before_text", "after_text")}
    return {f"{mart}.{column}={code}" for mart, column, codes in codes_in(marts) for code in codes
            if (column, code) not in known}  # fmt: skip
