"""Questions: checks that ask the same of different columns, asked once of those columns stacked.

`not_negative` of twelve columns is one question; so is `{0} >= {1}` of all columns that a critical rule compares so.
Great Expectations itself takes some 4 ms an expectation whatever its rows and its engine, so a night asks some
hundreds of questions instead of thousands (measured, docs/adr/0001). The rules and suites know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import great_expectations.expectations as core
import polars as pl

from expectations.rules import Check, Rule
from warehouse.findings import Severity

PRESENT = 1


@dataclass(frozen=True)
class Question:
    """`check` is about columns of the stacked frame; each of `asked` (rule, place) is a stretch of its rows."""

    check: Check
    asked: tuple[tuple[Rule, int], ...]

    @property
    def severity(self) -> Severity:
        return self.asked[0][0].severity

    @property
    def rules(self) -> str:
        """The ids of the rules that ask it."""
        return "; ".join(dict.fromkeys(rule.rule for rule, _ in self.asked))

    def answers(self, positions: Iterable[int], rows: int) -> dict[tuple[str, int], tuple[int, ...]]:
        """Row ids by rule and place, from positions in the stacked frame; `rows` is the batch's height."""
        by_check: dict[tuple[str, int], list[int]] = {}
        for position in sorted(positions):
            rule, place = self.asked[position // rows]
            by_check.setdefault((rule.rule, place), []).append(position % rows)
        return {check: tuple(row_ids) for check, row_ids in by_check.items()}


def questions(asked: Iterable[tuple[Rule, int]], batch: pl.DataFrame) -> list[Question]:
    """The checks, grouped: those of one severity and of one kind of column that differ by the columns' names alone."""
    alike: dict[str, list[tuple[Rule, int]]] = {}
    for rule, place in asked:
        check = rule.checks[place]
        if check.expectation is core.ExpectCompoundColumnsToBeUnique:
            # What stands twice is seen among all rows: one check's must not meet another's.
            alike[f"{rule.rule} {place}"] = [(rule, place)]
            continue
        kinds = [_kind(check, batch.schema[column]) for column in check.columns]
        form = check.renamed({column: f"c{i}" for i, column in enumerate(dict.fromkeys(check.concerned))})
        alike.setdefault(f"{rule.severity} {kinds} {form!r}", []).append((rule, place))
    return [_question(f"q{i}", group) for i, group in enumerate(alike.values())]


def _question(name: str, group: list[tuple[Rule, int]]) -> Question:
    rule, place = group[0]
    check = rule.checks[place]
    names = {column: f"{name}_{i}" for i, column in enumerate(dict.fromkeys(check.concerned))}
    return Question(check.renamed(names), tuple(group))


def _kind(check: Check, dtype: pl.DataType) -> str:
    """Which columns may be stacked: any for presence, numbers with numbers, else those of one type."""
    if _asks_presence(check):
        return "present"
    return "number" if dtype.is_numeric() else str(dtype)


def _asks_presence(check: Check) -> bool:
    return check.expectation is core.ExpectColumnValuesToNotBeNull


def stack(asking: list[Question], batch: pl.DataFrame) -> pl.DataFrame:
    """The columns that the questions are about, one under the other; `row_id` is the position.

    Shorter questions are filled up with what their check leaves alone: blanks, and ones where blanks are at stake.
    """
    height = batch.height * max(len(question.asked) for question in asking)
    stacked = [column for question in asking for column in _stacked(question, batch.schema)]
    # All of them in one pass over the batch: a cast of each by itself takes longer than the checks.
    made = batch.select(part.alias(f"{name} {i}") for name, parts, _ in stacked for i, part in enumerate(parts))
    columns = [pl.Series("row_id", range(height))]
    for name, parts, filling in stacked:
        whole = pl.concat([made[f"{name} {i}"] for i in range(len(parts))]).alias(name)
        columns.append(whole.extend_constant(filling, height - len(whole)))
    return pl.DataFrame(columns)


def _stacked(question: Question, schema: pl.Schema) -> list[tuple[str, list[pl.Expr], int | None]]:
    """For each column of a question: its name, the batch's columns that it is made of, what it is filled up with."""
    names = dict.fromkeys(question.check.concerned)
    own = [list(dict.fromkeys(rule.checks[place].concerned)) for rule, place in question.asked]
    stacked: list[tuple[str, list[pl.Expr], int | None]] = []
    for i, name in enumerate(names):
        columns = [concerned[i] for concerned in own]
        if _asks_presence(question.check) and name in question.check.columns:
            present: list[pl.Expr] = [pl.when(pl.col(c).is_not_null()).then(pl.lit(PRESENT, pl.Int8)) for c in columns]
            stacked.append((name, present, PRESENT))
        elif len({schema[c] for c in columns}) > 1:
            stacked.append((name, [pl.col(c).cast(pl.Float64) for c in columns], None))
        else:
            stacked.append((name, [pl.col(c) for c in columns], None))
    return stacked
