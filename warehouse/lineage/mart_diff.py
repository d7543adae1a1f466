"""What differs between two states of a mart, row by row and cell by cell, and why. Pure: frames in, frames out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from warehouse.codebook import Codebook
from warehouse.codebook.mart_records import Mart
from warehouse.intake.layout.row_frames import Schema
from warehouse.marts.comparison import earlier
from warehouse.marts.partitions import ALL, looks_back
from warehouse.marts.sources import levels_of

DIFFERENCES: Schema = {
    "mart": pl.String, "change": pl.String, "key": pl.String, "column": pl.String, "before": pl.String,
    "after": pl.String, "why": pl.String,
}  # fmt: skip
CAUSES: Schema = dict.fromkeys(("dataset", "period", "county_code", "why"), pl.String)
NTH = "nth"
ORIGIN = ("version", "submission", "sheet", "row")


def differences(before: pl.LazyFrame, after: pl.LazyFrame, keys: Sequence[str], whys: pl.LazyFrame) -> pl.LazyFrame:
    """One row per row that one of both lacks (`change` is added or removed, `column` null), and per cell that is not
    the same (changed); values are exact texts. In the order of the keys and columns.

    `keys` tell rows apart; without any, a row that is not whole the same is another one. Which version, file, sheet
    and row a value comes from is no difference: a return that was sent anew with the same figures is the same. `whys`
    is what `whys_of` gives: its columns but `why` are those that it is found by.
    """
    columns = before.collect_schema().names()
    own = list(keys) or columns
    found = [name for name in whys.collect_schema().names() if name != "why"]
    there = [_numbered(side, own) for side in (before, after)]
    joined = there[0].join(there[1], on=[*own, NTH], how="full", coalesce=True, nulls_equal=True, suffix=":after")
    same = pl.all_horizontal("here", "here:after")
    change = pl.when("here:after").then(pl.lit("added")).otherwise(pl.lit("removed"))
    key = pl.concat_str([pl.col(name).cast(pl.String) for name in own], separator=" ", ignore_nulls=True)
    rows = joined.with_columns(pl.col("here", "here:after").fill_null(value=False), key=key)
    none = dict.fromkeys(("column", "before", "after"), pl.lit(None, pl.String))
    only = rows.filter(~same).with_columns(change=change, place=pl.lit(-1), **none)
    both = rows.filter(same)
    cells = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}:after"))).with_columns(
            change=pl.lit("changed"),
            place=pl.lit(place),
            column=pl.lit(name),
            before=pl.col(name).cast(pl.String),
            after=pl.col(f"{name}:after").cast(pl.String),
        )
        for place, name in enumerate(columns)
        if name not in own and name not in ORIGIN
    ]
    kept = ["key", "change", "place", "column", "before", "after", *found]
    told = pl.concat([part.select(pl.col(name) for name in dict.fromkeys(kept)) for part in (only, *cells)])
    joined_whys = told.join(whys, on=found, how="left") if found else told.join(whys, how="cross")
    return joined_whys.sort("key", "place").select("change", "key", "column", "before", "after", "why")


def _numbered(rows: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """The rows with `here`, and which of those with the same keys each is."""
    return rows.with_columns(pl.lit(value=True).alias("here"), pl.int_range(pl.len()).over(*keys).alias(NTH))


def whys_of(book: Codebook, mart: Mart, columns: Sequence[str], causes: pl.DataFrame) -> pl.LazyFrame:
    """Why rows of a mart may have changed: one row per place that its rows have, `why` joined by `;`.

    `causes` (CAUSES) are the decisions between both states. A row's place is its period, its dataset where it has one,
    and its county or area; what was decided of a period is a cause in those that are compared with it as well.
    """
    datasets = list(book.datasets) if mart.datasets == ALL else list(mart.datasets)
    own = causes.filter(pl.col("dataset").is_in(datasets))
    later = [own.with_columns(_later(own, months)) for months in looks_back(book, mart)]
    spread = pl.concat([own, *later]).unique()
    if "level" in columns:
        periods = spread["period"].unique().to_list()
        areas = [levels_of(book, period).with_columns(period=pl.lit(period)) for period in periods]
        none = pl.DataFrame(schema=dict.fromkeys(("county_code", "level", "code", "name_zh", "period"), pl.String))
        spread = spread.join(pl.concat([none, *areas]), on=["county_code", "period"])
    place = [name for name in ("period", "dataset", "county_code", "level", "code") if name in columns]
    if not place:
        every = pl.col("why").unique().sort().str.join(";")
        return spread.lazy().select(why=pl.when(pl.len() > 0).then(every))
    return spread.lazy().group_by(place).agg(pl.col("why").unique().sort().str.join(";"))


def _later(causes: pl.DataFrame, months: int) -> pl.Series:
    return pl.Series("period", [earlier(period, -months) for period in causes["period"]], pl.String)
