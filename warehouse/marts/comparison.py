"""A period beside an earlier one, over the counties that are counted in both.

The counties of a period are those in force on its last day. A county that continues others whole is set beside their
sum. The parties to a split can only be compared together, in an area that holds all of them; for each of them, and for
an area that holds some, the comparison is broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import polars as pl

from warehouse.codebook import Codebook
from warehouse.codebook.succession import BLOCKS, blocks
from warehouse.marts.measures import Measure

AREA = ("period", "level", "code")
YEAR = 12


def compare(counties: pl.LazyFrame, lines: Sequence[Measure], placed: pl.DataFrame, back: int) -> pl.LazyFrame:
    """One row per block and period (`at`) of which something can be compared with `back` months before.

    `counties` has the sums of each line by period and county (null where it has none), `placed` is `place`'s. Each sum
    is there as `{sum}:now:{back}` and `{sum}:then:{back}`, both null where one is; `{line}:compared:{back}` are the
    counties (of now) that are in them. `counties` are those of the block now.
    """
    now = counties.pipe(_by_block, lines, placed.filter("later"))
    then = counties.pipe(_by_block, lines, placed.filter(~pl.col("later"))).drop("counties")
    both = now.join(then, on=["at", "block"], suffix=":then")
    return both.select("at", "block", "counties", *(column for line in lines for column in _both(line, back)))


def areas_of_blocks(placed: pl.LazyFrame, levels: pl.LazyFrame) -> pl.LazyFrame:
    """One row per block x area that holds a county of it: `inside` says that it holds all of them, `merged` that they
    continue several.
    """
    then = placed.filter(~pl.col("later")).select("at", "block", before="counties").unique()
    return (
        placed.filter("later")
        .join(levels, on=["period", "county_code"])
        .group_by("period", "block", "level", "code", "name_zh")
        .agg(inside=pl.len() == pl.col("counties").first())
        .join(then, left_on=["period", "block"], right_on=["at", "block"], how="left")
        .select("period", "block", "level", "code", "name_zh", "inside", merged=pl.col("before").fill_null(0) > 1)
    )


@cache
def place(book: Codebook, periods: tuple[str, ...], months: int) -> pl.DataFrame:
    """Where each county stands when periods are compared with those `months` before.

    Grain: period compared (`at`) x side x county. `later` is the side of `at` itself, `period` that of the row;
    `block` and `counties` as in `succession.blocks`.
    """
    schema = {"at": pl.String, "period": pl.String, **BLOCKS}
    frames = [
        blocks(book, before, at).select(
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


def year_so_far(period: str) -> list[str]:
    """The periods of its year up to this one."""
    return [f"{period[:4]}-{month:02}" for month in range(1, int(period[5:]) + 1)]


def _by_block(counties: pl.LazyFrame, lines: Sequence[Measure], placed: pl.DataFrame) -> pl.LazyFrame:
    """The sums of each block all of whose counties have them; what is not summed only for counties by themselves."""
    columns = ("at", "block", "counties", *(column for line in lines for column in line.sums))
    # Nearly every county is a block by itself: nothing is to be added up.
    alone, several = (placed.filter(at).lazy() for at in (pl.col("counties") == 1, pl.col("counties") > 1))
    own = counties.join(alone, on=["period", "county_code"]).select(columns)
    if placed["counties"].max() == 1:
        return own
    together = (
        counties.join(several, on=["period", "county_code"])
        .group_by("at", "block")
        .agg(pl.col("counties").first(), *(_complete(line, column) for line in lines for column in line.sums))
    )
    return pl.concat([own, together.select(columns)])


def _complete(line: Measure, column: str) -> pl.Expr:
    # Some few counties that continue each other: 38 digits hold the products of ten and more.
    whole = (pl.col(column).count() == pl.col("counties").first()) & line.rises
    return pl.when(whole).then(pl.col(column).sum()).alias(column)


def _both(line: Measure, back: int) -> list[pl.Expr]:
    """The sums of a line now and then, only where there are both, and the counties that they are of."""
    there = pl.col(f"{line.name}:part").is_not_null() & pl.col(f"{line.name}:part:then").is_not_null()
    sides = (("now", ""), ("then", ":then"))
    sums = [
        pl.when(there).then(pl.col(f"{column}{suffix}")).alias(f"{column}:{side}:{back}")
        for column in line.sums
        for side, suffix in sides
    ]
    return [*sums, pl.when(there).then("counties").alias(f"{line.name}:compared:{back}")]
