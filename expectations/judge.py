"""From a period's returns to verdicts: validate, find, decide, dataset by dataset in the codebook's order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from expectations.batch import Batch, Key
from expectations.checkpoint import Failure, Session, validate
from expectations.findings import absent_findings, county_findings, rule_findings
from expectations.rules import Rule, all_checks
from expectations.suites import returns, rules_for
from warehouse.findings import Finding, Severity
from warehouse.intake.reading import Reading
from warehouse.intake.records import ReturnHead
from warehouse.store.history import known_from
from warehouse.store.known import Known
from warehouse.store.records import PeriodJudged, ReturnDecision, RuleRecord, Verdict

Counts = Mapping[Key, Mapping[str, int]]
OF_THE_HEAD = {"receipt", "submission", "file", "dataset", "county_code", "period", "status", "nil"}


@dataclass(frozen=True)
class Judged:
    """A period judged: what goes to the journal, and the rows of each dataset by where they go."""

    record: PeriodJudged
    accepted: dict[str, pl.DataFrame]
    quarantined: dict[str, pl.DataFrame]


@dataclass(frozen=True)
class JudgedBatch:
    """One dataset of a period judged."""

    dataset: str
    decisions: list[ReturnDecision]
    rules: tuple[RuleRecord, ...]
    findings: tuple[Finding, ...]
    accepted: pl.DataFrame
    quarantined: pl.DataFrame


@dataclass(frozen=True)
class Validated:
    """What rules say of returns; `failed` and `not_evaluated` count checks by return and rule."""

    rules: tuple[RuleRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    failed: Counts = field(default_factory=dict)
    not_evaluated: Counts = field(default_factory=dict)


def judge_period(period: str, reading: Reading, known: Known, received_at: datetime) -> Judged:
    """Judges all returns of a period, the datasets that others look at first; `known` learns as it goes.

    Grain of the decisions: one a return that was read. A return with any critical finding is quarantined whole.
    """
    session = Session()
    of_returns = _validate_heads([h for h in reading.heads if h.period == period], known, period, session)
    judged = [
        _judge_batch(batch, of_returns[name], reading.rows[name], known, received_at, session)
        for name, dataset in known.book.datasets.items()
        if (batch := Batch.of(reading, dataset, period, known)).heads
    ]
    record = PeriodJudged(
        period=period,
        decisions=tuple(d for one in judged for d in one.decisions),
        rules=tuple(r for one in judged for r in one.rules),
        findings=tuple(f for one in judged for f in one.findings),
    )
    return Judged(
        record, {one.dataset: one.accepted for one in judged}, {one.dataset: one.quarantined for one in judged}
    )


def _judge_batch(  # noqa: PLR0913, PLR0917
    batch: Batch, of_returns: Validated, rows: pl.DataFrame, known: Known, received_at: datetime, session: Session
) -> JudgedBatch:
    """Judges one dataset's returns of a period; `rows` are as they were read, without companions."""
    of_rows = _validate_rows(batch, of_returns.failed, session)
    decisions = _decide(batch, of_returns, of_rows, known)
    kept = _with_verdict(rows.filter(pl.col("period") == batch.period), decisions, received_at)
    accepted = kept.filter(pl.col("version").is_not_null())
    known.learn(decisions, batch.dataset, accepted)
    # A finding of a whole table has no period; it stays with the file's.
    at_reading = tuple(f for f in batch.at_reading if f.period == batch.period)
    return JudgedBatch(
        dataset=batch.dataset.dataset,
        decisions=decisions,
        rules=of_returns.rules + of_rows.rules,
        findings=at_reading + of_returns.findings + of_rows.findings,
        accepted=accepted,
        quarantined=kept.filter(pl.col("version").is_null()),
    )


