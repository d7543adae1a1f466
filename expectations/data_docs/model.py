"""What a page shows: a batch and its checks, sorted into what failed, what passed and what could not be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SEVERITIES = {"critical": ("错误", "error"), "warning": ("待核", "query"), "info": ("提示", "note")}


@dataclass(frozen=True)
class Line:
    """A check as a page shows it. `says` is HTML by Great Expectations, `words` the same with the columns' labels."""

    rule: str
    severity: str
    reasons: tuple[str, str]
    source: str
    says: str
    words: tuple[str, str]
    rows: int
    missing: int
    failing: int
    columns: tuple[str, ...]
    examples: tuple[Mapping[str, Any], ...]

    @property
    def state(self) -> str:
        """`failed`, `passed`, or `skipped` where no row could be held to it."""
        if self.failing:
            return "failed"
        return "passed" if self.missing < self.rows else "skipped"

    @property
    def percent(self) -> float:
        """How many of the rows that were evaluated fail, in percent."""
        return 100 * self.failing / (self.rows - self.missing)


@dataclass(frozen=True)
class Page:
    """A batch as its page and the index show it."""

    name: str
    dataset: str
    period: str
    label: tuple[str, str]
    labels: Mapping[str, tuple[str, str]]
    returns: int
    version: str
    lines: tuple[Line, ...]

    def of(self, state: str) -> list[Line]:
        """The checks in a state, the gravest first, then those that most rows fail."""
        order = list(SEVERITIES)
        lines = (line for line in self.lines if line.state == state)
        return sorted(lines, key=lambda line: (order.index(line.severity), -line.failing))

    def failed(self, severity: str) -> int:
        """How many checks of a severity fail."""
        return sum(1 for line in self.of("failed") if line.severity == severity)

    def by_rule(self, state: str) -> dict[str, list[Line]]:
        """The checks in a state by rule, in the suite's order."""
        rules: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.state == state:
                rules.setdefault(line.rule, []).append(line)
        return rules
