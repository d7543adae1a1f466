"""From a period's returns to verdicts: validate, decide, compare with peers, explain, dataset by dataset."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from great_expectations.core import ExpectationSuiteValidationResult

from expectations.companions import Partner
from expectations.language.rules import Rule
from expectations.suites import companions_for, rules_for
from expectations.validation.batch import Batch, Key
from expectations.validation.corrections import with_corrections
from expectations.validation.explanations import note_records, unanswered_notes, with_explanations
from expectations.validation.gate import gate, moved_findings
from expectations.validation.outcome import RuleOutcomes, validate_rows
from expectations.validation.powers import with_powers
from expectations.validation.results import batch_result
from expectations.validation.return_headers import validate_return_headers
from expectations.validation.roll_ups import validate_roll_ups
from expectations.validation.rule_findings import absent_findings
from expectations.validation.scores import with_scores
from warehouse.codebook import Dataset, load
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding, Severity
from warehouse.store import rejudging
from warehouse.store.history import with_decisions
from warehouse.store.journal_records import PeriodRecord, ReturnDecision, Verdict
from warehouse.store.prior_state import PriorState

# Of a line with such a fault nobody can say whose it is, or of when.
OF_NO_RETURN = ("county_unclear", "county_disagrees", "period_disagrees", "cover_incomplete")
OF_THE_RETURN_HEADER = {"receipt", "submission", "file", "dataset", "county_code", "period", "status", "nil"}


@dataclass(frozen=True)
class PeriodOutcome:
    """A period judged: what goes to the journal, the rows of each dataset by where they go, results for Data Docs."""

    record: PeriodRecord
    accepted: dict[str, pl.DataFrame]
    quarantined: dict[str, pl.DataFrame]
    validations: tuple[ExpectationSuiteValidationResult, ...]

    def only(self, keys: Iterable[rejudging.Key]) -> PeriodOutcome:
        """What concerns these returns alone, and their datasets."""
        kept = set(keys)
        datasets = {dataset for _, dataset, _, _ in kept}
        owners = {name: [(at, code) for at, n, code, _ in kept if n == name] for name in datasets}
        record = self.record
        parts = {
            "decisions": tuple(d for d in record.decisions if rejudging.key_of(d) in kept),
            "rules": tuple(r for r in record.rules if r.dataset in datasets),
            "findings": tuple(f for f in record.findings if (f.receipt, f.dataset, f.county_code, f.period) in kept),
            "roll_ups": tuple(r for r in record.roll_ups if r.dataset in datasets),
            "holds": tuple(h for h in record.holds if h.dataset in datasets),
            "notes": tuple(n for n in record.notes if rejudging.key_of(n.note) in kept),
        }
        return PeriodOutcome(
            record.model_copy(update=parts),
            {name: _rows_of(rows, owners[name]) for name, rows in self.accepted.items() if name in datasets},
            {name: _rows_of(rows, owners[name]) for name, rows in self.quarantined.items() if name in datasets},
            self.validations,
        )


def _rows_of(rows: pl.DataFrame, owners: list[Key]) -> pl.DataFrame:
    keys = pl.DataFrame(owners, {"receipt": pl.Int64, "county_code": pl.String}, orient="row")
    return rows.join(keys, on=["receipt", "county_code"], how="semi", maintain_order="left")


@dataclass(frozen=True)
class Admission:
    """One dataset of a period after the first step: who is let in by the rules of the returns themselves."""

    batch: Batch
    strangers: Container[Key]
    validated: RuleOutcomes
    decisions: list[ReturnDecision]
    accepted: pl.DataFrame
    quarantined: pl.DataFrame

    @property
    def dataset(self) -> str:
        """The dataset's id."""
        return self.batch.dataset.dataset


@dataclass(frozen=True)
class DatasetOutcome:
    """One dataset of a period judged, as it goes to the journal."""

    let_in: Admission
    validated: RuleOutcomes
    decisions: list[ReturnDecision]
    findings: tuple[Finding, ...]


