"""The marts, one file each: pure functions from the store and the codebook to a LazyFrame.

To add a mart, add a file here with `build(sources)`, named as the mart, and its columns to `codebook/marts.csv`;
nothing else is touched. Does not belong here: reading or writing files (`warehouse.snapshots.publish`), clocks, I/O.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.messages.errors import CodebookError

PREFIXES = ("dim_", "fact_", "mart_")


def names() -> list[str]:
    """All marts, in the order of their names."""
    return sorted(module.name for module in iter_modules(__path__) if module.name.startswith(PREFIXES))


def build(name: str, sources: Sources) -> pl.LazyFrame:
    """A mart with exactly the columns, order and types of its contract in `codebook/marts.csv`.

    Raises CodebookError where what the mart gives and its contract differ.
    """
    columns = sources.book.marts.get(name, ())
    built: pl.LazyFrame = import_module(f"{__name__}.{name}").build(sources)
    schema = built.collect_schema()
    if list(schema) != [c.column for c in columns]:
        raise CodebookError(f"marts.csv, {name}: has {[c.column for c in columns]}, the mart gives {list(schema)}")
    for column in columns:
        if schema[column.column] != column.polars:
            raise CodebookError(
                f"marts.csv, {name}.{column.column}: is {column.dtype}, the mart gives {schema[column.column]}"
            )
    return built
