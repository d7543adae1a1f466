"""A programme's mart: each indicator at every level that its kind allows, beside earlier periods.

One transform for all programmes; what it does with an indicator follows from the codebook (`lines.py`). All have the
same columns, one row per period x level x code x indicator, so that there is one contract to know.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from warehouse.codebook import Dataset
from warehouse.marts.comparison import AREA, YEAR, areas_of_blocks, compare, place, total_of
from warehouse.marts.lines import Line, lines_of
from warehouse.marts.roll_up import DECIMAL, STATUSES
from warehouse.marts.sources import Sources

COLUMNS = (
    "period", "level", "code", "name_zh", "indicator", "label_zh", "label_en", "unit", "value", "status",
    "month_value", "prior_period", "change", "prior_year", "change_prior_year", "broken", "counties_due",
    "counties_counted", "counties_compared", "counties_compared_prior_year",
)  # fmt: skip


def programme(sources: Sources, name: str) -> pl.LazyFrame:
    """The mart of a dataset, by period, level, code and the order of the form.

    `value` is a sum over the counties that gave one (`counties_counted`, of `counties_due`), a ratio of such sums, or
    null where none did. Comparisons are over counties counted both times: `prior_period` and `prior_year` are theirs,
    the changes what theirs has changed by; `month_value` is what a year-to-date figure grew by since the year's last
    period. `broken` says that a county's code was split within the last year, so that there is no comparison.
    """
    dataset = sources.book.datasets[name]
    lines = lines_of(dataset)
    months = YEAR // len(dataset.frequency.months)
    counties = county_sums(sources, dataset, lines)
    compared = [
        compare(counties, lines, _placed(sources, back), sources.levels).rename(
            {
                f"{line.name}:{what}": f"{line.name}:{what}:{back}"
                for line in lines
                for what in ("now", "then", "compared")
            }
        )
        for back in dict.fromkeys((months, YEAR))
    ]
    areas = counties.join(sources.levels, on=["period", "county_code"]).pipe(by_area, lines)
    for other in (*compared, _breaks(sources)):
        areas = areas.join(other, on=AREA, how="left")
    return areas.pipe(_long, lines, months)


def county_sums(sources: Sources, dataset: Dataset, lines: Sequence[Line]) -> pl.LazyFrame:
    """One row per period x county that owes the dataset, with the sums of each line, null where it gave none."""
    sums = {column: expression for line in lines for column, expression in line.sums.items()}
    rows = sources.rows(dataset)
    keys = ("period", "county_code")
    if dataset.one_row:
        given = rows.select(*keys, **sums)
    else:
        given = rows.group_by(keys).agg(**{c: pl.when(e.count() > 0).then(e.sum()) for c, e in sums.items()})
    joined = sources.coverage(dataset).join(given, on=keys, how="left")
    if not dataset.one_row:  # a nil return counts, with none of anything
        joined = joined.with_columns(pl.when("counted").then(pl.col(column).fill_null(0)) for column in sums)
    return joined.select(*keys, pl.col("status").cast(STATUSES), *sums)


def by_area(placed: pl.LazyFrame, lines: Sequence[Line]) -> pl.LazyFrame:
    """One row per period x area: for each line its value, the least settled status and the counties in it."""
    return placed.group_by(*AREA, "name_zh").agg(
        pl.len().cast(pl.Int64).alias("counties_due"),
        *(expression for line in lines for expression in _summed(line)),
    )


def _summed(line: Line) -> tuple[pl.Expr, ...]:
    given = pl.col(f"{line.name}:part").is_not_null()
    return (
        total_of(line).alias(f"{line.name}:value"),
        pl.col("status").filter(given).min().alias(f"{line.name}:status"),
        given.sum().cast(pl.Int64).alias(f"{line.name}:counted"),
    )


def _placed(sources: Sources, months: int) -> pl.LazyFrame:
    return place(sources.book, tuple(sources.periods), months).lazy()


def _breaks(sources: Sources) -> pl.LazyFrame:
    """One row per period x area of which some county does not continue that of a year ago: by a split, by a merger."""
    return (
        areas_of_blocks(_placed(sources, YEAR), sources.levels)
        .filter(~pl.col("inside") | pl.col("merged"))
        .group_by(AREA)
        .agg(split=~pl.col("inside").all(), merged=pl.col("merged").any())
    )


def _long(areas: pl.LazyFrame, lines: Sequence[Line], months: int) -> pl.LazyFrame:
    """One row for each line of an area, in the order of the lines; above the county only those that rise."""
    own = (
        areas.select(*AREA, "name_zh", "counties_due", *_fields(line, months), place=pl.lit(place))
        for place, line in enumerate(lines)
    )
    # To sort what was put together takes a quarter of the time of exploding lists of structs.
    return pl.concat(own).filter(pl.col("rises") | (pl.col("level") == "county")).sort(*AREA, "place").select(COLUMNS)


def _fields(line: Line, months: int) -> list[pl.Expr]:
    column = {what: pl.col(f"{line.name}:{what}") for what in ("value", "status", "counted")}
    last, year = (
        {what: pl.col(f"{line.name}:{what}:{back}") for what in ("now", "then", "compared")} for back in (months, YEAR)
    )
    to_date = line.indicator.kind == "year_to_date"
    first = pl.col("period").str.slice(5) == f"{months:02}"
    within = pl.when(first).then(column["value"]).otherwise(last["now"] - last["then"])
    compared = pl.when(first).then(column["counted"]).otherwise(last["compared"]) if to_date else last["compared"]
    none, count = pl.lit(None, DECIMAL), pl.lit(0)
    return [
        pl.lit(line.name).alias("indicator"),
        pl.lit(line.label_zh).alias("label_zh"),
        pl.lit(line.label_en).alias("label_en"),
        pl.lit(line.unit).alias("unit"),
        column["value"].alias("value"),
        column["status"].cast(pl.String).alias("status"),
        (within if to_date else none).alias("month_value"),
        (last["then"] if line.compares and not to_date else none).alias("prior_period"),
        (last["now"] - last["then"] if line.compares and not to_date else none).alias("change"),
        (year["then"] if line.compares else none).alias("prior_year"),
        (year["now"] - year["then"] if line.compares else none).alias("change_prior_year"),
        _broken(line).alias("broken"),
        column["counted"].alias("counties_counted"),
        (compared if line.compares else count).fill_null(0).cast(pl.Int64).alias("counties_compared"),
        (year["compared"] if line.compares else count)
        .fill_null(0)
        .cast(pl.Int64)
        .alias("counties_compared_prior_year"),
        pl.lit(line.rises).alias("rises"),
    ]


def _broken(line: Line) -> pl.Expr:
    """A split breaks every comparison, a merger only what is not summed."""
    broken = pl.col("split") if line.rises else pl.col("split") | pl.col("merged")
    return broken.fill_null(value=False) if line.compares else pl.lit(value=False)
