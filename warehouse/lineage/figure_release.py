"""What the province said of a figure's period, how the figure was revised after that, and what waits to revise it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from warehouse.lineage.contributions import Snapshot
from warehouse.lineage.figure_definition import FigureDefinition
from warehouse.lineage.selection import Area
from warehouse.store import ledger
from warehouse.store.approvals import last_releases
from warehouse.store.waiting_returns import waiting_returns

REVISIONS = "mart_revisions"


@dataclass(frozen=True)
class FigureRelease:
    """Of a figure: `said`, the last word on its period as the ledger has it (None: never approved); `revisions`, the
    rows of `mart_revisions` of it, from the first; `waiting`, the returns of its counties that wait for the period to
    be opened again, rows of the ledger.
    """

    said: Mapping[str, Any] | None = None
    revisions: pl.DataFrame = field(default_factory=pl.DataFrame)
    waiting: pl.DataFrame = field(default_factory=pl.DataFrame)


def figure_release(snapshot: Snapshot, definition: FigureDefinition, period: str, area: Area) -> FigureRelease:
    """What a snapshot says of a figure's period and revisions."""
    own = ledger.RELEASES.c.period == period, ledger.RELEASES.c.run <= snapshot.manifest.run
    said = ledger.read_table(snapshot.engine, ledger.RELEASES, *own).pipe(last_releases).rows(named=True)
    if not said:
        return FigureRelease()
    return FigureRelease(
        said=said[0],
        revisions=_revisions(snapshot, definition, period, area),
        waiting=_waiting(snapshot, definition.dataset.dataset, period, area.counties),
    )


def _revisions(snapshot: Snapshot, definition: FigureDefinition, period: str, area: Area) -> pl.DataFrame:
    figure = {"dataset": definition.dataset.dataset, "indicator": definition.line.name}
    place = {"level": area.level, "code": area.code}
    return snapshot.mart(REVISIONS, period).filter(**figure, **place).sort("revision").collect()


def _waiting(snapshot: Snapshot, dataset: str, period: str, counties: Sequence[str]) -> pl.DataFrame:
    """None of those that came after the snapshot."""
    own = pl.col("county_code").is_in(counties) & (pl.col("run") <= snapshot.manifest.run)
    return waiting_returns(snapshot.engine).filter(own, dataset=dataset, period=period)
