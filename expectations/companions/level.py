"""What a county's peers have for its size of each column, with bounds round it: for what has no past, above all.

Values over sizes are positive and have long tails, so they are compared by their logarithms. Does not belong here: the
county's own past (`growth.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from expectations.companions import robust
from expectations.companions.last import references, values_of
from expectations.companions.peer_groups import long_values, parameters, peer_groups
from expectations.companions.peers import FEWEST_PEERS
from warehouse.codebook import Dataset
from warehouse.codebook.outlier_bounds import LevelSize
from warehouse.store.prior_state import PriorState

STATISTICS = ("middle", "scale", "some_zero")
GROUPS = (("prefecture_code", "peer_list"), ("peer_list",), ())


def level_bounds(
    known: PriorState, dataset: Dataset, columns: Sequence[str], period: str, others: pl.LazyFrame
) -> pl.LazyFrame:
    """One row per county in force and column: `middle` and `scale` of the logarithms of its peers' values over their
    sizes (`others` has those of `other_sizes`), and `some_zero` where zeros are usual.

    Peers are the counties of its prefecture and list; of its list, of the province, where fewer than eight of them
    have any. Null where the province has fewer.
    """
    levels = (
        known.rows(dataset)
        .filter(pl.col("period") == period)
        .join(others, on="county_code", how="left")
        .select(
            "county_code", *(pl.col(c).cast(pl.Float64) / size for c, size in sizes(known, dataset, columns).items())
        )
        .pipe(long_values, ["county_code"], columns, "level")
        .filter(pl.col("level").is_finite())
        .join(peer_groups(known.book, period), on="county_code")
        .collect()
        .lazy()
    )
    log = pl.col("level").filter(pl.col("level") > 0).log()
    found = peer_groups(known.book, period).join(parameters(known.book, dataset, columns, "level"), how="cross")
    for n, group in enumerate(GROUPS):
        keys = ["column", *group]
        middle, scale = log.median().alias(f"middle_{n}"), robust.deviation(log).alias(f"scale_{n}")
        peers = levels.group_by(keys).agg(middle, scale, peers=log.len())
        found = found.join(peers.filter(pl.col("peers") >= FEWEST_PEERS).drop("peers"), on=keys, how="left")
    zeros = levels.group_by("column").agg(zero=(pl.col("level") == 0).mean())
    return found.join(zeros, on="column", how="left").select(
        "county_code",
        "column",
        middle=pl.coalesce(f"middle_{n}" for n, _ in enumerate(GROUPS)),
        scale=pl.max_horizontal(pl.coalesce(f"scale_{n}" for n, _ in enumerate(GROUPS)), "least"),
        some_zero=pl.col("zero") > pl.col("zeros"),
    )


def sizes(known: PriorState, dataset: Dataset, columns: Sequence[str]) -> Mapping[str, pl.Expr]:
    """By what each column is divided, over rows with `other_sizes`."""
    return {column: _size(column, known.book.level_size(dataset.dataset, column)) for column in columns}


def _size(column: str, size: LevelSize | None) -> pl.Expr:
    if size is None or size.size is None or (size.size_dataset, size.size) == (None, column):
        return pl.lit(1.0)
    return pl.col(_joined(size) if size.size_dataset else size.size).cast(pl.Float64)


def _joined(size: LevelSize) -> str:
    return f"size_{size.size_dataset}_{size.size}"


def other_sizes(known: PriorState, dataset: Dataset, columns: Sequence[str], period: str) -> pl.LazyFrame:
    """One row per county in force: the sizes that other forms say, of its latest return of each up to the period."""
    used = (known.book.level_size(dataset.dataset, column) for column in columns)
    found = peer_groups(known.book, period).select("county_code")
    for size in {_joined(size): size for size in used if size and size.size_dataset}.values():
        other, column = known.book.datasets[size.size_dataset or ""], size.size or ""
        latest = references(known, other, period, "0000-01", f"{period}~").collect()
        rows = known.rows(other).filter(pl.col("period").is_in(latest["period"].unique().implode()))
        values = values_of(rows, other, latest.lazy(), (column,), "")
        value = values.select("county_code", pl.col(column).cast(pl.Float64).alias(_joined(size)))
        found = found.join(value, on="county_code", how="left")
    return found.collect().lazy()
