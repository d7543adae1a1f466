"""The marts: pure functions from the store and the codebook to a LazyFrame.

Those that a dataset brings are made by `programme.py` and `many_rows.py`. To add another, add a file here with
`build(sources)`, named as the mart, its line to `codebook/mart_list.csv` and its columns to `codebook/marts.csv`;
nothing else is touched. Does not belong here: reading or writing files (`warehouse.snapshots.publish`), clocks, I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module

import polars as pl

from warehouse.codebook.mart_records import Mart, Transform
from warehouse.marts.detail_fact import detail
from warehouse.marts.programme import programme
from warehouse.marts.roll_up import WHOLE
from warehouse.marts.sources import PERIOD_END, Sources, period_end
from warehouse.messages.errors import CodebookError, PermanentError

TRANSFORMS: Mapping[Transform, Callable[[Sources, str], pl.LazyFrame]] = {"programme": programme, "detail": detail}


def build(name: str, sources: Sources) -> pl.LazyFrame:
    """A mart with exactly the columns, order and types of its contract in the codebook.

    Raises CodebookError where what the mart gives and its contract differ; when it is collected, PermanentError that
    names the figure where a sum is larger than its column's type holds.
    """
    columns = sources.book.marts[name]
    mart = sources.book.mart_list[name]
    built = _with_period_end(_build(mart, sources), [c.column for c in columns])
    schema = built.collect_schema()
    if sums := [c.column for c in columns if c.dtype == "whole" and schema.get(c.column) == WHOLE]:
        schema = pl.Schema({**schema, **dict.fromkeys(sums, pl.Int64())})
        built = built.map_batches(partial(_narrowed, mart, sums), schema=schema)
    if list(schema) != [c.column for c in columns]:
        raise CodebookError(f"marts.csv, {name}: has {[c.column for c in columns]}, the mart gives {list(schema)}")
    for column in columns:
        if schema[column.column] != column.polars:
            raise CodebookError(
                f"marts.csv, {name}.{column.column}: is {column.dtype}, the mart gives {schema[column.column]}"
            )
    return built


def _with_period_end(built: pl.LazyFrame, columns: list[str]) -> pl.LazyFrame:
    """The mart with the last day of each row's period where its contract has it, at the end where it has not."""
    given = built.collect_schema().names()
    if "period" not in given:
        return built
    place = columns.index(PERIOD_END) if PERIOD_END in columns else len(given)
    dated = built.with_columns(period_end().alias(PERIOD_END))
    return dated.select(*given[:place], PERIOD_END, *given[place:])


def _narrowed(mart: Mart, sums: list[str], wide: pl.DataFrame) -> pl.DataFrame:
    """The mart with sums as the whole numbers that its readers were promised."""
    built = wide.with_columns(pl.col(sums).cast(pl.Int64, strict=False))
    for column in sums:
        lost = wide.filter(built[column].is_null() & wide[column].is_not_null())
        for row in lost.head(1).iter_rows(named=True):
            figure = " ".join(str(row[key]) for key in mart.keys)
            raise PermanentError(
                f"{mart.mart}, {figure}: {column} is {row[column]}, more than a whole number of a mart can be "
                f"({2**63 - 1}); a return in it is larger than any county's can be: xianbao withdraw it"
            )
    return built


def _build(mart: Mart, sources: Sources) -> pl.LazyFrame:
    if mart.transform is not None:
        return TRANSFORMS[mart.transform](sources, mart.datasets[0])
    built: pl.LazyFrame = import_module(f"{__name__}.{mart.mart}").build(sources)
    return built
