"""A table that is being taken in, with all that its findings need."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.codebook import Dataset
from warehouse.intake.formats.table import Table
from warehouse.intake.layout.header import Header
from warehouse.intake.model.records import ReturnHeader, Status
from warehouse.intake.ownership.evidence import Source, StatedPlace


@dataclass(frozen=True)
class TableContext:
    """A table that is being taken in: its dataset and header, the status of its returns unless a row says it, and what
    the lines above the header say of county and period.
    """

    source: Source
    dataset: Dataset
    table: Table
    header: Header
    status: Status
    above: StatedPlace

    def report(  # noqa: PLR0913, PLR0917  (a finding has that many sides)
        self,
        rule: str,
        found: str,
        expected: str,
        cell: str | None,
        return_header: ReturnHeader | None = None,
        indicator: str | None = None,
    ) -> None:
        """Adds a finding about the table: of `return_header`, or of all returns in it."""
        self.source.reporter.report(
            rule,
            found,
            expected,
            sheet=self.table.sheet,
            cell=cell,
            return_header=return_header,
            dataset=self.dataset.dataset,
            indicator=indicator,
        )
