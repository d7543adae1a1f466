"""The marts: pure functions from the store and the codebook to a LazyFrame.

Those that a dataset brings are made by `programme.py` and `many_rows.py`. To add another, add a file here with
`build(sources)`, named as the mart, its line to `codebook/mart_list.csv` and its columns to `codebook/marts.csv`;
nothing else is touched. Does not belong here: reading or writing files (`warehouse.snapshots.publish`), clocks, I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

import polars as pl

from warehouse.codebook.model import Mart, Transform
from warehouse.marts.detail_fact import detail
from warehouse.marts.programme import programme
from warehouse.marts.sources import Sources
from warehouse.messages.errors import CodebookError

TRANSFORMS: Mapping[Transform, Callable[[Sources, str], pl.LazyFrame]] = {"programme": programme, "detail": detail}


def build(name: str, sources: Sources) -> pl.LazyFrame:
    """A mart with exactly the columns, order and types of its contract in the codebook.

    Raises CodebookError where what the mart gives and its contract differ.
    """
    columns = sources.book.marts[name]
    built = _build(sources.book.mart_list[name], sources)
    schema = built.collect_schema()
    if list(schema) != [c.column for c in columns]:
        raise CodebookError(f"marts.csv, {name}: has {[c.column for c in columns]}, the mart gives {list(schema)}")
    for column in columns:
        if schema[column.column] != column.polars:
            raise CodebookError(
                f"marts.csv, {name}.{column.column}: is {column.dtype}, the mart gives {schema[column.column]}"
            )
    return built


def _build(mart: Mart, sources: Sources) -> pl.LazyFrame:
    if mart.transform is not None:
        return TRANSFORMS[mart.transform](sources, mart.datasets[0])
    built: pl.LazyFrame = import_module(f"{__name__}.{mart.mart}").build(sources)
    return built
