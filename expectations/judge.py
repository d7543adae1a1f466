"""From a period's returns to verdicts: validate, find, decide, dataset by dataset in the codebook's order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from expectations.checkpoint import Failure, validate
from expectations.findings import absent_findings, county_findings, rule_findings
from expectations.rules import Rule, all_checks
from expectations.suites import companions_for, returns, rules_for
from warehouse.codebook import Dataset
from warehouse.findings import Finding
from warehouse.intake.reading import Reading
from warehouse.intake.records import ReturnHead
from warehouse.store.history import known_from
from warehouse.store.known import Known
from warehouse.store.records import PeriodJudged, ReturnDecision, RuleRecord, Verdict

Key = tuple[int, str]
Counts = dict[Key, dict[str, int]]


@dataclass(frozen=True)
class Judged:
    """A period judged: what goes to the journal, and the rows of each dataset by where they go."""

    record: PeriodJudged
    accepted: dict[str, pl.DataFrame]
    quarantined: dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Validated:
    """What the rules say of one dataset's returns; rows and counts are by receipt and county."""

    rules: tuple[RuleRecord, ...]
    findings: list[Finding]
    failed: Counts
    not_evaluated: Counts


def judge_period(period: str, reading: Reading, known: Known, received_at: datetime) -> Judged:
    """Judges all returns of a period, the datasets that others look at first; `known` learns as it goes.

    Grain of the decisions: one a return that was read. A return with any critical finding is quarantined whole.
    """
    decisions: list[ReturnDecision] = []
    rules: list[RuleRecord] = []
    findings: list[Finding] = []
    accepted: dict[str, pl.DataFrame] = {}
    quarantined: dict[str, pl.DataFrame] = {}
    of_period = [h for h in reading.heads if h.period == period]
    strangers = _validate_heads(of_period, known, period)
    for name, dataset in known.book.datasets.items():
        heads = [h for h in of_period if h.dataset == name]
        if not heads:
            continue
        rows = reading.rows[name].filter(pl.col("period") == period)
        validated = _validate_rows(rows, heads, reading.layout, dataset, known, period, strangers.failed)
        at_reading = [f for f in reading.findings if f.dataset == name and f.period in (period, None)]
        found = [*at_reading, *(f for f in strangers.findings if f.dataset == name), *validated.findings]
        counts = {(at, code): n for at, code, n in rows.group_by("receipt", "county_code").len().iter_rows()}
        decided = [_decide(head, counts, found, (strangers, validated), known) for head in heads]
        kept = _with_verdict(rows, decided, received_at)
        accepted[name] = kept.filter(pl.col("version").is_not_null())
        quarantined[name] = kept.filter(pl.col("version").is_null())
        known.learn(decided, dataset, accepted[name])
        decisions += decided
        findings += found
        rules += [*(r.model_copy(update={"dataset": name}) for r in strangers.rules), *validated.rules]
    record = PeriodJudged(
        period=period, decisions=tuple(decisions), rules=tuple(rules), findings=tuple(dict.fromkeys(findings))
    )
    return Judged(record, accepted, quarantined)


def _validate_heads(heads: list[ReturnHead], known: Known, period: str) -> Validated:
    """The rules about returns as a whole, over all datasets at once: nil returns have no rows to hold them to."""
    rules = returns.rules(known.book, period)
    batch = pl.DataFrame({"row_id": range(len(heads)), "county_code": [h.county_code for h in heads]})
    failures = validate(f"returns {period}", all_checks(rules), batch)
    failed: Counts = defaultdict(dict)
    for failure in failures:
        for head in (heads[i] for i in failure.row_ids):
            failed[head.receipt, head.county_code][failure.rule.rule] = 1
    findings = [f for failure in failures for f in county_findings(failure, heads, known.book)]
    return Validated(tuple(_record("", period, r, per_row=False) for r in rules), findings, failed, {})


