"""What matters first: the fewest cells that carry nearly all of what could be wrong.

Does not belong here: how much a finding may make wrong (`Finding.score`), how that reads (`warehouse.reports`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import accumulate
from typing import Any

from pydantic import BaseModel, ConfigDict

# Of what could be wrong, how much the cells carry that are looked at first; and how many cells are named, whatever they
# carry: where one slip of 10^8 is all there is, those after it matter no less once it is corrected.
PERCENT, NAMED = 90, 5
# Sums of floats are off by some last bits: of ten alike nine are enough.
SLACK = 1e-9


class CellScore(BaseModel):
    """A cell that is doubted, by whatever findings: whose, where, its score, the likeliest proposal in a line.

    `cells` are those that all of its findings look at, joined by `;`: nearly always one.
    """

    model_config = ConfigDict(frozen=True)

    county_code: str | None
    period: str | None
    dataset: str | None
    file: str
    sheet: str | None
    cells: str | None
    score: float
    proposed: str | None


class Priorities(BaseModel):
    """How many `cells`, of all `of` that are doubted, carry PERCENT of the sum of their scores: the fewest that do.

    `first` are those of the largest score, NAMED at the most.
    """

    model_config = ConfigDict(frozen=True)

    cells: int
    of: int
    first: tuple[CellScore, ...]


def priorities(rows: Iterable[Mapping[str, Any]]) -> Priorities | None:
    """What open findings, as tables have them (`Finding.row`), say is to be looked at first; None where none of them
    may make anything wrong.

    Findings of one return that look at the same cell and have one score are about one thing that may be wrong.
    """
    scored = sorted(map(_cell_score, _by_cell(rows)), key=lambda cell: -cell.score)
    if not scored:
        return None
    carried = list(accumulate(cell.score for cell in scored))
    enough = next(n for n, sum_ in enumerate(carried, start=1) if 100 * sum_ >= (PERCENT - SLACK) * carried[-1])
    return Priorities(cells=enough, of=len(scored), first=tuple(scored[:NAMED]))


def _by_cell(rows: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    groups: list[list[Mapping[str, Any]]] = []
    places: dict[Hashable, int] = {}
    for row in rows:
        if not row["score"]:
            continue
        of = tuple(row[name] for name in ("receipt", "county_code", "period", "dataset", "sheet", "score"))
        keys = [(*of, cell) for cell in _cells(row)]
        place = next((places[key] for key in keys if key in places), len(groups))
        groups += [[]] if place == len(groups) else []
        groups[place].append(row)
        for key in keys:
            places.setdefault(key, place)
    return groups


def _cells(row: Mapping[str, Any]) -> list[str]:
    return (row["cells"] or "").split(";")


def _cell_score(rows: list[Mapping[str, Any]]) -> CellScore:
    """What the findings of a cell say of it together."""
    shared = [cell for cell in _cells(rows[0]) if all(cell in _cells(row) for row in rows)]
    proposed = next((row["proposed"] for row in rows if row["proposed"]), None)
    return CellScore.model_validate({**rows[0], "cells": ";".join(shared) or rows[0]["cells"], "proposed": proposed})
