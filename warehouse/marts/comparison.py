"""A period beside an earlier one, over the counties that are counted in both.

Codes change on a first of January. A county that continues others whole is set beside their sum. The parties to a
split can only be compared together, in an area that holds all of them; for each of them, and for an area that holds
some, the comparison is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from warehouse.codebook import Codebook
from warehouse.codebook.lineage import BLOCKS, blocks
from warehouse.marts.lines import Line
from warehouse.marts.roll_up import DECIMAL, quotient

AREA = ("period", "level", "code")
YEAR = 12


def compare(counties: pl.LazyFrame, lines: Sequence[Line], placed: pl.LazyFrame, levels: pl.LazyFrame) -> pl.LazyFrame:
    """One row per period x area of which something can be compared: for each line `now`, `then`, and the counties
    (of now) that are compared, as columns `{line}:now` and so on.

    `counties` has the sums of each line by period and county (null where it has none), `placed` is `place`'s.
    """
    now = counties.pipe(_by_block, lines, placed.filter("later"))
    then = counties.pipe(_by_block, lines, placed.filter(~pl.col("later"))).drop("counties")
    both = now.join(then, on=["at", "block"], suffix=":then").with_columns(_only_both(lines))
    areas = areas_of_blocks(placed, levels).filter("inside").select("block", *AREA)
    return (
        both.join(areas, left_on=["at", "block"], right_on=["period", "block"])
        .group_by(pl.col("at").alias("period"), "level", "code")
        .agg(expression for line in lines for expression in _compared(line))
    )


def areas_of_blocks(placed: pl.LazyFrame, levels: pl.LazyFrame) -> pl.LazyFrame:
    """One row per block x area that holds a county of it: `inside` says that it holds all of them, `merged` that they
    continue several.
    """
    then = placed.filter(~pl.col("later")).select("at", "block", before="counties").unique()
    return (
        placed.filter("later")
        .join(levels, on=["period", "county_code"])
        .group_by("period", "block", "level", "code")
        .agg(inside=pl.len() == pl.col("counties").first())
        .join(then, left_on=["period", "block"], right_on=["at", "block"], how="left")
        .select("period", "block", "level", "code", "inside", merged=pl.col("before").fill_null(0) > 1)
    )


@cache
def place(book: Codebook, periods: tuple[str, ...], months: int) -> pl.DataFrame:
    """Where each county stands when periods are compared with those `months` before.

    Grain: period compared (`at`) x side x county. `later` is the side of `at` itself, `period` that of the row;
    `block` and `counties` as in `lineage.blocks`.
    """
    schema = {"at": pl.String, "period": pl.String, **BLOCKS}
    frames = [
        blocks(book, int(before[:4]), int(at[:4])).select(
            pl.lit(at).alias("at"), pl.when("later").then(pl.lit(at)).otherwise(pl.lit(before)).alias("period"), *BLOCKS
        )
        for at in periods
        for before in [earlier(at, months)]
    ]
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def earlier(period: str, months: int) -> str:
    """The period that many months before."""
    year, month = divmod(12 * int(period[:4]) + int(period[5:]) - 1 - months, 12)
    return f"{year:04}-{month + 1:02}"


def _by_block(counties: pl.LazyFrame, lines: Sequence[Line], placed: pl.LazyFrame) -> pl.LazyFrame:
    """The sums of each block all of whose counties have them; what is not summed only for counties by themselves."""
    return (
        counties.join(placed, on=["period", "county_code"])
        .group_by("at", "block")
        .agg(pl.col("counties").first(), *(_complete(line, column) for line in lines for column in line.sums))
    )


def _complete(line: Line, column: str) -> pl.Expr:
    counties = pl.col("counties").first()
    whole = pl.col(column).count() == counties
    return pl.when(whole if line.rises else whole & (counties == 1)).then(pl.col(column).sum()).alias(column)


def _only_both(lines: Sequence[Line]) -> list[pl.Expr]:
    """Sums of now and of then only where there are both."""
    pairs = [(column, f"{column}:then") for line in lines for column in line.sums]
    return [pl.when(pl.col(other).is_not_null()).then(own) for pair in pairs for own, other in (pair, pair[::-1])]


def _compared(line: Line) -> tuple[pl.Expr, ...]:
    part = f"{line.name}:part"
    counties = pl.col("counties").filter(pl.col(part).is_not_null()).sum().cast(pl.Int64)
    return (
        total_of(line, "").alias(f"{line.name}:now"),
        total_of(line, ":then").alias(f"{line.name}:then"),
        counties.alias(f"{line.name}:compared"),
    )


def total_of(line: Line, suffix: str = "") -> pl.Expr:
    """A line's value over rows that have its sums, null where none has."""
    part = pl.col(f"{line.name}:part{suffix}")
    if line.whole is not None:
        return quotient(part.sum(), pl.col(f"{line.name}:whole{suffix}").sum())
    return pl.when(part.count() > 0).then(part.sum()).cast(DECIMAL)
