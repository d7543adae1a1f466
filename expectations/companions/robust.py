"""Robust bounds: how far from the others a value may lie before it is asked about.

A value is an outlier where its modified z exceeds 3.5 (Iglewicz and Hoaglin 1993): its distance from the median over
the scale, which is the median absolute deviation times 1.4826 (a standard deviation, were the values normal). The
scale has a floor, for where the others nearly agree a rounding step would otherwise be an outlier.
"""

from __future__ import annotations

import polars as pl

MODIFIED_Z, MAD_TO_SIGMA = 3.5, 1.4826
# The floor of the scale, relative to the median: with it only what lies more than 3.5 x 0.2 = 70 % off the median can
# be an outlier, as a slipped unit, digit or point does, and not a county that differs.
LEAST_RELATIVE_SCALE = 0.2


def bounds(value: pl.Expr, least_scale: pl.Expr, fewest: int) -> tuple[pl.Expr, pl.Expr]:
    """The lower and the upper bound over a group of values; null with fewer than `fewest` or without any scale."""
    median = value.median()
    deviation = (value - median).abs().median() * MAD_TO_SIGMA
    scale = pl.max_horizontal(deviation, least_scale)
    reach = pl.when(value.count() >= fewest, scale > 0).then(MODIFIED_Z * scale)
    return median - reach, median + reach


def relative(value: pl.Expr) -> pl.Expr:
    """The floor relative to the median."""
    return LEAST_RELATIVE_SCALE * value.median().abs()
