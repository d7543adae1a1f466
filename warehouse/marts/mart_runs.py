"""Runs: when each was, what it received, what it decided, how much it found."""

from __future__ import annotations

import polars as pl

from warehouse.marts.sources import Sources
from warehouse.store.journal_records import COUNTED


def build(sources: Sources) -> pl.LazyFrame:
    """One row a run that received, decided or said anything, oldest first; no compaction, for it tells nothing.

    `received_at` is the time that is given to the run, in UTC (ISO 8601), from which what it decided is known. `files`
    count what was received, archives and their members too; `decided` are returns, of which `accepted`,
    `quarantined` and `withdrawn` are the verdicts; `findings` are as many as the run told, also those that a later
    verdict overtook. Which snapshot has a run first is not said: it is no part of what is known.
    """
    return (
        sources.run_list.lazy()
        .select(
            "run",
            kind="flow",
            received_on=pl.col("received_at").dt.date(),
            received_at=pl.col("received_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **{name: pl.col(name) for name in COUNTED},
        )
        .sort("run")
    )
