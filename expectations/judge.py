"""From a period's returns to verdicts: validate, decide, compare with peers, explain, dataset by dataset."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from great_expectations.core import ExpectationSuiteValidationResult

from expectations.batch import Batch, Key
from expectations.checkpoint import Session
from expectations.data_docs.results import batch_result
from expectations.findings import absent_findings
from expectations.heads import validate_heads
from expectations.roll_ups import validate_roll_ups
from expectations.rules import Rule
from expectations.suites import rules_for
from expectations.validated import Validated, validate_rows
from warehouse.findings import Finding, Severity
from warehouse.intake.reading import Reading
from warehouse.intake.records import Note
from warehouse.store.history import known_from
from warehouse.store.known import Known
from warehouse.store.records import NoteRecord, PeriodJudged, ReturnDecision, Verdict

OF_THE_HEAD = {"receipt", "submission", "file", "dataset", "county_code", "period", "status", "nil"}


@dataclass(frozen=True)
class Judged:
    """A period judged: what goes to the journal, the rows of each dataset by where they go, results for Data Docs."""

    record: PeriodJudged
    accepted: dict[str, pl.DataFrame]
    quarantined: dict[str, pl.DataFrame]
    validations: tuple[ExpectationSuiteValidationResult, ...]

    def only(self, keys: Iterable[tuple[int, str, str, str]]) -> Judged:
        """What concerns these returns alone (receipt, dataset, county, period), and their datasets."""
        kept = set(keys)
        datasets = {dataset for _, dataset, _, _ in kept}
        owners = {name: [(at, code) for at, n, code, _ in kept if n == name] for name in datasets}
        record = self.record
        return Judged(
            record.model_copy(
                update={
                    "decisions": tuple(
                        d for d in record.decisions if (d.receipt, d.dataset, d.county_code, d.period) in kept
                    ),
                    "rules": tuple(r for r in record.rules if r.dataset in datasets),
                    "findings": tuple(
                        f for f in record.findings if (f.receipt, f.dataset, f.county_code, f.period) in kept
                    ),
                    "roll_ups": tuple(r for r in record.roll_ups if r.dataset in datasets),
                    "notes": tuple(
                        n
                        for n in record.notes
                        if (n.note.receipt, n.note.dataset, n.note.county_code, n.note.period) in kept
                    ),
                }
            ),
            {name: _of(rows, owners[name]) for name, rows in self.accepted.items() if name in datasets},
            {name: _of(rows, owners[name]) for name, rows in self.quarantined.items() if name in datasets},
            self.validations,
        )


def _of(rows: pl.DataFrame, owners: list[Key]) -> pl.DataFrame:
    keys = pl.DataFrame(owners, {"receipt": pl.Int64, "county_code": pl.String}, orient="row")
    return rows.join(keys, on=["receipt", "county_code"], how="semi", maintain_order="left")


@dataclass(frozen=True)
class JudgedBatch:
    """One dataset of a period judged."""

    batch: Batch
    decisions: list[ReturnDecision]
    validated: Validated
    findings: tuple[Finding, ...]
    accepted: pl.DataFrame
    quarantined: pl.DataFrame


def judge_period(period: str, reading: Reading, known: Known, received_at: datetime) -> Judged:
    """Judges all returns of a period, the datasets that others look at first; `known` learns as it goes.

    Grain of the decisions: one a return that was read. A return with any critical finding is quarantined whole.
    """
    session = Session()
    of_returns, of_heads = validate_heads(reading, known, period, session)
    judged = [
        _judge_batch(batch, of_returns[name], reading, known, received_at, session)
        for name, dataset in known.book.datasets.items()
        if (batch := Batch.of(reading, dataset, period, known)).heads
    ]
    findings = [finding for one in judged for finding in one.findings]
    record = PeriodJudged(
        period=period,
        decisions=tuple(d for one in judged for d in one.decisions),
        rules=tuple(r for one in judged for r in one.validated.rules),
        findings=tuple(findings),
        roll_ups=validate_roll_ups([one.batch.dataset for one in judged], period, known, session),
        notes=tuple(_noted(note, findings) for note in reading.notes if note.period == period),
    )
    return Judged(
        record,
        {one.batch.dataset.dataset: one.accepted for one in judged},
        {one.batch.dataset.dataset: one.quarantined for one in judged},
        (of_heads, *(batch_result(one.batch, one.validated.results) for one in judged)),
    )


def _judge_batch(  # noqa: PLR0913, PLR0917
    batch: Batch, of_returns: Validated, reading: Reading, known: Known, received_at: datetime, session: Session
) -> JudgedBatch:
    """Judges one dataset's returns of a period: who is let in by the rules of its own return is a peer to the others,
    and rules about peers come last. They are queries, so that they turn nobody's verdict.
    """
    of_peers, own = _by_step(batch)
    first = of_returns + validate_rows(batch, own, session)
    decisions = _decide(batch, first.findings, known)
    kept = _with_verdict(
        reading.rows[batch.dataset.dataset].filter(pl.col("period") == batch.period), decisions, received_at
    )
    accepted = kept.filter(pl.col("version").is_not_null())
    known.learn(decisions, batch.dataset, accepted)
    validated = first + (validate_rows(batch.beside_peers(known), of_peers, session) if of_peers else Validated())
    findings = _explained((*batch.at_reading, *validated.findings, *absent_findings(batch, of_returns.failed)), reading)
    return JudgedBatch(
        batch=batch,
        decisions=_counted(decisions, validated, findings),
        validated=validated,
        # A finding of a whole table has no period; it stays with the file's.
        findings=tuple(f for f in findings if f.period == batch.period),
        accepted=accepted,
        quarantined=kept.filter(pl.col("version").is_null()),
    )


def _by_step(batch: Batch) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """The dataset's rules: those with a check that looks at peers, and the others."""
    rules = rules_for(batch.dataset, batch.period)
    bounds = [companion for companion in batch.companions if companion.of_peers]
    of_peers = tuple(r for r in rules if any(b.label(c) for b in bounds for check in r.checks for c in check.columns))
    return of_peers, tuple(rule for rule in rules if rule not in of_peers)


