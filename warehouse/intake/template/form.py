"""What the writer is told: a form with its limits and its rules in words. Does not belong here: how they look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from warehouse.codebook import Dataset
from warehouse.messages.finding import Severity

# When a rule is looked at: while the cells are typed, partly so, or only once the return is sent.
Seen = Literal["typed", "partly", "sent"]


@dataclass(frozen=True)
class Place:
    """Where a column stands in the row at hand, and its whole range: `$B2` and `$B$2:$B$201`."""

    cell: str
    all: str

    def __str__(self) -> str:
        return self.cell


@dataclass(frozen=True)
class Limit:
    """What colours cells: the `columns` of a row where the spreadsheet formula `wrong` is true.

    The formula names columns in braces: `{loan_households}` is the cell of the row at hand, `{village_code.all}` the
    whole column. It speaks of cells as they are typed, in the units of the headers.
    """

    severity: Severity
    columns: tuple[str, ...]
    wrong: str

    def formula(self, places: Mapping[str, Place]) -> str:
        """The spreadsheet formula for the cells that `places` has of its columns."""
        return "=" + self.wrong.format_map(places)


@dataclass(frozen=True)
class RuleText:
    """A rule as the clerk is told it; `general` where it follows from the definition of any form's columns."""

    rule: str
    severity: Severity
    reason_zh: str
    reason_en: str
    columns: tuple[str, ...]
    general: bool
    seen: Seen


@dataclass(frozen=True)
class Allowed:
    """From where to where a cell may be, in its base unit, by all rules together and the values of the last return.

    Outside the return is wrong or, where `severity` is warning, doubtful; None where there is no such end.
    """

    severity: Severity
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class LastReturn:
    """The last accepted return of an earlier period: its rows, values by column as they are stored."""

    period: str
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Form:
    """A dataset that goes into the template; `vertical` with an indicator a row, as statistics offices have it.

    `allowed` are the bounds of a form of one row by column, the narrowest last; `last` is what the county sent before.
    """

    dataset: Dataset
    limits: tuple[Limit, ...] = ()
    told: tuple[RuleText, ...] = ()
    vertical: bool = False
    allowed: Mapping[str, tuple[Allowed, ...]] = field(default_factory=dict)
    last: LastReturn | None = None
