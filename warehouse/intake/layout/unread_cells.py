"""What of a file gave no figures, and why: whole sheets, rows round a table, columns beside its indicators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from pydantic import BaseModel, ConfigDict

from warehouse.codebook import load
from warehouse.intake.formats.table import Table, column_letters
from warehouse.intake.layout.header import Header, find_header
from warehouse.intake.layout.header_texts import header_texts
from warehouse.intake.model.records import DataSheet, SkippedRows, SubmissionReading
from warehouse.intake.notes_sheet import find_notes
from warehouse.intake.ownership.cover import find_cover

LONGEST = 300
COVER = "封面:县、报告期、报表清单 the cover: county, period, list of datasets"
NOTES = "填报说明:对待核问题的答复 notes: the county's answers to queries"
EMPTY = "空白的工作表 a blank sheet"
NO_FIGURES = "没有数据 no figures in it"
NOT_TAKEN = "没有取数,见问题 nothing was taken from it, see the findings"
ABOUT = "说明是谁、何时的数据 says whose figures these are, and of when"
BESIDE = {"note": "备注列 a column of notes", "serial": "序号列 serial numbers"}
UNCLEAR = "表头不明,见问题 a header that is not understood, see the findings"
UNCLEAR_BLANK = "表头不明,没有数据 a header that is not understood, nothing below it"
HEADLESS = "没有表头,见问题 no header, see the findings"
BLANK = "空白列 a blank column"


class UnreadCells(BaseModel):
    """Part of a file that gave no figures: which rows or columns of a sheet (`place`, None for all of it), what stands
    there, and why it gave none, in zh and en.
    """

    model_config = ConfigDict(frozen=True)

    sheet: str | None
    place: str | None
    text: str
    why: str


def unread_cells(read: SubmissionReading, tables: list[Table]) -> Iterator[UnreadCells]:
    """All of that, sheet by sheet; nothing of a file without tables."""
    data = {sheet.sheet: sheet for sheet in read.sheets}
    whole = {part.sheet: part for part in read.left_out if not part.rows}
    cover, notes = find_cover(tables), find_notes(tables)
    blamed = {finding.sheet for finding in read.findings}
    for table in tables:
        if table.sheet in data:
            yield from _rows(table, (part for part in read.left_out if part.sheet == table.sheet))
            yield from _columns(table, data[table.sheet])
        elif table is cover or table is notes:
            yield UnreadCells(sheet=table.sheet, place=None, text="", why=COVER if table is cover else NOTES)
        elif table.sheet in whole:
            yield UnreadCells(sheet=table.sheet, place=None, text="", why=whole[table.sheet].why)
        else:
            why = EMPTY if table.empty else NOT_TAKEN if table.sheet in blamed else NO_FIGURES
            yield UnreadCells(sheet=table.sheet, place=None, text="", why=why)


def _rows(table: Table, parts: Iterable[SkippedRows]) -> Iterator[UnreadCells]:
    for part in parts:
        texts = (" ".join(filter(None, table.rows[number - 1])) for number in part.rows)
        numbers = ", ".join(_ranges(part.rows))
        yield UnreadCells(sheet=table.sheet, place=f"行 rows {numbers}", text=_short(" | ".join(texts)), why=part.why)


def _columns(table: Table, sheet: DataSheet) -> Iterator[UnreadCells]:
    header = find_header(table, load().datasets[sheet.dataset])
    if header is None:
        return
    reasons = list(_reasons(table, header, sheet))
    for (text, why), group in groupby(reasons, key=lambda one: one[1:]):
        indices = [index for index, _, _ in group]
        names = column_letters(indices[0])
        if len(indices) > 1:
            names += f"-{column_letters(indices[-1])}"
        yield UnreadCells(sheet=table.sheet, place=f"列 column {names}", text=_short(text), why=why)


def _reasons(table: Table, header: Header, sheet: DataSheet) -> Iterator[tuple[int, str, str]]:
    """Each column that is no indicator's, with its header and why it gave no figures."""
    form = load().datasets[sheet.dataset]
    known = {c.index: c.column for c in header.columns}
    filled = {at for row in sheet.rows for at, text in enumerate(row.cells) if text is not None}
    for index in range(max(map(len, table.rows), default=0)):
        column = known.get(index)
        if column in form.columns:
            continue
        if column is not None:
            why = BESIDE.get(column, ABOUT)
        elif index in header.named:
            why = UNCLEAR if index in filled else UNCLEAR_BLANK
        else:
            why = HEADLESS if index in filled else BLANK
        yield index, " / ".join(dict.fromkeys(header_texts(table, header, index).values())), why


def _ranges(numbers: Iterable[int]) -> Iterator[str]:
    """1-3, 7 for 1, 2, 3, 7."""
    for _, group in groupby(enumerate(sorted(numbers)), key=lambda one: one[1] - one[0]):
        run = [number for _, number in group]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
