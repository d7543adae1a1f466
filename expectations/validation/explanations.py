"""Notes that counties send with their returns: which queries they answer, and which answer none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import partial

from warehouse.intake.model.records import Note, Receipt
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding, FindingExamples
from warehouse.store.journal_records import NoteRecord

Question = tuple[Hashable, ...]


def with_explanations(findings: Iterable[Finding], reading: Reading) -> tuple[Finding, ...]:
    """The findings, each query with the county's own explanation where a note gives one: the first that does."""
    first: dict[Question, tuple[int, Note]] = {}
    for place, note in enumerate(reading.notes):
        first.setdefault(_question(note), (place, note))
    return tuple(_explained(finding, first) for finding in findings)


def _explained(finding: Finding, first: Mapping[Question, tuple[int, Note]]) -> Finding:
    said = [first[question] for question in finding_questions(finding) if question in first]
    if not said:
        return finding
    return finding.model_copy(update={"explanation": min(said, key=lambda one: one[0])[1].explanation})


def _question(note: Note) -> Question:
    """What a note is about: of its return a rule where it names one, else an indicator, else anything."""
    about = ("rule", note.rule) if note.rule else ("indicator", note.indicator)
    return (note.receipt, note.county_code, note.period, note.dataset, *about)


def finding_questions(finding: Finding) -> tuple[Question, ...]:
    """What notes may be about that answer a finding; only queries are answered.

    A relation is queried at its first indicator; whoever names the rule need not know which that is.
    """
    if finding.severity != "warning":
        return ()
    place = (finding.receipt, finding.county_code, finding.period, finding.dataset)
    about = {("rule", finding.rule), ("indicator", finding.indicator), ("indicator", None)}
    return tuple((*place, *one) for one in about)


def note_records(notes: Iterable[Note], findings: Iterable[Finding]) -> tuple[NoteRecord, ...]:
    """The notes as the journal keeps them: whether there was a query for each to answer."""
    asked = {question for finding in findings for question in finding_questions(finding)}
    return tuple(NoteRecord(note=note, answered=_question(note) in asked) for note in notes)


def unanswered_notes(notes: Iterable[NoteRecord], reading: Reading) -> list[Finding]:
    """A finding for each note that answers nothing, for information: its query is gone, or it names another."""
    receipts = {receipt.receipt: receipt for receipt in reading.receipts}
    examples = FindingExamples()
    for note in (record.note for record in notes if not record.answered):
        if note.receipt in receipts:
            kind = (note.receipt, note.county_code, note.dataset, note.indicator)
            examples.add(kind, partial(_unanswered, receipts[note.receipt], note))
    return examples.counted()


def _unanswered(receipt: Receipt, note: Note) -> Finding:
    finding = reading_finding(
        receipt,
        "note_unanswered",
        " ".join(part for part in (note.dataset, note.indicator, note.rule) if part),
        "待核问题 a query",
        sheet=note.sheet,
        cells=[f"A{note.row}"],
        dataset=note.dataset,
        indicator=note.indicator,
    )
    return finding.model_copy(update={"county_code": note.county_code, "period": note.period})
