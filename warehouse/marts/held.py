"""Figures above the county that are held: a mart has them as they were known at the run before they moved.

Belongs here: which rows of a mart are held, and taking them from what was known then. Does not belong here: holding
them (`expectations/validation/gate.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from warehouse.codebook import Dataset, Indicator
from warehouse.marts.sources import Sources

AREA = ["period", "level", "code"]


def held_lines(sources: Sources, dataset: Dataset) -> pl.DataFrame:
    """One row per line of a dataset that is held in a period and area: AREA, `indicator`, and `since` which run.

    A ratio is held with the columns that it is made of: it would not be theirs else.
    """
    own = sources.holds.filter(dataset=dataset.dataset).select(*AREA, "indicator", "since")
    made_of = [(one, i.column) for i in dataset.indicators for one in _operands(dataset, i)]
    ratios = pl.DataFrame(made_of, {"indicator": pl.String, "ratio": pl.String}, orient="row")
    follow = own.join(ratios, on="indicator").select(*AREA, "since", indicator="ratio")
    return pl.concat([own, follow.select(own.columns)]).pipe(earliest, [*AREA, "indicator"])


def _operands(dataset: Dataset, indicator: Indicator) -> set[str]:
    """The columns that a ratio is made of, and those that these are made of."""
    own = [name for name in (indicator.roll_up.weight, indicator.roll_up.denominator) if name]
    return {*own, *(deeper for name in own for deeper in _operands(dataset, dataset[name]))}


def earliest(held: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """One row per key: the earliest run that something of it is held since."""
    return held.sort("since").unique(keys, keep="first").select(*keys, "since").sort(keys)


def held_back(build: Callable[[Sources], pl.LazyFrame], sources: Sources, held: pl.DataFrame) -> pl.LazyFrame:
    """What is built of the sources with `held` and `held_since` at the end: the rows of `held`, by its columns before
    `since`, are as they were known after that run, or before anything was. Grain and order unchanged.
    """
    built = build(sources)
    if held.is_empty():
        return built.with_columns(held=pl.lit(value=False), held_since=pl.lit(None, pl.String))
    keys = held.columns[:-1]
    columns = [name for name in built.collect_schema().names() if name not in keys]
    of_run = pl.col("since").eq_missing
    earlier = [
        build(sources.at(run)).join(held.filter(of_run(pl.lit(run, pl.String))).lazy(), on=keys, how="semi")
        for run in held["since"].unique().sort()
    ]
    then = pl.concat(earlier).select(*keys, pl.struct(columns).alias("then"))
    of_rows = held.lazy().with_columns(held=True).rename({"since": "held_since"})
    return (
        built.join(of_rows.select(*keys, "held", "held_since"), on=keys, how="left", maintain_order="left")
        .join(then, on=keys, how="left", maintain_order="left")
        .with_columns(pl.col("held").fill_null(value=False))
        .with_columns(
            pl.when("held").then(pl.col("then").struct.field(name)).otherwise(name).alias(name) for name in columns
        )
        .drop("then")
    )
