"""A published figure that held and no longer does, and the return that did it, in words.

Does not belong here: finding it (`warehouse.lineage.lapses`).
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from warehouse.reports.findings_text import county_label, dataset_label


class LapsedFigure(BaseModel):
    """A figure of the scorecard that held in snapshot `since`: what it was then and is now, and its state now.

    `returns` counts those of its counties that count now and did not then, or the other way round. The one named is
    that which moves it most; `change` is by how much, None where there is no figure without it. All None without one:
    then the program is another, its definitions, or which periods are open.
    """

    model_config = ConfigDict(frozen=True)

    figure: str
    label_zh: str
    label_en: str
    since: str
    state: str
    before: Decimal | None
    value: Decimal | None
    published: Decimal
    returns: int
    county_code: str | None = None
    dataset: str | None = None
    period: str | None = None
    file: str | None = None
    receipt: int | None = None
    change: Decimal | None = None

    @property
    def message_zh(self) -> str:
        """In a line, for the province."""
        moved = f"({_amount(self.before)} → {_amount(self.value)},公布 {_amount(self.published)})"
        return f"公布数“{self.label_zh}”自快照 {self.since} 以来不再相符{moved}:{self._mover[0]}"

    @property
    def message_en(self) -> str:
        """The same in English."""
        moved = f"{_amount(self.before)} -> {_amount(self.value)}, published {_amount(self.published)}"
        now = self.state if self.state == "differs" else f"is {self.state}"
        return f"{self.figure} ({self.label_en}) held in snapshot {self.since}, now it {now}: {moved}; {self._mover[1]}"

    @property
    def _mover(self) -> tuple[str, str]:
        if self.county_code is None:
            return (
                "没有报表变动,系程序、定义或开放的报告期不同",
                "no return changed, so it is the program, its definitions or which periods are open",
            )
        whose = f"{county_label(self.county_code)} {dataset_label(self.dataset)} {self.period} {self.file}"
        by = "" if self.change is None else f" {_amount(self.change, '+')}"
        return (
            f"变动的 {self.returns} 份报表中,影响最大的是 {whose}{by}",
            f"of {self.returns} returns that changed, most by {whose}{by}",
        )


def _amount(value: Decimal | None, sign: str = "") -> str:
    return "-" if value is None else f"{value.normalize():{sign},f}"
