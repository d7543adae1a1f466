"""Published figures that held and no longer do: which return did it.

A return is put back as it was, all others left as they are: how far that moves the figure is what the return did to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import polars as pl

from warehouse.codebook import Codebook, Figure
from warehouse.lineage.contributions import PLACE, Snapshot
from warehouse.lineage.figure_definition import SCORECARD
from warehouse.lineage.reader import LineageReader
from warehouse.marts.mart_scorecard import entering, value_of
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.snapshots.manifest import read_snapshot, versions
from warehouse.store.in_force import in_force
from warehouse.store.integrity import file_faults

HOLDS = pl.col("state") == "holds"


def lapsed_figures(store: LineageReader, book: Codebook, version: str) -> tuple[LapsedFigure, ...]:
    """The figures that held in the snapshot before this version and do not in it, in the scorecard's order; none where
    one of both has no sound scorecard.
    """
    return tuple(_lapses(store, book, versions(store.root, version)[-2:]))


def lapse_of(store: LineageReader, book: Codebook, figure: str, version: str) -> LapsedFigure | None:
    """How a figure lapsed that does not hold in a snapshot: since the newest one before, of those that are kept, in
    which it held; None where it held in none.
    """
    *earlier, last = versions(store.root, version)
    pairs = ([since, last] for since in reversed(earlier))
    return next((one for pair in pairs for one in _lapses(store, book, pair, figure)), None)


def _lapses(store: LineageReader, book: Codebook, pair: list[str], only: str | None = None) -> Iterator[LapsedFigure]:
    snapshots = [snapshot for version in pair if (snapshot := _with_scorecard(store, version))]
    if len(snapshots) < 2:  # noqa: PLR2004
        return
    then, now = (snapshot.mart(SCORECARD) for snapshot in snapshots)
    held = then.filter(HOLDS).select("figure", before="value")
    lost = now.filter(~HOLDS).join(held, on="figure", maintain_order="left").collect()
    rows = {row["figure"]: row for row in lost.iter_rows(named=True)}
    for figure in book.figures:
        if figure.figure in rows and only in (None, figure.figure):
            yield _lapsed(rows[figure.figure], pair[0], _moves(book, figure, *snapshots))


def _with_scorecard(store: LineageReader, version: str) -> Snapshot | None:
    """The snapshot of a version, where it has a scorecard that is as its manifest names it."""
    manifest = read_snapshot(store.root, version)
    files = {f"marts/{f.path}": f.sha256 for f in manifest.files if f.mart == SCORECARD} if manifest else {}
    if manifest is None or not files or any(file_faults(store.root, files, 0)):
        return None
    return Snapshot(store, manifest, store.ledger())


def _lapsed(row: Mapping[str, Any], since: str, moves: list[dict[str, Any]]) -> LapsedFigure:
    most = max(moves, key=lambda one: inf if one["change"] is None else abs(one["change"]), default={})
    said = {**row, "period": None, **most, "since": since, "returns": len(moves)}
    return LapsedFigure.model_validate({name: said.get(name) for name in LapsedFigure.model_fields})


def _moves(book: Codebook, figure: Figure, then: Snapshot, now: Snapshot) -> list[dict[str, Any]]:
    """One record per return of its counties that counts now and did not then, or the other way round: whose it is, the
    file that counts now, else the one that did, and by how much it changes the figure.
    """
    dataset = book.datasets.get(figure.dataset)
    if dataset is None:
        return []
    periods = [period for period in (figure.period, figure.since) if period]
    codes = {division.county_code for period in periods for division in book.members(entering(figure), period)}
    decisions = [snapshot.decisions(dataset.dataset, periods, codes) for snapshot in (then, now)]
    before, after = (side.rows(dataset, of).collect() for side, of in zip((then, now), decisions, strict=True))
    value = _value(book, figure, after)
    moves = []
    for move in _turned(*decisions).filter(pl.col("county_code").is_in(codes)).iter_rows(named=True):
        own = pl.all_horizontal(pl.col(name) == move[name] for name in PLACE)
        without = _value(book, figure, pl.concat([after.filter(~own), before.filter(own)]))
        change = None if value is None or without is None else value - without
        moves.append({**move, "dataset": dataset.dataset, "change": change})
    return moves


def _turned(then: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """One row per period x county whose return in force is another: PLACE, receipt, file."""
    before, after = (side.lazy().pipe(in_force).select(*PLACE, "receipt", "version", "file") for side in (then, now))
    both = after.join(before, on=PLACE, how="full", coalesce=True, suffix="_then")
    other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_then")) for name in ("receipt", "version"))
    return (
        both.filter(other)
        .select(*PLACE, *(pl.coalesce(name, f"{name}_then") for name in ("receipt", "file")))
        .sort(PLACE)
        .collect()
    )


def _value(book: Codebook, figure: Figure, rows: pl.DataFrame) -> Any:
    return value_of(book, figure, rows.lazy()).collect().item()
