"""What is known of a published figure: who gave it, who gave what it is set beside, and the state that follows.

Belongs here: the counties of both sides of a figure. Does not belong here: its value (`mart_scorecard.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from warehouse.codebook import Codebook, Dataset, Figure
from warehouse.marts.coverage import area_counts, complete, outcomes, partial
from warehouse.marts.measures import measures_of

# Figures that set their scope beside the whole province.
AGAINST_THE_PROVINCE = ("share", "growth_lead")
COVERED = ("numerator_due", "numerator_counted", "base_due", "base_counted", "complete", "partial")
MOVES = {"sum": "up", "count": "up", "distinct": "up", "greatest": "up", "least": "down", "worst": "away"}


@dataclass(frozen=True)
class Side:
    """What of a figure a county owes: these columns of its return for a period, by the counties of a group."""

    period: str
    group: str
    columns: tuple[str, ...]


def own_of(figure: Figure) -> Side:
    """The figure itself; a lead is of two columns at once."""
    both = (figure.column, figure.by) if figure.aggregate == "growth_lead" else (figure.column,)
    return Side(figure.period, figure.scope, tuple(c for c in both if c))


def base_of(figure: Figure) -> Side | None:
    """What it is set beside; None where that is nothing."""
    own = own_of(figure)
    if figure.aggregate in AGAINST_THE_PROVINCE:
        return Side(own.period, "province", own.columns)
    if figure.aggregate == "increase":
        return Side(figure.since or "", own.group, own.columns)
    return Side(own.period, own.group, (figure.by,)) if figure.by else None


def sides(book: Codebook, figure: Figure, counties: pl.LazyFrame, percent: int) -> pl.LazyFrame:
    """One row: both sides' counties, and what follows of them."""
    own, base = own_of(figure), base_of(figure)
    both = [_side(book, figure, side, counties, percent) for side in (own, base) if side]
    names = ("due", "counted", "complete", "partial")
    row = pl.concat([one.rename({n: f"{n}_{at}" for n in names}) for at, one in enumerate(both)], how="horizontal")
    of = range(len(both))
    none = pl.lit(None, pl.Int64)
    return row.select(
        numerator_due="due_0",
        numerator_counted="counted_0",
        base_due="due_1" if base else none,
        base_counted="counted_1" if base else none,
        complete=pl.all_horizontal(f"complete_{at}" for at in of),
        partial=pl.any_horizontal(f"partial_{at}" for at in of),
    )


def _side(book: Codebook, figure: Figure, side: Side, counties: pl.LazyFrame, percent: int) -> pl.LazyFrame:
    """One row: how many counties owe this side and gave it; whether that is complete, and too little.

    Of rows of a kind, and of forms of many rows, it is the return that is given. Of what nothing is due yet nothing is
    complete.
    """
    dataset = book.datasets[figure.dataset]
    of_return = bool(figure.where) or not dataset.one_row
    lines = [] if of_return else [line for line in measures_of(dataset) if line.name in side.columns]
    counted, nil, exempt = pl.col("counted"), pl.lit(value=False), pl.lit(value=False)
    for line in lines:
        counted &= pl.col(f"{line.name}:part").is_not_null()
        nil |= pl.col(f"{line.name}:nil") if line.nil else nil
        exempt |= pl.col(f"{line.name}:exempt") if line.applies is not None else exempt
    named = {"counted": counted, "nil": nil, "exempt": exempt.fill_null(value=False)}
    counts = outcomes(**{name: pl.col(f"{name}_all") for name in named})
    return (
        counties.filter(
            pl.col("period") == side.period, pl.col("county_code").is_in(codes_of(book, side.group, side.period))
        )
        .select(
            **area_counts(),
            **{f"{name}_all": one.sum().cast(pl.Int64) for name, one in named.items()},
        )
        .select(
            due=counts["due"],
            counted=counts["counted"] + counts["nil"],
            complete=complete(counts, pl.lit(any(line.required for line in lines) or of_return))
            & (pl.col("owing") > 0),
            partial=partial(counts, percent) | (pl.col("owing") == 0),
        )
    )


def state() -> pl.Expr:
    """What is known of a figure; what only grows with more returns, or only falls, is settled beyond its bound."""
    difference, tolerance, relation = (pl.col(name) for name in ("difference", "tolerance", "relation"))
    above, below = difference > tolerance, difference < -tolerance
    differs = ((relation != "ge") & above) | ((relation != "le") & below)
    way = pl.col("moves")
    settled = (
        ((way == "up") & pl.when(relation == "ge").then(~below).otherwise(above))
        | ((way == "down") & pl.when(relation == "le").then(~above).otherwise(below))
        | ((way == "away") & differs)
    )
    return (
        pl.when(pl.col("value").is_null())
        .then(pl.lit("unknown"))
        .when(~pl.col("complete") & ~settled)
        .then(pl.lit("incomplete"))
        .otherwise(pl.when(differs).then(pl.lit("differs")).otherwise(pl.lit("holds")))
    )


def moves(dataset: Dataset, figure: Figure) -> str:
    """Where more returns can only move it: `up`, `down`, `away` from what was published; nothing of any other."""
    signed = figure.aggregate == "sum" and dataset[figure.column or ""].signed
    return "" if signed else MOVES.get(figure.aggregate, "")


def codes_of(book: Codebook, scope: str, period: str) -> list[str]:
    """The counties of a group that are in force in a period."""
    return [d.county_code for d in book.members(scope, period)]
