"""What counties gave that may be added up, for BI tools: a SUM over anything but time is right, whoever writes it.

Only counties, so that no area holds another; only what is additive, so that nothing is averaged by mistake; of each
figure one source. What is of a year is given as what each period added to it, so that a SUM over the periods of a year
is right too.
"""

from __future__ import annotations

import polars as pl

from warehouse.codebook import Codebook
from warehouse.marts.comparison import year_so_far
from warehouse.marts.dim_area import areas
from warehouse.marts.dim_indicator import indicators
from warehouse.marts.of_marts import lines_of
from warehouse.marts.sources import Sources

OF_COUNTIES = ("area", "area_zh", "area_en", "prefecture_zh", "poverty_county_list", "deep_poverty")


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x county that owes the form x additive indicator, by these; `value` is null where the county
    gave none.

    Of what is of a year, `value` is what was added since the county last gave the figure in that year, in `months`
    months that end with the period: 1 of a monthly form without gaps, 11 of a November before which nothing came. Else
    it is the figure itself, and `months` is null: a SUM over periods means nothing there.
    """
    about = carried(sources.book).lazy().with_row_index("place")
    counties = areas(sources.book).lazy().select(OF_COUNTIES)
    so_far = sorted({before for period in sources.periods for before in year_so_far(period)})
    return (
        lines_of(sources, "bi_county", so_far)
        .filter(pl.col("level") == "county")
        .join(about, on="indicator_key")
        .pipe(_added)
        .filter(pl.col("period").is_in(sources.periods))
        .join(counties, on="area")
        .with_columns(county_code="area")
        .sort("period", "county_code", "place")
        .select(c.column for c in sources.columns("bi_county"))
    )


def carried(book: Codebook) -> pl.DataFrame:
    """The indicators that it has, in the codebook's order: those that may be added up over counties. A sum of a form of
    many rows a county is left out where another form has a column of that name: that is the same figure.
    """
    summaries = [c for dataset in book.datasets.values() if dataset.one_row for c in dataset.columns]
    registers = [name for name, dataset in book.datasets.items() if not dataset.one_row]
    second = pl.col("dataset").is_in(registers) & pl.col("indicator").is_in(summaries)
    return indicators(book).filter("additive_over_areas", ~second).select(
        "indicator_key", "name_zh", "name_en", "kind", "unit"
    )  # fmt: skip


def _added(lines: pl.LazyFrame) -> pl.LazyFrame:
    """What is to date as what was added since the last period of the year that has a value."""
    year, month = pl.col("period").str.slice(0, 4), pl.col("period").str.slice(5).cast(pl.Int64)
    given = pl.col("value").is_not_null()
    before = pl.col("value").forward_fill().shift(1).over("area", "indicator_key", year, order_by="period")
    since = pl.when(given).then(month).forward_fill().shift(1).over("area", "indicator_key", year, order_by="period")
    to_date = pl.col("kind") == "year_to_date"
    return lines.with_columns(
        value=pl.when(to_date).then(pl.col("value") - before.fill_null(0)).otherwise("value"),
        months=pl.when(to_date & given).then(month - since.fill_null(0)),
    )
