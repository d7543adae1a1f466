"""The sheet of notes: what the county says to the queries that its figures raise, a line a note."""

from __future__ import annotations

from collections.abc import Iterable

from warehouse.codebook import load
from warehouse.intake.formats.table import Row, Table, half_width
from warehouse.intake.model.records import Note
from warehouse.intake.ownership.evidence import Source

NOTES_SHEETS = ("填报说明", "notes")
HEADERS = {
    "dataset": ("报表", "dataset"),
    "indicator": ("指标", "indicator"),
    "rule": ("规则", "rule"),
    "explanation": ("说明", "explanation"),
}
Line = dict[str, str | None]


def find_notes(tables: Iterable[Table]) -> Table | None:
    """The sheet of notes, however its name is spaced and cased."""
    return next((t for t in tables if half_width(t.sheet or "").strip().lower() in NOTES_SHEETS), None)


def read_notes(source: Source, table: Table) -> None:
    """Adds the sheet's notes to the reading; a line that cannot be understood is a finding and no note."""
    report = source.reporter.report
    header = [half_width(cell or "").strip().lower() for cell in table.rows[0]] if table.rows else []
    places = {name: header.index(word) for name, words in HEADERS.items() for word in words if word in header}
    if missing := [HEADERS[name][0] for name in ("dataset", "explanation") if name not in places]:
        report("note_unclear", "缺少列 no column", ", ".join(missing), sheet=table.sheet, cell="A1")
        return
    place = source.place(None)
    whose = place.county.value, place.period.value
    for index, row in enumerate(table.rows[1:], 1):
        line = {name: _text(row, places.get(name)) for name in HEADERS}
        if not any(line.values()):
            continue
        source.take_one()
        note = _understood(source, whose, table, index, line)
        if isinstance(note, Note):
            source.read.notes.append(note)
        else:
            name, expected = note
            cell = table.cell(index, places.get(name, 0))
            report("note_unclear", line[name] or "空白 blank", expected, sheet=table.sheet, cell=cell)


def _text(row: Row, place: int | None) -> str | None:
    text = row[place] if place is not None and place < len(row) else None
    return (text or "").strip() or None


def _understood(
    source: Source, whose: tuple[str | None, str | None], table: Table, index: int, line: Line
) -> Note | tuple[str, str]:
    """The note that a line is, or which part of it is not clear and what was expected there."""
    dataset = load().find(line["dataset"] or "")
    if dataset is None:
        return "dataset", "报表名称 the name of a dataset"
    indicator = dataset.find(half_width(line["indicator"] or ""))
    if line["indicator"] and indicator is None:
        return "indicator", f"{dataset.label_zh}的指标 an indicator of {dataset.label_en}"
    if line["explanation"] is None:
        return "explanation", "说明文字 an explanation"
    return Note(
        receipt=source.read.receipt.receipt,
        county_code=whose[0] or "",
        period=whose[1] or "",
        dataset=dataset.dataset,
        indicator=indicator.column if indicator else None,
        rule=line["rule"] and line["rule"].lower(),
        explanation=line["explanation"],
        sheet=table.sheet,
        row=index + 1,
    )
