"""The deep-poverty counties' share of the province in funds, projects and loans."""

from __future__ import annotations

from itertools import groupby

import polars as pl

from warehouse.codebook import Codebook, Dataset
from warehouse.marts.approved import with_approved_status
from warehouse.marts.comparison import AREA
from warehouse.marts.coverage import complete, partial
from warehouse.marts.held import earliest, held_back, held_lines
from warehouse.marts.measures import Measure, measures_of
from warehouse.marts.programme import by_area, counts_of, county_sums
from warehouse.marts.roll_up import percentage
from warehouse.marts.sources import Sources

GROUP, WHOLE = "deep_poverty", "province"


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x figure that the scorecard gives as a share of the province, for every period.

    `numerator` and `denominator` are sums over the counties counted in the group and in the province, `share` is in
    percent and null where one of them is unknown; `status` is the least settled in either. What became of the counties
    that owe either is told as in `coverage.py`; the share is `complete` where both are, `partial` where one is.
    """
    columns = [c.column for c in sources.columns("mart_deep_poverty_share")]
    return held_back(_as_known, sources, _held(sources)).pipe(with_approved_status, sources).select(columns)


def _held(sources: Sources) -> pl.DataFrame:
    """One row per share that a held sum enters: its keys, and `since` which run."""
    lines = [held_lines(sources, d).with_columns(dataset=pl.lit(d.dataset)) for d, _ in shared(sources.book)]
    sums = pl.concat(lines).filter(pl.col("level").is_in([GROUP, WHOLE]))
    return earliest(sums, ["period", "dataset", "indicator"])


def _as_known(sources: Sources) -> pl.LazyFrame:
    """The shares of what is known, but for `held`."""
    shares = [_shares(sources, dataset, lines) for dataset, lines in shared(sources.book)]
    return pl.concat(shares).sort("period", "dataset", "indicator")


def shared(book: Codebook) -> list[tuple[Dataset, list[Measure]]]:
    """The datasets of which the scorecard has shares, each with the lines that it has them of."""
    of = {(f.dataset, f.column) for f in book.figures if f.aggregate == "share" and f.scope == GROUP}
    lines = [
        (book.datasets[name], line)
        for name in sorted({name for name, _ in of})
        for line in measures_of(book.datasets[name])
        if (name, line.name) in of
    ]
    return [(d, [line for _, line in own]) for d, own in groupby(lines, key=lambda pair: pair[0])]


def _shares(sources: Sources, dataset: Dataset, lines: list[Measure]) -> pl.LazyFrame:
    levels = sources.levels.filter(pl.col("level").is_in([GROUP, WHOLE]))
    counties = county_sums(sources, dataset, lines).join(levels, on=["period", "county_code"])
    areas = counties.pipe(by_area, lines)
    return pl.concat([_share(areas, dataset, line, sources.book.partial_below) for line in lines])


def _share(areas: pl.LazyFrame, dataset: Dataset, line: Measure, percent: int) -> pl.LazyFrame:
    counts = counts_of(line)
    own = areas.select(
        *AREA,
        value=pl.col(f"{line.name}:value"),
        status=pl.col(f"{line.name}:status"),
        complete=complete(counts, pl.lit(line.required)),
        partial=partial(counts, percent),
        **counts,
    )
    group, whole = (own.filter(level=level).drop("level", "code") for level in (GROUP, WHOLE))
    return group.join(whole, on="period", suffix="_whole").select(
        "period",
        pl.lit(dataset.dataset).alias("dataset"),
        pl.lit(line.name).alias("indicator"),
        pl.lit(line.label_zh).alias("label_zh"),
        pl.lit(line.label_en).alias("label_en"),
        pl.lit(line.unit).alias("unit"),
        numerator="value",
        denominator="value_whole",
        share=percentage(pl.col("value"), pl.col("value_whole")),
        status=pl.min_horizontal("status", "status_whole").cast(pl.String),
        complete=pl.col("complete") & pl.col("complete_whole"),
        partial=pl.col("partial") | pl.col("partial_whole"),
        **{f"numerator_{outcome}": pl.col(outcome) for outcome in counts},
        **{f"denominator_{outcome}": pl.col(f"{outcome}_whole") for outcome in counts},
    )
