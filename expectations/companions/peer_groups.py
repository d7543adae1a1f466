"""Who is whose peer, and what the codebook says of how far from its peers a column may lie.

Does not belong here: what is compared (`growth.py`, `level.py`), rates and single ratios (`peers.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from warehouse.codebook import Codebook, Dataset, Indicator
from warehouse.codebook.outlier_bounds import PARAMETERS, Method

# A percentage is given to a tenth.
GRAIN_OF_SHARE = 0.1
PEER_LISTS = ("deep_poverty", "poverty_counties")
LEAST_NOISE = 2.0


def peer_groups(book: Codebook, period: str) -> pl.LazyFrame:
    """One row per county in force: county_code, prefecture_code, peer_list (deep poverty, the poverty list, or none:
    counties of one list are peers).
    """
    lists = {d.county_code: name for name in reversed(PEER_LISTS) for d in book.members(name, period)}
    rows = [(d.county_code, d.prefecture_code, lists.get(d.county_code, "none")) for d in book.in_force(period)]
    # With types: of a period before there were counties there is no row to take them from.
    return pl.LazyFrame(rows, dict.fromkeys(("county_code", "prefecture_code", "peer_list"), pl.String), orient="row")


def parameters(book: Codebook, dataset: Dataset, columns: Sequence[str], method: Method) -> pl.LazyFrame:
    """One row per column: `column`, `grain` and the method's parameters for its kind, as floats."""
    names = PARAMETERS[method]
    rows = [
        (c, _grain(book, dataset[c]), *(book.outlier_bound(method, dataset[c], name) for name in names))
        for c in columns
    ]
    types = dict.fromkeys(("grain", *names), pl.Float64)
    return pl.LazyFrame(rows, {"column": pl.String, **types}, orient="row")


def _grain(book: Codebook, indicator: Indicator) -> float:
    """The step in which a clerk writes it, in base units: 10000 yuan below 万元."""
    if indicator.input_unit:
        return float(book.spellings[indicator.input_unit].factor)
    return GRAIN_OF_SHARE if indicator.unit.unit == "percent" else 1.0


def least_reach(expected: pl.Expr, grain: pl.Expr | float, noise: pl.Expr | float) -> pl.Expr:
    """How far from what is expected any value may lie: by chance counts scatter by their root."""
    return grain * (LEAST_NOISE + noise * (expected / grain).sqrt())


def long_values(rows: pl.LazyFrame, place: Sequence[str], columns: Sequence[str], name: str) -> pl.LazyFrame:
    """One row per row and column that has a value: `place`, `column`, the value as a float under `name`."""
    values = rows.select(*place, pl.col(columns).cast(pl.Float64))
    return values.unpivot(columns, index=place, variable_name="column", value_name=name).drop_nulls(name)