def _decide(batch: Batch, findings: Iterable[Finding], known: Known) -> list[ReturnDecision]:
    """Whether each return of the batch is let in, by the findings of its own; counts and queries come later."""
    severities = _severities((*batch.at_reading, *findings))
    rows = {(at, code): n for at, code, n in batch.rows.group_by("receipt", "county_code").len().iter_rows()}
    decisions = []
    for key, head in batch.heads.items():
        verdict = _verdict(severities, key)
        accepted = verdict != "quarantined"
        decision = ReturnDecision(
            **head.model_dump(include=OF_THE_HEAD),
            rows=rows.get(key, 0),
            verdict=verdict,
            version=known.new_version(head.dataset, head.county_code, head.period) if accepted else None,
            failed={},
            not_evaluated={},
        )
        decisions.append(decision)
    return decisions


def _severities(findings: Iterable[Finding]) -> Mapping[tuple[int, str | None], set[Severity]]:
    """The severities of what is open, by return; of a whole table under no county."""
    severities: dict[tuple[int, str | None], set[Severity]] = defaultdict(set)
    for finding in findings:
        if finding.open:
            severities[finding.receipt, finding.county_code].add(finding.severity)
    return severities


def _verdict(severities: Mapping[tuple[int, str | None], set[Severity]], key: Key) -> Verdict:
    """What concerns a whole table (no county) concerns every return in it: rows are never dropped one by one."""
    receipt, county = key
    found = severities.get((receipt, county), set()) | severities.get((receipt, None), set())
    if "critical" in found:
        return "quarantined"
    return "accepted_with_queries" if "warning" in found else "accepted"


def _explained(findings: Iterable[Finding], reading: Reading) -> tuple[Finding, ...]:
    """The findings, each query with the county's own explanation where a note gives one."""
    notes: dict[int, list[Note]] = defaultdict(list)
    for note in reading.notes:
        notes[note.receipt].append(note)
    answers = [(f, next((n for n in notes[f.receipt] if n.answers(f)), None)) for f in findings]
    return tuple(f.model_copy(update={"explanation": note.explanation}) if note else f for f, note in answers)


def _noted(note: Note, findings: Iterable[Finding]) -> NoteRecord:
    return NoteRecord(note=note, answered=any(note.answers(finding) for finding in findings))


def _counted(
    decisions: Iterable[ReturnDecision], validated: Validated, findings: Iterable[Finding]
) -> list[ReturnDecision]:
    """The decisions with the verdict that all findings give, and how many checks of each rule went which way."""
    severities = _severities(findings)
    explained = Counter((f.receipt, f.county_code, f.rule) for f in findings if f.explanation is not None)
    return [_count(decision, validated, severities, explained) for decision in decisions]


def _count(
    decision: ReturnDecision,
    validated: Validated,
    severities: Mapping[tuple[int, str | None], set[Severity]],
    explained: Mapping[tuple[int, str | None, str], int],
) -> ReturnDecision:
    key = (decision.receipt, decision.county_code)
    failed = validated.failed.get(key, {})
    answered = {rule: explained[*key, rule] for rule in failed if explained.get((*key, rule))}
    return decision.model_copy(
        update={
            "verdict": _verdict(severities, key),
            "failed": {rule: n - answered.get(rule, 0) for rule, n in failed.items() if n > answered.get(rule, 0)},
            "explained": answered,
            "not_evaluated": dict(validated.not_evaluated.get(key, {})),
        }
    )


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
