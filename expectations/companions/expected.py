"""What is expected of each column by a county's past and its peers, and the bounds of both.

Belongs here: the companion. Does not belong here: how growth (`growth.py`) and level (`level.py`) are found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from expectations.companions.growth import growth_bounds
from expectations.companions.level import STATISTICS, level_bounds, other_sizes, sizes
from expectations.companions.peer_groups import least_reach, parameters
from warehouse.codebook import Dataset
from warehouse.store.prior_state import PriorState

EXPECTED = "expected_"
GROWTH_LOW, GROWTH_HIGH = "growth_low_", "growth_high_"
LEVEL_LOW, LEVEL_HIGH = "level_low_", "level_high_"
SHOWN_FIGURES = 4
LABELS = {
    EXPECTED: ("按以往和同类县推算的数:", "what the past and the peers let expect of "),
    GROWTH_LOW: ("按上期和同类县增幅推算的下限:", "the lower bound by the past and the peers' growth of "),
    GROWTH_HIGH: ("按上期和同类县增幅推算的上限:", "the upper bound by the past and the peers' growth of "),
    LEVEL_LOW: ("按同类县水平推算的下限:", "the lower bound by the peers' level of "),
    LEVEL_HIGH: ("按同类县水平推算的上限:", "the upper bound by the peers' level of "),
}


@dataclass(frozen=True)
class ExpectedBounds:
    """Of each column, in its base unit, as floats: `expected_`, `growth_low_`, `growth_high_`, `level_low_`,
    `level_high_`; null where they are not evaluated.

    What is expected is the county's own past times the peers' growth; where that cannot be told, the peers' level times
    its size. The bounds of the level are wider where those of growth are there: a county may differ as it always has.
    """

    columns: tuple[str, ...]
    absent: ClassVar[None] = None
    of_peers: ClassVar[bool] = True

    def partner(self, dataset: Dataset) -> str:
        """The form itself, of earlier periods and other counties."""
        return dataset.label_zh

    def label(self, name: str) -> tuple[str, str] | None:
        """What a joined column is called in zh and en, before its column's label; None for any other column."""
        return next((label for prefix, label in LABELS.items() if name.startswith(prefix)), None)

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with the five columns of each."""
        place, others = ["county_code", *dataset.keys], other_sizes(known, dataset, self.columns, period)
        grown = growth_bounds(known, dataset, self.columns, period).pipe(self._wide, place, ("expected", "low", "high"))
        level = level_bounds(known, dataset, self.columns, period, others)
        limits = parameters(known.book, dataset, self.columns, "level").collect().rows_by_key("column", named=True)
        return (
            rows.join(grown, on=place, how="left", maintain_order="left")
            .join(self._wide(level, ["county_code"], STATISTICS), on="county_code", how="left", maintain_order="left")
            .join(others, on="county_code", how="left", maintain_order="left")
            .select(
                *rows.collect_schema().names(),
                *(e for c, size in sizes(known, dataset, self.columns).items() for e in _bounds(c, size, limits[c][0])),
            )
        )

    def _wide(self, found: pl.LazyFrame, place: list[str], values: tuple[str, ...]) -> pl.LazyFrame:
        """One row per place: each value of each column as `value column`."""
        told = found.collect()
        wide = told.pivot("column", on_columns=list(self.columns), index=place, values=list(values), separator=" ")
        return wide.lazy()


def _bounds(column: str, size: pl.Expr, limit: Mapping[str, float]) -> list[pl.Expr]:
    """The five columns of one, of rows with what growth and level say; `limit` has the parameters of its level."""

    def of(name: str) -> pl.Expr:
        return pl.col(f"{name} {column}")

    expected = pl.when(size > 0).then(of("middle").exp() * size)
    multiple = pl.when(of("low").is_null()).then(limit["multiple"]).otherwise(limit["multiple_with_past"])
    factor, reach = (multiple * of("scale")).exp(), least_reach(expected, limit["grain"], limit["noise"])
    least = pl.when(of("some_zero")).then(0.0).otherwise(expected / factor)
    bounds = {
        GROWTH_LOW: of("low"),
        GROWTH_HIGH: of("high"),
        LEVEL_LOW: pl.min_horizontal(pl.when(expected.is_not_null()).then(least), (expected - reach).clip(0)),
        LEVEL_HIGH: pl.max_horizontal(expected * factor, expected + reach),
    }
    # Rounded as they are shown: what a clerk reads is what is asked.
    rounded = (bound.round_sig_figs(SHOWN_FIGURES).alias(f"{name}{column}") for name, bound in bounds.items())
    return [pl.coalesce(of("expected"), expected).alias(f"{EXPECTED}{column}"), *rounded]
