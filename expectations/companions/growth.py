"""What a county's own past times its peers' growth says of each column, with bounds round it.

After M. A. Hidiroglou and J.-M. Berthelot, "Statistical editing and imputation for periodic business surveys", Survey
Methodology 12 (1986), 73-83. What differs: a size is what is expected (the past times the median growth) and not the
larger of both values, so that bounds of effects become bounds of the value in closed form; quartile distances have a
floor of their own (`robust.effect_bounds`), and what is small room for chance (`peer_groups.least_reach`).
Does not belong here: values without a past (`level.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from expectations.companions import robust
from expectations.companions.last import references, values_of
from expectations.companions.peer_groups import least_reach, long_values, parameters, peer_groups
from expectations.companions.peers import FEWEST_PEERS
from warehouse.codebook import Dataset
from warehouse.store.prior_state import PriorState

LAST, YEAR_AGO = "last", "year_ago"
STATISTICS = ("growth", "low_effect", "high_effect")


def growth_bounds(known: PriorState, dataset: Dataset, columns: Sequence[str], period: str) -> pl.LazyFrame:
    """One row per county, key and column with a past above zero: `expected`, `low`, `high`, in base units.

    The past is the last period's value and that of the same period last year; a year-to-date figure's is brought to
    the same number of months. The bounds are the lowest and the highest of both; what is expected follows from the
    last period where that can be said. Null where neither has eight peers.
    """
    place = ["county_code", *dataset.keys]
    expected = pl.col("growth") * pl.col("earlier")
    # A reference since which the peers grew that much less alike says nothing besides the other.
    near = pl.col("width") <= pl.col("wider") * pl.col("width").min()
    reach = least_reach(pl.col("expected"), pl.col("grain"), pl.col("noise"))
    low, high = pl.col("expected") / (1 - pl.col("low_effect")), pl.col("expected") * (1 + pl.col("high_effect"))
    return (
        _past(known, dataset, columns, period)
        .join(peer_groups(known.book, period), on="county_code")
        .pipe(_with_peer_growth, known, dataset, columns, period)
        .join(parameters(known.book, dataset, columns, "growth"), on="column")
        .with_columns(expected=expected, width=(1 + pl.col("high_effect")) * (1 - pl.col("low_effect")))
        .with_columns(
            low=pl.min_horizontal(low, (pl.col("expected") - reach).clip(0)),
            high=pl.max_horizontal(high, pl.col("expected") + reach),
        )
        .drop_nulls("expected")
        .sort("width", "against")
        .group_by(*place, "column", maintain_order=True)
        .agg(pl.col("expected").first(), pl.col("low").filter(near).min(), pl.col("high").filter(near).max())
    )


def _past(known: PriorState, dataset: Dataset, columns: Sequence[str], period: str) -> pl.LazyFrame:
    """One row per county, key, column and period compared with (`against`, `reference`): what it had, above zero."""
    ago = f"{int(period[:4]) - 1:04d}{period[4:]}"
    windows = {LAST: ("0000-01", period), YEAR_AGO: (ago, _after(ago))}
    compared = {n: references(known, dataset, period, *window).collect() for n, window in windows.items()}
    periods = pl.concat(one["period"] for one in compared.values()).unique().implode()
    rows = known.rows(dataset).filter(pl.col("period").is_in(periods)).collect().lazy()
    found = [
        _earlier(rows, dataset, columns, period, one.lazy()).with_columns(against=pl.lit(against))
        for against, one in compared.items()
    ]
    return pl.concat(found).filter(pl.col("earlier") > 0).collect().lazy()


def _after(period: str) -> str:
    """The least text above a period's: as the end of a window, it lets in the period and none after it."""
    return f"{period}~"


def _earlier(
    rows: pl.LazyFrame, dataset: Dataset, columns: Sequence[str], period: str, compared: pl.LazyFrame
) -> pl.LazyFrame:
    place = ["county_code", *dataset.keys, "reference"]
    yearly = [column for column in columns if dataset[column].kind == "year_to_date"]
    months = int(period[5:]) / pl.col("reference").str.slice(5).cast(pl.Float64)
    return (
        values_of(rows, dataset, compared, tuple(columns), "")
        .join(compared.select("county_code", reference="period"), on="county_code")
        .pipe(long_values, place, columns, "earlier")
        .with_columns(pl.col("earlier") * pl.when(pl.col("column").is_in(yearly)).then(months).otherwise(1.0))
    )


def _with_peer_growth(
    past: pl.LazyFrame, known: PriorState, dataset: Dataset, columns: Sequence[str], period: str
) -> pl.LazyFrame:
    """The past with the growth of its peers since: those of the county's list, else of all; null where eight are not
    there. In a period of which fewer than eight counties are in, it is the growth up to the last period that had them.
    """
    measured = _measured(known, dataset, period)
    now = known.rows(dataset).filter(pl.col("period") == measured)
    then = past if measured == period else _past(known, dataset, columns, measured)
    since = ["column", "against", "reference"] if measured == period else ["column", "against"]
    place = ["county_code", *dataset.keys]
    pairs = (
        now.pipe(long_values, place, columns, "value")
        .join(then.select(*place, "column", "against", "reference", "earlier"), on=[*place, "column"])
        .join(peer_groups(known.book, measured), on="county_code")
        .join(parameters(known.book, dataset, columns, "growth"), on="column")
        .collect()
        .lazy()
    )
    own, every = (_peer_growth(pairs, keys) for keys in ([*since, "peer_list"], since))
    return (
        past.join(own, on=[*since, "peer_list"], how="left")
        .join(every, on=since, how="left", suffix="_every")
        .with_columns(pl.coalesce(name, f"{name}_every") for name in STATISTICS)
    )


def _measured(known: PriorState, dataset: Dataset, period: str) -> str:
    """The latest period, up to this one, of which enough counties' returns are in to tell how things grew."""
    accepted = known.accepted(dataset).filter(pl.col("period") <= period)
    counties = accepted.group_by("period").agg(pl.col("county_code").n_unique())
    return str(counties.filter(pl.col("county_code") >= FEWEST_PEERS)["period"].max() or period)


def _peer_growth(pairs: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """The median growth and the bounds of the effects of each group of at least eight pairs."""
    growth = (pl.col("value") / pl.col("earlier")).median()
    effect = robust.effects(pl.col("value"), pl.col("earlier"))
    limits = ("floor", "multiple", "least", "deciles", "most")
    low, high = robust.effect_bounds(effect, *(pl.col(name).first() for name in limits))
    found = pairs.group_by(keys).agg(growth=growth, low_effect=low, high_effect=high, pairs=pl.len())
    # Where most have fallen to zero no growth can be told.
    return found.filter(pl.col("pairs") >= FEWEST_PEERS, pl.col("growth") > 0).drop("pairs")
