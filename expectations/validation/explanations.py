"""Notes that counties send with their returns: which queries they answer, and which answer none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from warehouse.intake.model.records import Note
from warehouse.intake.model.reporter import reading_finding
from warehouse.intake.reading import Reading
from warehouse.messages.finding import Finding
from warehouse.store.journal_records import NoteRecord


def with_explanations(findings: Iterable[Finding], reading: Reading) -> tuple[Finding, ...]:
    """The findings, each query with the county's own explanation where a note gives one."""
    notes: dict[int, list[Note]] = defaultdict(list)
    for note in reading.notes:
        notes[note.receipt].append(note)
    answers = [(f, next((n for n in notes[f.receipt] if n.answers(f)), None)) for f in findings]
    return tuple(f.model_copy(update={"explanation": note.explanation}) if note else f for f, note in answers)


def note_record(note: Note, findings: Iterable[Finding]) -> NoteRecord:
    """The note as the journal keeps it."""
    return NoteRecord(note=note, answered=any(note.answers(finding) for finding in findings))


def unanswered_notes(notes: Iterable[NoteRecord], reading: Reading) -> Iterator[Finding]:
    """A finding for each note that answers nothing, for information: its query is gone, or it names another."""
    receipts = {receipt.receipt: receipt for receipt in reading.receipts}
    for note in (record.note for record in notes if not record.answered):
        if note.receipt in receipts:
            finding = reading_finding(
                receipts[note.receipt],
                "note_unanswered",
                " ".join(part for part in (note.dataset, note.indicator, note.rule) if part),
                "待核问题 a query",
                sheet=note.sheet,
                cells=[f"A{note.row}"],
                dataset=note.dataset,
                indicator=note.indicator,
            )
            yield finding.model_copy(update={"county_code": note.county_code, "period": note.period})
