"""Questions: checks that ask the same of different columns, asked once of those columns stacked.

`not_negative` of twelve columns is one question; so is `{0} >= {1}` of all columns that critical rules compare so, of
whichever dataset. Great Expectations itself takes some 4 ms an expectation and 15 ms a checkpoint whatever the rows and
the engine, so a night asks some hundreds of questions instead of thousands (measured, docs/adr/0001). The rules and
suites know nothing of it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import great_expectations.expectations as core
import polars as pl

from expectations.language.expect_relation import ExpectRelation
from expectations.language.rules import Check, Rule
from warehouse.messages.finding import Severity

PRESENT = 1


@dataclass(frozen=True)
class CheckBatch:
    """Checks (rules, each with a place among its checks) asked of a batch, whose `row_id` is a row's position."""

    checks: tuple[tuple[Rule, int], ...]
    batch: pl.DataFrame


@dataclass(frozen=True)
class RowSpan:
    """A check's stretch of a question's rows: the check is the rule's `place`, asked of the batch `asked` (from 0)."""

    asked: int
    rule: Rule
    place: int
    rows: int

    @property
    def check(self) -> Check:
        """The check that this stretch is asked for."""
        return self.rule.checks[self.place]


@dataclass(frozen=True)
class StackedCheck:
    """`check` is about columns of the stacked frame, which are the stretches one under the other."""

    check: Check
    stretches: tuple[RowSpan, ...]

    @property
    def severity(self) -> Severity:
        """That of its checks, which is one for all."""
        return self.stretches[0].rule.severity

    @property
    def rules(self) -> str:
        """The ids of the rules that ask it."""
        return "; ".join(dict.fromkeys(stretch.rule.rule for stretch in self.stretches))

    @property
    def rows(self) -> int:
        """How many rows the stretches have together."""
        return sum(stretch.rows for stretch in self.stretches)

    def answers(self, positions: Iterable[int]) -> dict[tuple[int, str, int], tuple[int, ...]]:
        """Row ids by batch, rule and place, from positions in the stacked frame."""
        starts = [0, *accumulate(stretch.rows for stretch in self.stretches)]
        found: dict[tuple[int, str, int], list[int]] = {}
        for position in sorted(positions):
            which = bisect_right(starts, position) - 1
            stretch = self.stretches[which]
            found.setdefault((stretch.asked, stretch.rule.rule, stretch.place), []).append(position - starts[which])
        return {check: tuple(row_ids) for check, row_ids in found.items()}


def stacked_checks(asked: Sequence[CheckBatch]) -> list[StackedCheck]:
    """The checks, grouped: those of one severity and of one kind of column that differ by the columns' names alone."""
    alike: dict[str, list[RowSpan]] = {}
    for number, one in enumerate(asked):
        for rule, place in one.checks:
            stretch = RowSpan(number, rule, place, one.batch.height)
            alike.setdefault(_form(stretch, one.batch.schema), []).append(stretch)
    return [_stacked_check(f"q{i}", group) for i, group in enumerate(alike.values())]


def _form(stretch: RowSpan, schema: pl.Schema) -> str:
    """What is alike about alike checks."""
    check = stretch.check
    if check.expectation is core.ExpectCompoundColumnsToBeUnique:
        # What stands twice is seen among all rows: one check's must not meet another's.
        return f"{stretch.asked} {stretch.rule.rule} {stretch.place}"
    kinds = [_kind(check, column, schema[column]) for column in check.concerned]
    named = check.renamed({column: f"c{i}" for i, column in enumerate(dict.fromkeys(check.concerned))})
    return f"{stretch.rule.severity} {kinds} {named!r}"


def _stacked_check(name: str, group: list[RowSpan]) -> StackedCheck:
    check = group[0].check
    names = {column: f"{name}_{i}" for i, column in enumerate(dict.fromkeys(check.concerned))}
    return StackedCheck(check.renamed(names), tuple(group))


def _kind(check: Check, column: str, dtype: pl.DataType) -> str:
    """Which columns may be stacked: any for presence, numbers of all types for bounds and sets, else those of one type:
    a relation compares whole numbers and decimals exactly, floats not.
    """
    if _asks_presence(check) and column in check.columns:
        return "present"
    return "number" if dtype.is_numeric() and check.expectation is not ExpectRelation else str(dtype)


def _asks_presence(check: Check) -> bool:
    return check.expectation is core.ExpectColumnValuesToNotBeNull


def stack(asking: Sequence[StackedCheck], asked: Sequence[CheckBatch]) -> pl.DataFrame:
    """The columns that the questions are about, one under the other; `row_id` is the position.

    Shorter questions are filled up with what their check leaves alone: blanks, and ones where blanks are at stake.
    """
    height = max(question.rows for question in asking)
    stacked = [column for question in asking for column in _stacked(question, asked)]
    # All of a batch in one pass over it: a cast of each by itself takes longer than the checks.
    made = [
        one.batch.select(
            part.alias(f"{column.name} {i}")
            for column in stacked
            for i, (of, part) in enumerate(column.parts)
            if of == k
        )
        for k, one in enumerate(asked)
    ]
    columns = [pl.Series("row_id", range(height))]
    for column in stacked:
        whole = pl.concat([made[of][f"{column.name} {i}"] for i, (of, _) in enumerate(column.parts)])
        columns.append(whole.alias(column.name).extend_constant(column.filling, height - len(whole)))
    return pl.DataFrame(columns)


@dataclass(frozen=True)
class _StackedColumn:
    """A column of the stacked frame: of which batches' columns it is made, what it is filled up with."""

    name: str
    parts: list[tuple[int, pl.Expr]]
    filling: int | None


def _stacked(question: StackedCheck, asked: Sequence[CheckBatch]) -> list[_StackedColumn]:
    """The columns of a question."""
    own = [(s.asked, list(dict.fromkeys(s.check.concerned))) for s in question.stretches]
    return [
        _column(question, name, [(of, columns[i]) for of, columns in own], asked)
        for i, name in enumerate(dict.fromkeys(question.check.concerned))
    ]


def _column(
    question: StackedCheck, name: str, columns: list[tuple[int, str]], asked: Sequence[CheckBatch]
) -> _StackedColumn:
    if _asks_presence(question.check) and name in question.check.columns:
        present = [(of, pl.when(pl.col(c).is_not_null()).then(pl.lit(PRESENT, pl.Int8))) for of, c in columns]
        return _StackedColumn(name, list(present), PRESENT)
    kinds = {asked[of].batch.schema[c] for of, c in columns}
    # Whole numbers and decimals under one another are numbers.
    return _StackedColumn(
        name, [(of, pl.col(c).cast(pl.Float64) if len(kinds) > 1 else pl.col(c)) for of, c in columns], None
    )
