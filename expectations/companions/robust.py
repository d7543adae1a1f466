"""Robust bounds: how far from the others a value may lie before it is asked about.

A value is an outlier where its modified z exceeds 3.5 (Iglewicz and Hoaglin 1993): its distance from the median over
the scale, which is the median absolute deviation times 1.4826 (a standard deviation, were the values normal). The
scale has a floor, for where the others nearly agree a rounding step would otherwise be an outlier.
"""

from __future__ import annotations

from math import inf

import polars as pl

MODIFIED_Z, MAD_TO_SIGMA = 3.5, 1.4826
# The floor of the scale, relative to the median: with it only what lies more than 3.5 x 0.2 = 70 % off the median can
# be an outlier, as a slipped unit, digit or point does, and not a county that differs.
LEAST_RELATIVE_SCALE = 0.2


def bounds(value: pl.Expr, least_scale: pl.Expr, fewest: int) -> tuple[pl.Expr, pl.Expr]:
    """The lower and the upper bound over a group of values; null with fewer than `fewest` or without any scale."""
    median = value.median()
    scale = pl.max_horizontal(deviation(value), least_scale)
    reach = pl.when(value.count() >= fewest, scale > 0).then(MODIFIED_Z * scale)
    return median - reach, median + reach


def deviation(value: pl.Expr) -> pl.Expr:
    """The median absolute deviation, as a standard deviation."""
    return (value - value.median()).abs().median() * MAD_TO_SIGMA


def relative(value: pl.Expr) -> pl.Expr:
    """The floor relative to the median."""
    return LEAST_RELATIVE_SCALE * value.median().abs()


def effects(value: pl.Expr, earlier: pl.Expr, exponent: float = 0.0) -> pl.Expr:
    """The effect of each change from `earlier`, above zero, to `value` among those of a group: how far its ratio is
    from the group's median, alike for rise and fall (1 where it is twice, -1 where it is half, -inf where it is zero),
    times the larger of both to the `exponent` U, so that of equal ratios a large unit's weighs more.
    """
    ratio = value / earlier
    median = ratio.median()
    symmetric = pl.when(ratio >= median).then(ratio / median - 1).otherwise(1 - median / ratio)
    return symmetric * pl.max_horizontal(value, earlier) ** exponent


def effect_bounds(  # noqa: PLR0913, PLR0917
    effect: pl.Expr,
    floor: pl.Expr,
    multiple: pl.Expr,
    least: pl.Expr | float = 0.0,
    deciles: pl.Expr | float = 0.0,
    most: pl.Expr | float = inf,
) -> tuple[pl.Expr, pl.Expr]:
    """The bounds of a group's effects: the median less, and plus, C (`multiple`) times the distance of the quartiles
    from it, which is at least A (`floor`) times the median's amount. So Hidiroglou and Berthelot (1986).

    Besides, the distance is at least `least`: the median of effects is next to zero, and where the peers agree a
    rounding step would be an outlier. And a bound is no nearer than `deciles` times the distance of the outer deciles:
    where most agree and a tenth moves freely, quartiles know nothing of that tenth. That counts up to `most`: a tenth
    that is all slips moves the outer deciles.
    """
    lowest, low, median, high, highest = (effect.quantile(q, "linear") for q in (0.1, 0.25, 0.5, 0.75, 0.9))
    short = pl.max_horizontal(floor * median.abs(), least)

    def reach(quartile: pl.Expr, decile: pl.Expr) -> pl.Expr:
        outer = pl.min_horizontal(deciles * decile, most)
        return pl.max_horizontal(multiple * pl.max_horizontal(quartile, short), outer)

    return median - reach(median - low, median - lowest), median + reach(high - median, highest - median)