def _validate_rows(  # noqa: PLR0913, PLR0917
    rows: pl.DataFrame,
    heads: list[ReturnHead],
    layout: pl.DataFrame,
    dataset: Dataset,
    known: Known,
    period: str,
    strangers: Counts,
) -> Validated:
    """The dataset's rules over all its rows of the period, in one batch; a stranger has no partner to miss."""
    rules = rules_for(dataset, period)
    records = tuple(_record(dataset.dataset, period, rule, per_row=True) for rule in rules)
    if rows.is_empty():
        return Validated(records, [], {}, {})
    companions = companions_for(dataset)
    batch = rows.with_row_index("row_id").lazy()
    for companion in companions:
        batch = batch.pipe(companion.join, known, dataset, period)
    joined = batch.collect()
    not_evaluated = _not_evaluated(rules, joined)
    failures = validate(f"{dataset.dataset} {period}", _evaluable(rules, joined), joined)
    findings = [
        *rule_findings(failures, joined, heads, layout, dataset, companions),
        *absent_findings(
            joined, [h for h in heads if (h.receipt, h.county_code) not in strangers], layout, dataset, companions
        ),
    ]
    return Validated(records, findings, _failed(failures, joined), not_evaluated)


def _evaluable(rules: Iterable[Rule], batch: pl.DataFrame) -> list[tuple[Rule, int]]:
    """The checks that some row can be held to; in a first period, nothing can be compared with the last."""
    checks = all_checks(rules)
    vacuous = batch.select(
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


def _failed(failures: Iterable[Failure], batch: pl.DataFrame) -> Counts:
    """How many checks of each rule fail in each return."""
    owners = list(zip(batch["receipt"], batch["county_code"], strict=True))
    counts: Counts = defaultdict(lambda: defaultdict(int))
    for failure in failures:
        for row_id in failure.row_ids:
            counts[owners[row_id]][failure.rule.rule] += 1
    return counts


def _not_evaluated(rules: Iterable[Rule], batch: pl.DataFrame) -> Counts:
    """How many checks of each rule could not be held against the rows of each return; zeros are left out."""
    per_rule = [
        pl.sum_horizontal(check.not_evaluated().cast(pl.Int64) for check in rule.checks).sum().alias(rule.rule)
        for rule in rules
    ]
    counted = batch.group_by("receipt", "county_code").agg(per_rule)
    return {
        (row.pop("receipt"), row.pop("county_code")): {rule: n for rule, n in row.items() if n}
        for row in counted.iter_rows(named=True)
    }


def _decide(
    head: ReturnHead, counts: dict[Key, int], findings: Iterable[Finding], validated: Iterable[Validated], known: Known
) -> ReturnDecision:
    severities = {f.severity for f in findings if _concerns(f, head)}
    verdict: Verdict = "accepted"
    if "critical" in severities:
        verdict = "quarantined"
    elif "warning" in severities:
        verdict = "accepted_with_queries"
    key = (head.receipt, head.county_code)
    accepted = verdict != "quarantined"
    return ReturnDecision(
        **head.model_dump(
            include={"receipt", "submission", "file", "dataset", "county_code", "period", "status", "nil"}
        ),
        rows=counts.get(key, 0),
        verdict=verdict,
        version=known.next_version(head.dataset, head.county_code, head.period) if accepted else None,
        failed={k: n for v in validated for k, n in v.failed.get(key, {}).items()},
        not_evaluated={k: n for v in validated for k, n in v.not_evaluated.get(key, {}).items()},
    )


def _concerns(finding: Finding, head: ReturnHead) -> bool:
    """A finding of a whole table (no county) concerns every return in it: rows are never dropped one by one."""
    if finding.receipt != head.receipt or finding.dataset != head.dataset:
        return False
    return finding.county_code is None or (finding.county_code, finding.period) == (head.county_code, head.period)


def _with_verdict(rows: pl.DataFrame, decided: list[ReturnDecision], received_at: datetime) -> pl.DataFrame:
    """The rows with the status, version and known_from of their return."""
    heads = pl.DataFrame(
        [(d.receipt, d.county_code, d.status, d.version) for d in decided],
        {"receipt": pl.Int64, "county_code": pl.String, "status": pl.String, "version": pl.Int64},
        orient="row",
    )
    return rows.join(heads, on=["receipt", "county_code"], maintain_order="left").with_columns(
        known_from=known_from(received_at)
    )