def _validate_heads(heads: list[ReturnHead], known: Known, period: str, session: Session) -> dict[str, Validated]:
    """The rules about returns as a whole, by dataset: nil returns have no rows to hold them to."""
    rules = returns.rules(known.book, period)
    batch = pl.DataFrame({"row_id": range(len(heads)), "county_code": [h.county_code for h in heads]})
    findings: dict[str, list[Finding]] = defaultdict(list)
    failed: dict[str, dict[Key, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for failure in validate(all_checks(rules), batch, session):
        for head in (heads[i] for i in failure.row_ids):
            failed[head.dataset][head.receipt, head.county_code][failure.rule.rule] = 1
        for finding in county_findings(failure, heads, known.book):
            findings[finding.dataset or ""].append(finding)
    return {
        name: Validated(
            tuple(_record(name, period, rule, per_row=False) for rule in rules), tuple(findings[name]), failed[name]
        )
        for name in known.book.datasets
    }


def _validate_rows(batch: Batch, strangers: Counts, session: Session) -> Validated:
    """The dataset's rules over all its rows of the period."""
    rules = rules_for(batch.dataset, batch.period)
    records = tuple(_record(batch.dataset.dataset, batch.period, rule, per_row=True) for rule in rules)
    if batch.rows.is_empty():
        return Validated(records)
    failures = validate(_evaluable(rules, batch.rows), batch.rows, session)
    findings = (*rule_findings(failures, batch), *absent_findings(batch, strangers))
    return Validated(records, findings, _failed(failures, batch.rows), _not_evaluated(rules, batch.rows))


def _evaluable(rules: Iterable[Rule], rows: pl.DataFrame) -> list[tuple[Rule, int]]:
    """The checks that some row can be held to; in a first period, nothing can be compared with the last."""
    checks = all_checks(rules)
    if not checks:
        return []
    vacuous = rows.select(
        rule.checks[place].not_evaluated().all().alias(str(i)) for i, (rule, place) in enumerate(checks)
    ).row(0)
    return [check for check, none in zip(checks, vacuous, strict=True) if not none]


def _record(dataset: str, period: str, rule: Rule, *, per_row: bool) -> RuleRecord:
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
        pl.sum_horizontal(check.not_evaluated().cast(pl.Int64) for check in rule.checks).sum().alias(rule.rule)
        for rule in rules
    ]
    counted = rows.group_by("receipt", "county_code").agg(per_rule)
    return {
        (row.pop("receipt"), row.pop("county_code")): {rule: n for rule, n in row.items() if n}
        for row in counted.iter_rows(named=True)
    }


def _decide(batch: Batch, of_returns: Validated, of_rows: Validated, known: Known) -> list[ReturnDecision]:
    """The verdict on each return of the batch."""
    severities: dict[tuple[int, str | None], set[Severity]] = defaultdict(set)
    for finding in (*batch.at_reading, *of_returns.findings, *of_rows.findings):
        severities[finding.receipt, finding.county_code].add(finding.severity)
    rows = {(at, code): n for at, code, n in batch.rows.group_by("receipt", "county_code").len().iter_rows()}
    decisions = []
    for key, head in batch.heads.items():
        # What concerns a whole table (no county) concerns every return in it: rows are never dropped one by one.
        verdict = _verdict(severities[key] | severities[head.receipt, None])
        accepted = verdict != "quarantined"
        decision = ReturnDecision(
            **head.model_dump(include=OF_THE_HEAD),
            rows=rows.get(key, 0),
            verdict=verdict,
            version=known.new_version(head.dataset, head.county_code, head.period) if accepted else None,
            failed={**of_returns.failed.get(key, {}), **of_rows.failed.get(key, {})},
            not_evaluated=dict(of_rows.not_evaluated.get(key, {})),
        )
        decisions.append(decision)
    return decisions


def _verdict(severities: set[Severity]) -> Verdict:
    if "critical" in severities:
        return "quarantined"
    return "accepted_with_queries" if "warning" in severities else "accepted"


def _with_verdict(rows: pl.DataFrame, decisions: list[ReturnDecision], received_at: datetime) -> pl.DataFrame:
    """The rows with the status, version and known_from of their return; no version for one that is of no return."""
    heads = pl.DataFrame(
        [(d.receipt, d.county_code, d.status, d.version) for d in decisions],
        {"receipt": pl.Int64, "county_code": pl.String, "return_status": pl.String, "version": pl.Int64},
        orient="row",
    )
    return rows.join(heads, on=["receipt", "county_code"], how="left", maintain_order="left").with_columns(
        known_from=known_from(received_at)
    )