def judge_period(period: str, reading: Reading, known: PriorState, received_at: datetime) -> PeriodOutcome:
    """Judges all returns of a period, the datasets that others look at first; `known` learns as it goes.

    First the rules about each return itself decide who is let in. Those are the others' peers, whose rules come then:
    they are queries, so that they turn nobody's verdict. Last come the sums of what counts. Grain of the decisions:
    one a return that was read. A return with any critical finding is quarantined whole.
    """
    of_returns, of_heads = validate_return_headers(reading, known, period)
    sent = {header.dataset for header in reading.return_headers if header.period == period}
    let_in: list[Admission] = []
    for wave in _waves(known.book.datasets.values()):
        batches = [Batch.of(reading, dataset, period, known) for dataset in wave if dataset.dataset in sent]
        of_rows = validate_rows([(batch, _own_rules(batch)) for batch in batches])
        for batch, found in zip(batches, of_rows, strict=True):
            let_in.append(_admit(batch, of_returns[batch.dataset.dataset], found, reading, known, received_at))
    order = list(known.book.datasets)
    let_in.sort(key=lambda one: order.index(one.dataset))
    gated = gate([one.batch.dataset for one in let_in], period, known)
    judged = [
        _judge(one, batch, of_peers, moved_findings(gated.standing, one.batch, known.book), reading, known)
        for one, (batch, of_peers) in zip(let_in, _peer_outcomes(let_in, known), strict=True)
    ]
    findings = [finding for one in judged for finding in one.findings]
    notes = note_records((note for note in reading.notes if note.period == period), findings)
    findings += unanswered_notes(notes, reading)
    record = PeriodRecord(
        period=period,
        decisions=tuple(d for one in judged for d in one.decisions),
        rules=tuple(r for one in judged for r in one.validated.rules),
        findings=tuple(findings),
        roll_ups=validate_roll_ups([one.batch.dataset for one in let_in], period, known),
        notes=notes,
        holds=gated.news,
    )
    return PeriodOutcome(
        record,
        {one.dataset: one.accepted for one in let_in},
        {one.dataset: one.quarantined for one in let_in},
        (of_heads, *(batch_result(one.let_in.batch, one.validated.results) for one in judged)),
    )


def _waves(datasets: Iterable[Dataset]) -> list[list[Dataset]]:
    """The datasets in as few steps as may be: one that is compared with another form comes after it."""
    wave_of: dict[str, int] = {}
    waves: dict[int, list[Dataset]] = defaultdict(list)
    for dataset in datasets:
        after = [wave_of[c.dataset] for c in companions_for(dataset) if isinstance(c, Partner)]
        wave_of[dataset.dataset] = max(after, default=-1) + 1
        waves[wave_of[dataset.dataset]].append(dataset)
    return [waves[number] for number in sorted(waves)]


def _admit(  # noqa: PLR0913, PLR0917
    batch: Batch,
    of_returns: RuleOutcomes,
    of_rows: RuleOutcomes,
    reading: Reading,
    known: PriorState,
    received_at: datetime,
) -> Admission:
    """Decides who is let in; `known` learns it."""
    validated = of_returns + of_rows
    decisions = _decide(batch, validated.findings, known)
    rows = reading.rows[batch.dataset.dataset].filter(pl.col("period") == batch.period)
    kept = with_decisions(rows, decisions, received_at)
    accepted = kept.filter(pl.col("version").is_not_null())
    known.learn(decisions, batch.dataset, accepted)
    return Admission(batch, of_returns.failed, validated, decisions, accepted, kept.filter(pl.col("version").is_null()))


def _peer_outcomes(let_in: list[Admission], known: PriorState) -> list[tuple[Batch, RuleOutcomes]]:
    """Each batch with its peers, and what the rules about them say; nothing of one that has none."""
    asked = {one.dataset: (one.batch.with_peers(known), rules) for one in let_in if (rules := _peer_rules(one.batch))}
    found = dict(zip(asked, validate_rows(list(asked.values())), strict=True))
    return [
        (asked[one.dataset][0], found[one.dataset]) if one.dataset in asked else (one.batch, RuleOutcomes())
        for one in let_in
    ]


def _judge(  # noqa: PLR0913, PLR0917
    one: Admission,
    batch: Batch,
    of_peers: RuleOutcomes,
    moved: Iterable[Finding],
    reading: Reading,
    known: PriorState,
) -> DatasetOutcome:
    """The verdicts that all findings give, explained ones apart; `batch` is joined with its peers, `moved` are those of
    figures above the county.
    """
    validated = one.validated + of_peers
    absent = absent_findings(one.batch, one.strangers)
    explained = with_explanations((*one.batch.at_reading, *validated.findings, *absent, *moved), reading)
    findings = with_powers(explained, batch)
    findings = with_corrections(findings, batch)
    findings = with_scores(findings, batch, known)
    return DatasetOutcome(
        let_in=one,
        validated=validated,
        decisions=_counted(one.decisions, validated, findings),
        # A finding of a whole table has no period; it stays with the file's.
        findings=tuple(f for f in findings if f.period == one.batch.period),
    )


