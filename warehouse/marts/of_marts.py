"""Marts that are made of other marts: what these have, from their files where they are written, else by building them.

Belongs here: reading a mart from another, and the dimensions that both are joined with. Does not belong here: marts
(`bi_*.py`), writing files (`warehouse.snapshots.publish`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from warehouse import marts
from warehouse.marts.sources import Sources


def rows_of(sources: Sources, mart: str, periods: Iterable[str]) -> pl.LazyFrame:
    """The rows of a mart that has a file a period, of these periods; none of a period that it has no file of."""
    if sources.written is None:
        return marts.build(mart, replace(sources, wanted=tuple(p for p in periods if p in sources.decided)))
    files = [path for period in periods if (path := sources.written(mart, period)).exists()]
    if not files:
        return pl.LazyFrame(schema={c.column: c.polars for c in sources.book.marts[mart]})
    return pl.scan_parquet(files, hive_partitioning=False, glob=False)


def lines_of(sources: Sources, mart: str, periods: Iterable[str]) -> pl.LazyFrame:
    """The rows of all marts of programmes that `mart` is made of: each with its `indicator_key` and `dataset`."""
    book = sources.book
    frames = [
        rows_of(sources, name, periods).select(
            "period",
            "level",
            "indicator",
            "value",
            "status",
            "counties_due",
            "counties_counted",
            "complete",
            "partial",
            "held",
            area="code",
            dataset=pl.lit(book.mart_list[name].datasets[0]),
        )
        for name in book.mart_list[mart].marts
    ]
    return pl.concat(frames).with_columns(indicator_key=pl.format("{}.{}", "dataset", "indicator"))
