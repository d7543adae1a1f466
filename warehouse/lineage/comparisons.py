"""A figure beside earlier periods: the other columns of a programme's mart, from the counties that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from warehouse.codebook import Codebook, Dataset
from warehouse.lineage.figure_definition import FigureDefinition
from warehouse.lineage.recount import divided, same
from warehouse.lineage.selection import Area
from warehouse.marts.comparison import YEAR, earlier, place
from warehouse.marts.coverage import OF_RETURN
from warehouse.marts.measures import Measure
from warehouse.marts.programme import fields, in_areas
from warehouse.marts.roll_up import PERCENT, STATUSES
from warehouse.marts.sources import LEVELS

# The column of the change, and of what it is a change of, of each in percent.
PERCENT_OF = {
    "change_percent": ("change", "prior_period"), "change_percent_prior_year": ("change_prior_year", "prior_year"),
}  # fmt: skip
COMPANIONS = (
    "month_value", "prior_period", "value_compared", "change", "change_percent", "prior_year",
    "value_compared_prior_year", "change_prior_year", "change_percent_prior_year",
)  # fmt: skip
BLOCK = "block"


@dataclass(frozen=True)
class ComparedColumn:
    """Another column of the same row, set beside the period `back` months before: as published, as recomputed, how."""

    column: str
    value: Decimal | None
    recomputed: Decimal | None
    period: str
    back: int
    text_zh: str
    text_en: str

    @property
    def before(self) -> str:
        """The period that it looks back to."""
        return earlier(self.period, self.back)


def months_of(dataset: Dataset) -> int:
    """How many months a period of the dataset has."""
    return YEAR // len(dataset.frequency.months)


def back_of(column: str, dataset: Dataset) -> int:
    """How many months before its period a companion looks."""
    return YEAR if column.endswith("prior_year") else months_of(dataset)


def places(book: Codebook, period: str, area: Area, dataset: Dataset) -> list[tuple[str, tuple[str, ...]]]:
    """The periods and counties that the companions of an area's figure are made of: its own, and those that its
    counties continue.
    """
    own = [(period, area.counties)]
    for back in dict.fromkeys((months_of(dataset), YEAR)):
        placed = place(book, (period,), back)
        blocks = placed.filter(pl.col("later") & pl.col("county_code").is_in(area.counties))["block"].unique()
        then = placed.filter(~pl.col("later") & pl.col("block").is_in(blocks.to_list()))["county_code"]
        own.append((earlier(period, back), tuple(then.sort())))
    return own


def compared_columns(
    book: Codebook, definition: FigureDefinition, area: Area, given: pl.DataFrame, published: Mapping[str, Any]
) -> tuple[ComparedColumn, ...]:
    """Those that the published row has a value of, or should have; `given` is what `places` gives to the line."""
    period, months = published["period"], months_of(definition.dataset)
    row = _recomputed(book, definition, area, given, period)
    first = period[5:] == f"{months:02}"
    points = definition.line.unit.startswith("percent")
    for column, (change, before) in PERCENT_OF.items():
        then = row[before]
        again = divided(row[change], then, PERCENT) if then is not None and then > 0 and not points else None
        row[column] = published[column] if same(published[column], again) else again
    made = (
        ComparedColumn(
            column=column,
            value=published[column],
            recomputed=row[column],
            period=period,
            back=back_of(column, definition.dataset),
            text_zh=_TEXTS["first" if column == "month_value" and first else column][0],
            text_en=_TEXTS["first" if column == "month_value" and first else column][1],
        )
        for column in COMPANIONS
    )
    return tuple(one for one in made if one.value is not None or one.recomputed is not None)


_NOW_LESS_THEN = ("两期均计入的县:本期 - 前期", "now - then, counties in both")
_THEN = ("两期均计入的县:前期数", "then, counties in both")
_NOW = ("两期均计入的县:本期数", "now, counties in both")
_PERCENT = ("100 x (本期 - 前期) / 前期", "100 x (now - then) / then")
_TEXTS = {
    "first": ("年内首期,即本期数", "the value: the year's first period"),
    "month_value": _NOW_LESS_THEN,
    "prior_period": _THEN,
    "value_compared": _NOW,
    "change": _NOW_LESS_THEN,
    "change_percent": _PERCENT,
    "prior_year": _THEN,
    "value_compared_prior_year": _NOW,
    "change_prior_year": _NOW_LESS_THEN,
    "change_percent_prior_year": _PERCENT,
}


def _recomputed(
    book: Codebook, definition: FigureDefinition, area: Area, given: pl.DataFrame, period: str
) -> dict[str, Any]:
    """The columns of the mart's row that have to do with time, by the mart's own expressions."""
    line, months = definition.line, months_of(definition.dataset)
    level = levels(period, dict.fromkeys(area.counties, area.code), area.level)
    placed = {back: place(book, (period,), back) for back in dict.fromkeys((months, YEAR))}
    unbroken = {"split": pl.lit(value=False), "merged": pl.lit(value=False)}
    row = _sums(given, line).pipe(in_areas, level, [line], placed).with_columns(**unbroken)
    return row.select(fields(line, months)).collect().row(0, named=True)


def _sums(given: pl.DataFrame, line: Measure) -> pl.LazyFrame:
    """What `county_sums` gives of one line."""
    nil = [f"{line.name}:nil"] if line.nil else []
    return given.lazy().select(
        "period", "county_code", pl.col("status").cast(STATUSES), *OF_RETURN, *line.sums, *line.notes, *nil
    )


def levels(period: str, codes: Mapping[str, str], level: str) -> pl.LazyFrame:
    """Which area each county is counted in, as a mart's levels say it."""
    rows = [(period, county, level, code, code) for county, code in codes.items()]
    return pl.LazyFrame(rows, LEVELS, orient="row")


def compared(book: Codebook, line: Measure, area: Area, given: pl.DataFrame, chosen: ComparedColumn) -> pl.DataFrame:
    """One row per county, or set of counties that continue each other, that is compared: its value `now` and `then`,
    the counties of both and the receipts that they come from, joined by `;`.
    """
    period = chosen.period
    placed = place(book, (period,), chosen.back)
    later = dict(placed.filter(pl.col("later")).select("county_code", "block").iter_rows())
    blocks = levels(period, {code: later[code] for code in area.counties}, BLOCK)
    both = (
        _sums(given, line)
        .pipe(in_areas, blocks, [line], {chosen.back: placed})
        .select(block="code", now=f"{line.name}:now:{chosen.back}", then=f"{line.name}:then:{chosen.back}")
    )
    stands = placed.lazy().join(given.lazy(), on=["period", "county_code"])
    sides = (
        stands.filter(later=at)
        .group_by("block")
        .agg(
            pl.col("county_code").sort().str.join(";").alias(f"{name}_codes"),
            pl.col("receipt").cast(pl.String).str.join(";").alias(f"{name}_receipts"),
            pl.col("file").unique().sort().str.join(";").alias(f"{name}_files"),
        )
        for name, at in (("now", True), ("then", False))
    )
    for side in sides:
        both = both.join(side, on="block", how="left")
    return both.drop_nulls(["now", "then"]).sort("block").collect()