def _peer_rules(batch: Batch) -> tuple[Rule, ...]:
    """The rules with a check that looks at peers."""
    bounds = [companion for companion in batch.companions if companion.of_peers]
    return tuple(
        rule
        for rule in rules_for(batch.dataset, batch.period)
        if any(bound.label(c) for bound in bounds for check in rule.checks for c in check.columns)
    )


def _own_rules(batch: Batch) -> tuple[Rule, ...]:
    """The rules about a return itself, and what it is compared with of its own county."""
    of_peers = _peer_rules(batch)
    return tuple(rule for rule in rules_for(batch.dataset, batch.period) if rule not in of_peers)


def _decide(batch: Batch, findings: Iterable[Finding], known: PriorState) -> list[ReturnDecision]:
    """Whether each return of the batch is let in, by the findings of its own; counts and queries come later."""
    severities = _severities((*batch.at_reading, *findings))
    rows = {(at, code): n for at, code, n in batch.rows.group_by("receipt", "county_code").len().iter_rows()}
    decisions = []
    for key, return_header in batch.return_headers.items():
        verdict = _verdict(severities, key)
        accepted = verdict != "quarantined"
        decision = ReturnDecision(
            **return_header.model_dump(include=OF_THE_RETURN_HEADER),
            rows=rows.get(key, 0),
            verdict=verdict,
            version=known.new_version(return_header.dataset, return_header.county_code, return_header.period)
            if accepted
            else None,
            failed={},
            not_evaluated={},
        )
        decisions.append(decision)
    return decisions


def _severities(findings: Iterable[Finding]) -> Mapping[tuple[int, str | None], set[Severity]]:
    """The severities of what is open, by return; of a whole table under no county.

    Where a return is one row, a line that is of no return is no fault of the others: theirs are whole without it.
    """
    severities: dict[tuple[int, str | None], set[Severity]] = defaultdict(set)
    for finding in findings:
        nobodys = finding.county_code is None and finding.rule in OF_NO_RETURN
        if finding.open and not (nobodys and load().datasets[finding.dataset or ""].one_row):
            severities[finding.receipt, finding.county_code].add(finding.severity)
    return severities


def _verdict(severities: Mapping[tuple[int, str | None], set[Severity]], key: Key) -> Verdict:
    """What concerns a whole table (no county) concerns every return in it: rows are never dropped one by one."""
    receipt, county = key
    found = severities.get((receipt, county), set()) | severities.get((receipt, None), set())
    if "critical" in found:
        return "quarantined"
    return "accepted_with_queries" if "warning" in found else "accepted"


def _counted(
    decisions: Iterable[ReturnDecision], validated: RuleOutcomes, findings: Iterable[Finding]
) -> list[ReturnDecision]:
    """The decisions with the verdict that all findings give, and how many checks of each rule went which way."""
    severities = _severities(findings)
    answered: Counter[tuple[int, str | None, str]] = Counter()
    for finding in findings:
        if finding.explanation is not None:
            answered[finding.receipt, finding.county_code, finding.rule] += finding.times
    return [_count(decision, validated, severities, answered) for decision in decisions]


def _count(
    decision: ReturnDecision,
    validated: RuleOutcomes,
    severities: Mapping[tuple[int, str | None], set[Severity]],
    answered: Mapping[tuple[int, str | None, str], int],
) -> ReturnDecision:
    key = (decision.receipt, decision.county_code)
    failed = validated.failed.get(key, {})
    explained_of = {rule: answered[*key, rule] for rule in failed if answered.get((*key, rule))}
    return decision.model_copy(
        update={
            "verdict": _verdict(severities, key),
            "failed": {
                rule: n - explained_of.get(rule, 0) for rule, n in failed.items() if n > explained_of.get(rule, 0)
            },
            "explained": explained_of,
            "not_evaluated": dict(validated.not_evaluated.get(key, {})),
        }
    )
