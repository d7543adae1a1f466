"""Findings made few, and in order: those of one rule and dataset counted together, those that say the same of many rows
as one; the gravest first, of these what may make most wrong.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from warehouse.messages.finding import Finding, Severity

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
# What has one cause in many columns: a table without units, or a row that nobody filled in.
OF_ONE_CAUSE = ("unit_missing", "unknown_header", "required_present")
CELL = re.compile(r"(?<![A-Z])([A-Z]+)([0-9]+)")
T = TypeVar("T")


class RuleGroup(BaseModel):
    """The findings of one rule in one dataset, with the first of them as an example.

    `dataset` is None where a file is at fault, or one cell of it for several datasets: the county's code on its cover.
    `score` is the largest of theirs, None where they have none.
    """

    model_config = ConfigDict(frozen=True)

    rule: str
    severity: Severity
    dataset: str | None
    findings: int
    counties: int
    file: str
    message_zh: str
    message_en: str
    score: float | None = None


@dataclass(frozen=True)
class Alike:
    """Findings of one file that say the same of different rows; `cells` names all their cells, as C5:C104."""

    first: Finding
    findings: tuple[Finding, ...]
    cells: str

    @property
    def times(self) -> int:
        """How many findings they are, with those that are only counted."""
        return sum(finding.times for finding in self.findings)

    @property
    def where(self) -> str:
        """The sheet and the cells, as far as there are any."""
        return "!".join(part for part in (self.first.sheet, self.cells) if part)


def by_rule(findings: Iterable[Finding]) -> tuple[RuleGroup, ...]:
    """One group per severity x rule x dataset: errors before queries, those that may make most wrong first, then those
    of most findings. The example is the first of `ranked`.
    """
    findings = ranked(findings)
    shared = _shared(findings)
    groups = _grouped(findings, lambda f: (f.severity, f.rule, None if _place(f) in shared else f.dataset))
    made = [
        RuleGroup(
            rule=group[0].rule,
            severity=group[0].severity,
            dataset=None if _place(group[0]) in shared else group[0].dataset,
            findings=sum(f.times for f in group),
            counties=len({f.county_code for f in group if f.county_code}),
            file=group[0].file,
            message_zh=group[0].message_zh,
            message_en=group[0].message_en,
            score=group[0].score,
        )
        for group in groups
    ]
    return tuple(sorted(made, key=lambda g: (*_rank(g), -g.findings, g.rule, g.dataset or "")))


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Errors before queries, of these what may make most wrong first; what has no score last, else as they come."""
    return sorted(findings, key=_rank)


def _rank(one: Finding | RuleGroup) -> tuple[int, float]:
    return SEVERITIES.index(one.severity), inf if one.score is None else -one.score


def _place(finding: Finding) -> Hashable:
    return (finding.receipt, finding.rule, finding.sheet, finding.cells)


def _shared(findings: Iterable[Finding]) -> set[Hashable]:
    """The places where one fault is a finding of several datasets."""
    datasets: dict[Hashable, set[str | None]] = defaultdict(set)
    for finding in findings:
        datasets[_place(finding)].add(finding.dataset)
    return {place for place, names in datasets.items() if len(names) > 1}


def alike(findings: Iterable[Finding]) -> list[Alike]:
    """Findings of one file x rule x sheet that look at the same columns and expect the same, or have one cause, in the
    order of `ranked`, then the most of a kind first.

    What was found may differ from row to row; the first speaks for all. A fault of several datasets at one cell (the
    county's code on the cover) is one too.
    """
    groups = _grouped(ranked(findings), _likeness)
    made = [Alike(group[0], tuple(group), ranges(_cells(group))) for group in groups]
    return sorted(made, key=lambda one: (*_rank(one.first), -one.times))


def _likeness(finding: Finding) -> Hashable:
    place = (finding.file, finding.county_code, finding.period, finding.sheet, finding.rule)
    if finding.rule in OF_ONE_CAUSE:
        return (*place, finding.explanation)
    letters = tuple(sorted(letters for letters, _ in CELL.findall(finding.cells or "")))
    return (*place, letters, finding.severity, finding.indicator, finding.expected, finding.explanation)


def _grouped(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """In order of first appearance."""
    groups: dict[Hashable, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.values())


def _cells(findings: Iterable[Finding]) -> set[tuple[int, int]]:
    pairs = (pair for finding in findings for pair in CELL.findall(finding.cells or ""))
    return {(_number(letters), int(row)) for letters, row in pairs}


def ranges(cells: Iterable[tuple[int, int]], most: int = 6) -> str:
    """Cells (column, row; from 1) as few ranges: `A2`, `C5:C104`, `F2:G9,I2:I9`; after `most`, how many are left."""
    rows_of: dict[int, list[int]] = defaultdict(list)
    for column, row in sorted(set(cells)):
        rows_of[column].append(row)
    # Columns that concern the same rows, then columns side by side.
    blocks = [
        (stretch, columns)
        for rows, same in _by_value(rows_of).items()
        for columns in _runs(same)
        for stretch in _runs(rows)
    ]
    texts = [_range(columns, rows) for rows, columns in sorted(blocks)]
    left = len(texts) - most
    return ",".join(texts[:most]) + (f",… (+{left})" if left > 0 else "")


def _by_value(rows_of: dict[int, list[int]]) -> dict[tuple[int, ...], list[int]]:
    columns: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for column, rows in rows_of.items():
        columns[tuple(rows)].append(column)
    return columns


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each stretch without a gap; the numbers ascend."""

    def offset(numbered: tuple[int, int]) -> Any:
        place, number = numbered
        return number - place

    stretches = ([number for _, number in run] for _, run in groupby(enumerate(numbers), offset))
    return [(run[0], run[-1]) for run in stretches]


def _range(columns: tuple[int, int], rows: tuple[int, int]) -> str:
    first, last = f"{_letters(columns[0])}{rows[0]}", f"{_letters(columns[1])}{rows[1]}"
    return first if first == last else f"{first}:{last}"


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
