"""What is wrong or doubtful in a submission: one record a fault, fit for a clerk, an analyst and the ledger.

Of faults of one kind the first are records, the others a number: a small file can hold a million of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["critical", "warning", "info"]
# Of what is wrong in the same way in very many places: so many are told one by one, the others counted.
MOST_ALIKE = 100
# So many of one file are told, and then one of each kind.
MOST_TOLD = 2_000


class Change(BaseModel):
    """One cell that would be another: `found` and `value` are exact numbers in base units, as text, `found` None of a
    blank; `cell` is None where the sheet has none. `how` is the slip that it undoes, by its name.
    """

    model_config = ConfigDict(frozen=True)

    cell: str | None
    indicator: str
    found: str | None
    value: str
    how: str

    @property
    def text(self) -> str:
        """The change in a line: `D7: 2478 -> 2487`."""
        return f"{self.cell or self.indicator}: {self.found} -> {self.value}"


class Proposal(BaseModel):
    """What would set a finding right: changes of one return that belong together. Nobody makes them but the county."""

    model_config = ConfigDict(frozen=True)

    changes: tuple[Change, ...]

    @property
    def text(self) -> str:
        """Its changes in a line."""
        return "; ".join(change.text for change in self.changes)


class Finding(BaseModel):
    """One fault in one place.

    `cell` is the first cell concerned and `cells` all of them, joined by `;`; both are None where no cell is to
    blame. `county_code`, `period`, `dataset` are None where the fault is the file's. Messages say what was found,
    what was expected and what to do. `explanation` is the county's answer to a query, None where it gave none.
    `more` counts those like it, of the same return, that are not told one by one; its messages say so. `proposals` are
    what would set it right, the likeliest first. `score` is how much of the published totals it may make wrong, in
    percent of them; None where that is not known.
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
    # Left out of what is written where it is 0, as it nearly always is.
    more: int = Field(default=0, exclude_if=lambda more: not more)
    # As are these where there are none.
    proposals: tuple[Proposal, ...] = Field(default=(), exclude_if=lambda proposals: not proposals)
    score: float | None = Field(default=None, exclude_if=lambda score: score is None)

    @property
    def proposed(self) -> str | None:
        """The likeliest proposal in a line; None without one."""
        return self.proposals[0].text if self.proposals else None

    @property
    def row(self) -> dict[str, int | float | str | None]:
        """What tables say of it: see OF_ONE."""
        return {name: getattr(self, name) for name in OF_ONE}

    @property
    def times(self) -> int:
        """How many findings it stands for: itself, and those like it that are only counted."""
        return 1 + self.more

    @property
    def open(self) -> bool:
        """Whether somebody has yet to do something about it: an error, or a query that nobody has answered."""
        return self.severity == "critical" or (self.severity == "warning" and self.explanation is None)


# What a finding says of itself alone, as tables have it.
OF_ONE = (*(name for name in Finding.model_fields if name not in ("more", "proposals")), "proposed")


@dataclass
class FindingExamples:
    """Findings in the order in which they are found: of a kind MOST_ALIKE at the most, the last saying how many more.

    A kind is what shares a verdict and an answer: findings of different returns are never of one kind. Of a file with
    MOST_TOLD findings each further kind has one, which nothing may be without. `told` grows with what is found; how
    many more there are is in it once they are `counted`.
    """

    told: list[Finding] = field(default_factory=list)
    of_files: Counter[int] = field(default_factory=Counter)
    kinds: dict[Hashable, _Kind] = field(default_factory=dict)

    def add(self, kind: Hashable, make: Callable[[], Finding], times: int = 1) -> None:
        """Takes in `times` findings of a kind; `make` says the first of them, where it is to be told."""
        known = self.kinds.setdefault(kind, _Kind())
        if known.told < (MOST_ALIKE if self.of_files[known.receipt] < MOST_TOLD else 1):
            finding = make()
            known.told, known.last, known.receipt = known.told + 1, len(self.told), finding.receipt
            self.told.append(finding)
            self.of_files[finding.receipt] += 1
            times -= 1
        known.more += times

    def counted(self) -> list[Finding]:
        """All that was found, once nothing more will be: of each kind the last says how many more there are."""
        for known in self.kinds.values():
            if known.more:
                self.told[known.last] = _with_more(self.told[known.last], known.more)
        return self.told


@dataclass
class _Kind:
    """How many findings of a kind are told, of which file, where the last stands, and how many more there are."""

    told: int = 0
    receipt: int = 0
    last: int = 0
    more: int = 0


def _with_more(finding: Finding, more: int) -> Finding:
    said = {
        "message_zh": f"{finding.message_zh}同样的问题另有 {more} 处,不逐一列出。",
        "message_en": f"{finding.message_en} {more} more like it are not told one by one.",
    }
    return finding.model_copy(update={"more": more, **said})
