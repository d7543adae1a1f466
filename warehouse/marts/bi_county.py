"""What counties gave that may be added up, for BI tools: a SUM over anything but time is right, whoever writes it.

Only counties, so that no area holds another; only what is additive, so that nothing is averaged by mistake; of each
figure one source. What is of a year is given as what each period added to it, so that a SUM over the periods of a year
is right too.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from warehouse.codebook import Codebook
from warehouse.codebook.succession import edition_of, succession
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
        .pipe(_added, sources.book, sources.periods)
        .filter(pl.col("period").is_in(sources.periods))
        .join(counties, on="area")
        .with_columns(county_code="area")
        .sort("period", "county_code", "place")
        .select(c.column for c in sources.columns("bi_county"))
    )


def carried(book: Codebook) -> pl.DataFrame:
    """The indicators that it has, in the codebook's order: those that may be added up over counties. A sum of a form of
    many rows a county is left out where another form has a column of that name: that is the same figure. So the name of
    an indicator is of one form alone, as its key is.
    """
    summaries = [c for dataset in book.datasets.values() if dataset.one_row for c in dataset.columns]
    registers = [name for name, dataset in book.datasets.items() if not dataset.one_row]
    second = pl.col("dataset").is_in(registers) & pl.col("indicator").is_in(summaries)
    return indicators(book).filter("additive_over_areas", ~second).select(
        "indicator_key", "name_zh", "name_en", "kind", "unit"
    )  # fmt: skip


def _added(lines: pl.LazyFrame, book: Codebook, periods: Iterable[str]) -> pl.LazyFrame:
    """What is to date as what was added since the last period of the year that has a value, of these periods.

    A county that continues others whole begins with what they gave; a party to a split cannot be told from the others
    in the year of the split, and gives nothing.
    """
    to_date, year = pl.col("kind") == "year_to_date", pl.col("period").str.slice(0, 4)
    month = pl.col("period").str.slice(5).cast(pl.Int64)
    given = pl.when(pl.col("value").is_not_null())

    def before(what: pl.Expr) -> pl.Expr:
        return given.then(what).forward_fill().shift(1).over("area", "indicator_key", year, order_by="period")

    own = lines.with_columns(before=before(pl.col("value")), since=before(month))
    changed = [_inherited(lines, book, period) for period in periods if _changes(book, period).height]
    if changed:
        keys = ["period", "area", "indicator_key"]
        # What was inherited counts instead; where there is nothing of it, the county begins at nothing.
        own = own.join(pl.concat(changed), on=keys, how="left").with_columns(
            before=pl.coalesce("inherited", "before"), since=pl.coalesce("inherited_since", "since")
        )
    told_apart = pl.col("whole").fill_null(value=True) if changed else pl.lit(value=True)
    added = pl.when(told_apart).then(pl.col("value") - pl.col("before").fill_null(0))
    return own.with_columns(
        value=pl.when(to_date).then(added).otherwise("value"),
        months=pl.when(to_date & told_apart & pl.col("value").is_not_null()).then(month - pl.col("since").fill_null(0)),
    )


def _changes(book: Codebook, period: str) -> pl.DataFrame:
    """The ancestors, within its year, of the counties of a period whose codes changed in that year."""
    ancestors = succession(book, year_so_far(period), period)
    same = (pl.col("county_code") == pl.col("ancestor_code")) & pl.col("whole")
    return ancestors.filter((~same).any().over("county_code"))


def _inherited(lines: pl.LazyFrame, book: Codebook, period: str) -> pl.LazyFrame:
    """One row per county of a period whose code changed in its year x indicator: what it, or else those that it
    continues, gave last in that year, when, and whether it is the whole of these.
    """
    so_far = [p for p in year_so_far(period) if p < period]
    earlier = lines.filter(pl.col("period").is_in(so_far), pl.col("value").is_not_null()).select(
        "indicator_key", "value", at="period", ancestor_code="area", edition=edition_of(book, so_far)
    )
    return (
        _changes(book, period)
        .lazy()
        .join(earlier, on=["ancestor_code", "edition"])
        .filter(pl.col("edition") == pl.col("edition").max().over("county_code", "indicator_key"))
        .group_by("county_code", "ancestor_code", "indicator_key")
        .agg(pl.col("value").sort_by("at").last(), pl.col("at").max(), pl.col("whole").all())
        .group_by("county_code", "indicator_key")
        .agg(
            inherited=pl.col("value").sum(),
            inherited_since=pl.col("at").max().str.slice(5).cast(pl.Int64),
            whole=pl.col("whole").all(),
        )
        .select("indicator_key", "inherited", "inherited_since", "whole", area="county_code", period=pl.lit(period))
    )
