"""What a companion is. Does not belong here: any companion."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from warehouse.codebook import Dataset
from warehouse.store.prior_state import PriorState


class Companion(Protocol):
    """Something to join."""

    @property
    def of_peers(self) -> bool:
        """Whether its columns come from other counties' returns of the same period: it is joined, and its rules are
        judged, only when those have their verdicts.
        """

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the dataset that it is compared with."""

    @property
    def absent(self) -> str | None:
        """The flag column, or None where there is no other return to miss."""

    def partner(self, dataset: Dataset) -> str:
        """Which other return it is, for a person."""

    def label(self, name: str) -> tuple[str, str] | None:
        """What a joined column is called in zh and en, before the label of the column that it is of; None for a column
        that is not its own.
        """

    def join(self, rows: pl.LazyFrame, known: PriorState, dataset: Dataset, period: str) -> pl.LazyFrame:
        """`rows` with the companion's columns; grain and order unchanged, null where there is nothing."""
