"""What rules say of returns: which fail, how often, which could not be asked. Verdicts are `expectations.judge`'s."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from expectations.language.rules import Rule, all_checks
from expectations.validation.batch import Batch, Key
from expectations.validation.checkpoint import Failure, validate_all
from expectations.validation.results import Results, count_not_evaluated, row_results
from expectations.validation.rule_findings import rule_findings
from expectations.validation.stacked_checks import CheckBatch
from warehouse.messages.finding import Finding
from warehouse.store.journal_records import RuleRecord

Counts = Mapping[Key, Mapping[str, int]]


@dataclass(frozen=True)
class RuleOutcomes:
    """What rules say of returns; `failed` and `not_evaluated` count checks by return and rule. `results` are those of
    the checks, for Data Docs.
    """

    rules: tuple[RuleRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    failed: Counts = field(default_factory=dict)
    not_evaluated: Counts = field(default_factory=dict)
    results: Results = ()

    def __add__(self, other: RuleOutcomes) -> RuleOutcomes:
        """Both, where they are of different rules."""
        return RuleOutcomes(
            self.rules + other.rules,
            self.findings + other.findings,
            _both(self.failed, other.failed),
            _both(self.not_evaluated, other.not_evaluated),
            self.results + other.results,
        )


def _both(one: Counts, other: Counts) -> Counts:
    return {key: {**one.get(key, {}), **other.get(key, {})} for key in {**one, **other}}


def validate_rows(batches: Sequence[tuple[Batch, tuple[Rule, ...]]]) -> list[RuleOutcomes]:
    """What these rules say of all rows of their batch, for each."""
    counts = [count_not_evaluated(rules, batch.rows) for batch, rules in batches]
    asked = [
        # A check that no row can be held to is not asked; in a first period, nothing can be compared with the last.
        CheckBatch(tuple(c for c, n in zip(all_checks(rules), left, strict=True) if n < batch.rows.height), batch.rows)
        for (batch, rules), left in zip(batches, counts, strict=True)
    ]
    failures = validate_all(asked)
    return [
        _outcomes(batch, rules, failing, left)
        for (batch, rules), failing, left in zip(batches, failures, counts, strict=True)
    ]


def _outcomes(batch: Batch, rules: tuple[Rule, ...], failures: list[Failure], counts: list[int]) -> RuleOutcomes:
    records = tuple(record_of(batch.dataset.dataset, batch.period, rule, per_row=True) for rule in rules)
    if batch.rows.is_empty():
        return RuleOutcomes(records)
    return RuleOutcomes(
        records,
        tuple(rule_findings(failures, batch)),
        _failed(failures, batch.rows),
        _not_evaluated(rules, batch.rows),
        row_results(batch, rules, failures, counts),
    )


def record_of(dataset: str, period: str, rule: Rule, *, per_row: bool) -> RuleRecord:
    """The rule as the journal keeps it."""
    return RuleRecord(
        dataset=dataset,
        period=period,
        rule=rule.rule,
        severity=rule.severity,
        checks=len(rule.checks),
        per_row=per_row,
        reason_zh=rule.reason_zh,
        reason_en=rule.reason_en,
        source=rule.source,
    )


def _failed(failures: Iterable[Failure], rows: pl.DataFrame) -> Counts:
    """How many checks of each rule fail in each return."""
    owners = list(zip(rows["receipt"], rows["county_code"], strict=True))
    counts: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for failure in failures:
        for row_id in failure.row_ids:
            counts[owners[row_id]][failure.rule.rule] += 1
    return counts


def _not_evaluated(rules: Iterable[Rule], rows: pl.DataFrame) -> Counts:
    """How many checks of each rule could not be held against the rows of each return; zeros are left out."""
    per_rule = [
        pl.sum_horizontal(check.not_evaluated(rows.schema).cast(pl.Int64) for check in rule.checks)
        .sum()
        .alias(rule.rule)
        for rule in rules
    ]
    counted = rows.group_by("receipt", "county_code").agg(per_rule)
    return {
        (row.pop("receipt"), row.pop("county_code")): {rule: n for rule, n in row.items() if n}
        for row in counted.iter_rows(named=True)
    }
