"""Every indicator of every area, for BI tools: one measure a row, so that nothing is summed that is summed already."""

from __future__ import annotations

import polars as pl

from warehouse.marts.dim_area import areas
from warehouse.marts.dim_indicator import indicators
from warehouse.marts.of_marts import lines_of
from warehouse.marts.roll_up import quotient
from warehouse.marts.sources import Sources

SHOWN = {"shown_zh": ("area_zh", "{}(不完整 {}/{})"), "shown_en": ("area_en", "{} (partial {}/{})")}


def build(sources: Sources) -> pl.LazyFrame:
    """One row per period x area x indicator, by these: all that marts of programmes have, ratios too; never to be
    summed, for areas lie in one another. `value` is theirs: what is of a year is to date.

    `complete` and `partial` are theirs too; where it is partial, `shown_zh` and `shown_en` say of how many counties,
    else they are `area_zh` and `area_en`. `display_value` is in the display unit, null where there is no value.
    """
    # By numbers, which are sorted in a fraction of the time that texts take.
    area = areas(sources.book).lazy().select("area", "area_zh", "area_en").with_row_index("area_place")
    about = (
        indicators(sources.book)
        .lazy()
        .select("indicator_key", "name_zh", "name_en", "kind", "unit", "display_unit_zh", "display_unit_en",
                "display_factor")
        .with_row_index("place")
    )  # fmt: skip
    return (
        lines_of(sources, "bi_area", sources.periods)
        .join(area, on="area")
        .join(about, on="indicator_key")
        .with_columns(display_value=quotient(pl.col("value"), pl.col("display_factor")))
        .with_columns(
            pl.when("partial")
            .then(pl.format(text, name, "counties_counted", "counties_due"))
            .otherwise(name)
            .alias(shown)
            for shown, (name, text) in SHOWN.items()
        )
        .sort("period", "area_place", "place")
        .select(c.column for c in sources.columns("bi_area"))
    )
