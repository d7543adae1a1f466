"""What is wrong or doubtful in a submission: one record a fault, fit for a clerk, an analyst and the ledger."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["critical", "warning", "info"]


class Finding(BaseModel):
    """One fault in one place.

    `cell` is the first cell concerned and `cells` all of them, joined by `;`; both are None where no cell is to
    blame. `county_code`, `period`, `dataset` are None where the fault is the file's. Messages say what was found,
    what was expected and what to do. `explanation` is the county's answer to a query, None where it gave none.
    """

    model_config = ConfigDict(frozen=True)

    receipt: int
    submission: str
    file: str
    sheet: str | None = None
    cell: str | None = None
    cells: str | None = None
    county_code: str | None = None
    period: str | None = None
    dataset: str | None = None
    indicator: str | None = None
    rule: str
    severity: Severity
    found: str
    expected: str
    message_zh: str
    message_en: str
    explanation: str | None = None

    @property
    def open(self) -> bool:
        """Whether somebody has yet to do something about it: an error, or a query that nobody has answered."""
        return self.severity == "critical" or (self.severity == "warning" and self.explanation is None)
