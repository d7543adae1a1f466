"""Questions: checks of a rule that ask the same of different columns, asked once of those columns stacked.

`not_negative` of twelve columns is one question; so is `{0} >= {1}` of twelve columns and their values of the last
period. Stock Great Expectations takes some 5 ms an expectation whatever its rows, so a night of 1,150 checks asks
some 300 questions instead (measured, docs/adr/0001). The rules and suites know nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import great_expectations.expectations as core
import polars as pl

from expectations.rules import Check, Rule

PRESENT = 1


@dataclass(frozen=True)
class Question:
    """`check` is about columns of the stacked frame; each of `asked` (rule, place) is a stretch of its rows."""

    rule: Rule
    check: Check
    asked: tuple[tuple[Rule, int], ...]

    def answers(self, positions: Iterable[int], rows: int) -> dict[tuple[str, int], tuple[int, ...]]:
        """Row ids by rule and place, from positions in the stacked frame; `rows` is the batch's height."""
        by_check: dict[tuple[str, int], list[int]] = {}
        for position in sorted(positions):
            rule, place = self.asked[position // rows]
            by_check.setdefault((rule.rule, place), []).append(position % rows)
        return {check: tuple(row_ids) for check, row_ids in by_check.items()}


def questions(asked: Iterable[tuple[Rule, int]], batch: pl.DataFrame) -> list[Question]:
    """The checks, grouped: one rule's, of one kind of column, that differ by the columns' names alone."""
    alike: dict[str, list[tuple[Rule, int]]] = {}
    for rule, place in asked:
        check = rule.checks[place]
        kinds = [_kind(check, batch.schema[column]) for column in check.columns]
        form = check.renamed({column: f"c{i}" for i, column in enumerate(dict.fromkeys(check.concerned))})
        alike.setdefault(f"{rule.rule} {kinds} {form!r}", []).append((rule, place))
    return [_question(f"q{i}", group) for i, group in enumerate(alike.values())]


def _question(name: str, group: list[tuple[Rule, int]]) -> Question:
    rule, place = group[0]
    check = rule.checks[place]
    names = {column: f"{name}_{i}" for i, column in enumerate(dict.fromkeys(check.concerned))}
    return Question(rule, check.renamed(names), tuple(group))


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
    columns = [pl.Series("row_id", range(height))]
    for question in asking:
        for stacked, parts in _parts(question).items():
            presence = _asks_presence(question.check) and stacked in question.check.columns
            columns.append(_column(stacked, [batch[p] for p in parts], height, presence=presence))
    return pl.DataFrame(columns)


def _parts(question: Question) -> dict[str, list[str]]:
    """The batch's columns under each of the question's."""
    names = dict.fromkeys(question.check.concerned)
    own = [list(dict.fromkeys(rule.checks[place].concerned)) for rule, place in question.asked]
    return {name: [columns[i] for columns in own] for i, name in enumerate(names)}


def _column(name: str, parts: list[pl.Series], height: int, *, presence: bool) -> pl.Series:
    if presence:
        parts = [
            part.is_not_null().replace_strict({True: PRESENT, False: None}, return_dtype=pl.Int8) for part in parts
        ]
    elif len(parts) > 1 and parts[0].dtype.is_numeric():
        parts = [part.cast(pl.Float64) for part in parts]
    whole = pl.concat(parts).alias(name)
    return whole.extend_constant(PRESENT if presence else None, height - len(whole))
