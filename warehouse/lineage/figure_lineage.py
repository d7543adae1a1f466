"""The record of a figure explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from warehouse.codebook import Dataset
from warehouse.lineage.comparisons import ComparedColumn
from warehouse.lineage.evidence import Evidence
from warehouse.lineage.figure_release import FigureRelease
from warehouse.lineage.selection import Area
from warehouse.reports.lapsed_figures import LapsedFigure
from warehouse.snapshots.manifest import Manifest

# What the frame of counties has of each: whose it is, what became of it, what it gives, where that stands.
OF_A_COUNTY = (
    "period", "county_code", "name_zh", "state", "value", "receipt", "submission", "file", "sheet",
    "first_row", "last_row", "version", "verdict", "status", "nil", "rows", "known_from", "received_at",
    "reason", "by",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """A number on the way to a figure: what it is, in codes, zh and en."""

    text: str
    text_zh: str
    text_en: str
    value: Decimal | None


@dataclass(frozen=True)
class Texts:
    """The formula in codes, zh and en."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class FigureLineage:
    """A figure and what it is made of.

    `value` is published, `recomputed` is made of what is listed, and so is `coverage`, by the columns of the mart.
    `counties` has a row per county that owes the dataset: its `state` (counted, nil, blank, exempt, quarantined,
    withdrawn, missing), `value`, the return with its file, sheet and rows; `term_1`, `term_2` .. are what enters of it,
    called as `terms` say, where that is more than the value; `inside` says, of a share, whether it is in the group.
    `compared` (`companions.compared`) are the counties of the companion that was asked for. `evidence` is that of a
    county's figure; of none above it. `lapsed` says of a published figure that does not hold when it last did, if ever;
    `release` what the province said of the period, and how the figure was revised since.
    """

    mart: str
    column: str
    period: str
    area: Area
    label_zh: str
    label_en: str
    unit: str
    source: str | None
    dataset: Dataset | None
    manifest: Manifest
    behind: bool
    value: Decimal | None
    recomputed: Decimal | None
    formula: Texts
    parts: tuple[Part, ...]
    due: int
    counted: int
    coverage: Mapping[str, int | bool | None]
    counties: pl.DataFrame
    published: Mapping[str, Any]
    terms: tuple[str, ...] = ()
    companions: tuple[ComparedColumn, ...] = ()
    chosen: ComparedColumn | None = None
    compared: pl.DataFrame = field(default_factory=pl.DataFrame)
    evidence: tuple[Evidence, ...] = ()
    lapsed: LapsedFigure | None = None
    release: FigureRelease = field(default_factory=FigureRelease)

    @property
    def differs(self) -> bool:
        """Whether what is published is not what the listed returns give."""
        coverage = any(self.published[column] != count for column, count in self.coverage.items())
        others = any(one.value != one.recomputed for one in self.companions)
        return self.value != self.recomputed or coverage or others

    @property
    def trouble(self) -> bool:
        """Whether something is not as it must be: the figure, or an original that cannot be read again."""
        return self.differs or any(one.trouble for one in self.evidence)


def as_decimal(value: Any) -> Decimal | None:
    """A figure of a mart, whole or decimal."""
    return None if value is None else Decimal(value)
