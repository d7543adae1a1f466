"""What is known of a published figure: who gave it, who gave what it is set beside, and the state that follows.

Belongs here: the counties of both sides of a figure. Does not belong here: its value (`mart_scorecard.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from warehouse.codebook import Codebook, Dataset, Figure
from warehouse.marts.coverage import OF_AREA, complete, outcomes, partial
from warehouse.marts.measures import Measure

# Figures that set their scope beside the whole province.
AGAINST_THE_PROVINCE = ("share", "growth_lead")
COVERED = ("numerator_due", "numerator_counted", "base_due", "base_counted", "complete", "partial")
GIVEN = ("counted", "nil", "exempt")
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


def side_counts(
    book: Codebook, figures: Sequence[Figure], lines: Sequence[Measure], counties: pl.DataFrame
) -> list[dict[str, Any]]:
    """Of each side (`at` 0 itself, 1 its base) of figures of a dataset: OF_AREA and GIVEN of its counties, whether they
    owe it by the form, and where the figure `moves`.

    `counties` are `county_sums` of these lines, collected: there is one pass over them for all figures.
    """
    both = [(f, at, side) for f in figures for at, side in enumerate((own_of(f), base_of(f))) if side]
    measured = [(f, at, _measured(book, f, side, lines), side) for f, at, side in both]
    sums = counties.select(
        expression.alias(f"{figure.figure} {at} {name}")
        for figure, at, own, side in measured
        for name, expression in _counts(book, side, own).items()
    ).row(0, named=True)
    return [
        {
            "figure": figure.figure,
            "at": at,
            "required": not own or any(line.required for line in own),
            "moves": moves(book.datasets[figure.dataset], figure),
            **{name: sums[f"{figure.figure} {at} {name}"] for name in (*OF_AREA, *GIVEN)},
        }
        for figure, at, own, _ in measured
    ]


def _measured(book: Codebook, figure: Figure, side: Side, lines: Sequence[Measure]) -> list[Measure]:
    """The lines that a county gives of a side; of rows of a kind, and of forms of many rows, it gives the return."""
    if figure.where or not book.datasets[figure.dataset].one_row:
        return []
    return [line for line in lines if line.name in side.columns]


def _counts(book: Codebook, side: Side, lines: Sequence[Measure]) -> dict[str, pl.Expr]:
    own = (pl.col("period") == side.period) & pl.col("county_code").is_in(codes_of(book, side.group, side.period))
    false = pl.lit(value=False)
    counted, nil, exempt = pl.col("counted"), false, false
    for line in lines:
        counted &= pl.col(f"{line.name}:part").is_not_null()
        nil |= pl.col(f"{line.name}:nil") if line.nil else false
        exempt |= false if line.applies is None else pl.col(f"{line.name}:exempt").fill_null(value=False)
    which = (pl.lit(value=True), pl.col("counted"), pl.col("quarantined"), counted, nil, exempt)
    return {name: (own & one).sum().cast(pl.Int64) for name, one in zip((*OF_AREA, *GIVEN), which, strict=True)}


def covered(sides: Sequence[Mapping[str, Any]], percent: int) -> pl.DataFrame:
    """One row per figure: how many counties owe it and gave it (COVERED), and where it `moves`; from `side_counts`.

    Of what nothing is due yet nothing is complete.
    """
    texts, whole = dict.fromkeys(("figure", "moves"), pl.String), dict.fromkeys(("at", *OF_AREA, *GIVEN), pl.Int64)
    counts = outcomes(*(pl.col(name) for name in GIVEN))
    told = pl.DataFrame(sides, {**texts, **whole, "required": pl.Boolean}).select(
        "figure",
        "at",
        "moves",
        due=counts["due"],
        counted=counts["counted"] + counts["nil"],
        complete=complete(counts, pl.col("required")) & (counts["due"] > 0),
        partial=partial(counts, percent) | (counts["due"] == 0),
    )
    own, base = (told.filter(at=at) for at in (0, 1))
    return own.join(base, on="figure", how="left", suffix="_base").select(
        "figure",
        "moves",
        numerator_due="due",
        numerator_counted="counted",
        base_due="due_base",
        base_counted="counted_base",
        complete=pl.col("complete") & pl.col("complete_base").fill_null(value=True),
        partial=pl.col("partial") | pl.col("partial_base").fill_null(value=False),
    )


def counted_by_codebook(figure: Figure, count: int) -> dict[str, Any]:
    """The counts of a figure that is of counties, which the codebook has: all of them are there."""
    whole = dict.fromkeys((*OF_AREA[:2], "counted"), count)
    none = dict.fromkeys(("at", OF_AREA[2], "nil", "exempt"), 0)
    return {"figure": figure.figure, "moves": "", "required": True, **whole, **none}


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
