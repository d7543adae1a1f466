"""What a figure is made of, in counties: of those that owe it, who is in it, who is not, and why.

Each county that owes a figure is one of these, and they add up to those due:

- counted: its return in force gives a value, be it zero;
- nil: its return says that there is none of all that, and has no value of its own: nothing to add;
- blank: its return leaves the column blank;
- quarantined: nothing is in force, and what came last is quarantined;
- missing: nothing is in force or quarantined: nothing came, or what came was withdrawn.

Not due is to whom a figure does not apply: what is asked `where rural_population > 0`, of a county that has none; an
average or a share of nobody. What no form asks for (`required` is false) a county may leave blank and owes no more:
such a blank keeps no figure from being complete. The county is due and blank all the same, for nobody knows that it has
none; where there are many, the figure is partial.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

NONE = pl.lit(0, pl.Int64)
# Of the return of a county, and of the counties of an area.
OF_RETURN = ("counted", "quarantined")
OF_AREA = ("owing", "in_force", "quarantined")


def area_counts() -> dict[str, pl.Expr]:
    """OF_AREA over rows of counties with OF_RETURN: how many owe the return, have one in force, one quarantined."""
    counts = (pl.col("county_code").count(), pl.col("counted").sum(), pl.col("quarantined").sum())
    return {name: count.cast(pl.Int64) for name, count in zip(OF_AREA, counts, strict=True)}


def outcomes(counted: pl.Expr, nil: pl.Expr, exempt: pl.Expr) -> dict[str, pl.Expr]:
    """Counties by outcome, `due` being all of them, over rows that have OF_AREA; given how many of those in force give
    the figure a value, are nil without one, and cannot have it.
    """
    owing, in_force, quarantined = (pl.col(name) for name in OF_AREA)
    return {
        "due": owing - exempt,
        "counted": counted,
        "nil": nil,
        "blank": in_force - counted - nil - exempt,
        "missing": owing - in_force - quarantined,
        "quarantined": quarantined,
    }


def complete(counts: Mapping[str, pl.Expr], required: pl.Expr) -> pl.Expr:
    """Whether nothing is outstanding: every county due is counted, nil, or blank in what no form asks for."""
    absent = counts["missing"] + counts["quarantined"]
    return (absent == 0) & ((counts["blank"] == 0) | ~required)


def partial(counts: Mapping[str, pl.Expr], percent: int) -> pl.Expr:
    """Whether less than so many percent of the counties due gave it."""
    return 100 * (counts["counted"] + counts["nil"]) < percent * counts["due"]
