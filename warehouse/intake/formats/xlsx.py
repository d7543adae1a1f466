"""A workbook (.xlsx) as tables: calamine for the values, a second look at the XML where values do not tell it all."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from posixpath import join, normpath
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from python_calamine import CalamineWorkbook, SheetMetadata, SheetTypeEnum, SheetVisibleEnum

from warehouse.intake.formats.cell_formats import CellFormats
from warehouse.intake.formats.cell_marks import OTHERWISE, RAISED, STRUCK, Mark, MarkKind, mark_of
from warehouse.intake.formats.number_formats import NumberFormat, part_of_day
from warehouse.intake.formats.part_names import workbook_bytes
from warehouse.intake.formats.preflight import (
    A_WORKBOOK,
    MOST_COLUMNS,
    PreflightResult,
    UnreadableError,
    column_number,
)
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Merged, Row, Table, as_texts
from warehouse.intake.formats.xml_events import xml_events

TRUE, FALSE = ("1", "true"), ("0", "false", "off")
DAYS_OF_A_CALENDAR = 2_958_466  # to 9999-12-31
# What a cell's text is to be instead, by row and column.
Texts = dict[tuple[int, int], str]


@dataclass
class SheetMarkup:
    """What a sheet's XML says beside the values: texts of error cells, of formulas without a value and of numbers that
    are shown otherwise than they are kept; days of which a part is shown; marks of texts, and of cells that are struck
    out or raised whole; hidden rows, hidden columns as bits.
    """

    texts: Texts = field(default_factory=dict)
    days: dict[tuple[int, int], tuple[str, float]] = field(default_factory=dict)
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    styled: dict[tuple[int, int], MarkKind] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)
    hidden_columns: int = 0


def read_xlsx(path: Path, passed: PreflightResult) -> list[Table]:
    """All sheets of a workbook, in its order; raises Unreadable for one whose sheets are not clear, and whatever a
    parser makes of a damaged one.
    """
    data = workbook_bytes(path, passed)
    looks = _look_again(data, passed) if passed.second_look else {}
    epoch = EPOCH_1904 if passed.names_an_epoch and _counts_from_1904(data) else EPOCH_1900
    with CalamineWorkbook.from_filelike(BytesIO(data)) as book:
        sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        names = {sheet.name for sheet in sheets}
        if len(names) < len(sheets) or not looks.keys() <= names:
            raise UnreadableError(
                "工作表名称重复或不一致的工作簿 a workbook whose sheets' names are not clear", A_WORKBOOK
            )
        # A sheet that is not among the parts would be blank, a part that is no sheet would be lost, a part that is
        # named a thousand times would be read as often.
        if len(sheets) != passed.sheets:
            raise UnreadableError(
                f"{len(sheets)} 个工作表、{passed.sheets} 个部件的工作簿 a workbook of {len(sheets)} sheets in "
                f"{passed.sheets} parts", A_WORKBOOK,
            )  # fmt: skip
        return [_table(book, sheet, looks.get(sheet.name, SheetMarkup()), epoch) for sheet in sheets]


def _table(book: CalamineWorkbook, known: SheetMetadata, look: SheetMarkup, epoch: date) -> Table:
    sheet = book.get_sheet_by_name(known.name)
    rows = [as_texts(row) for row in sheet.to_python(skip_empty_area=False)]
    for (row, column), text in look.texts.items():
        _put(rows, row, column, text)
    for (row, column), (parts, days) in look.days.items():
        _put(rows, row, column, part_of_day(parts, epoch + timedelta(days=days)))
    styled = {(row, at): mark_of([(_text_at(rows, row, at), kind)]) for (row, at), kind in look.styled.items()}
    merged: tuple[Merged, ...] = tuple(
        (top, bottom, left, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    return Table(
        known.name,
        rows,
        merged=merged,
        hidden=frozenset(look.hidden),
        visible=known.visible == SheetVisibleEnum.Visible,
        epoch=epoch,
        hidden_columns=frozenset(at for at in range(look.hidden_columns.bit_length()) if look.hidden_columns >> at & 1),
        marks={place: mark for place, mark in (styled | look.marks).items() if mark},
    )


def _text_at(rows: list[Row], row: int, column: int) -> str:
    return (rows[row][column] if row < len(rows) and column < len(rows[row]) else None) or ""


def _put(rows: list[Row], row: int, column: int, text: str) -> None:
    rows.extend([] for _ in range(row + 1 - len(rows)))
    rows[row].extend([None] * (column + 1 - len(rows[row])))
    rows[row][column] = text


def _counts_from_1904(data: bytes) -> bool:
    with zipfile.ZipFile(BytesIO(data)) as parts:
        book = fromstring(parts.read("xl/workbook.xml"))
    return any(_local(e) == "workbookPr" and e.get("date1904") in TRUE for e in book.iter())


def _look_again(data: bytes, passed: PreflightResult) -> dict[str, SheetMarkup]:
    """By sheet, what the XML of the parts noted by preflight says."""
    with zipfile.ZipFile(BytesIO(data)) as parts:
        names = _sheet_parts(parts)
        shared: dict[int, Mark] = {}
        for part in passed.marked_texts:
            with parts.open(part) as xml:
                shared |= _marked_texts(xml)
        looks = {}
        for name, part in names.items():
            if part in passed.second_look:
                with parts.open(part) as xml:
                    looks[name] = _look(xml, passed.cell_formats, shared)
    if missed := passed.second_look - set(names.values()):
        raise UnreadableError(f"不属于任何工作表的部件 a part of no sheet ({min(missed)})", A_WORKBOOK)
    return looks


def _relation(element: Element) -> str | None:
    """The id by which a sheet's part is found; its namespace differs between the two kinds of OOXML."""
    return next((value for name, value in element.attrib.items() if name.endswith("}id")), None)


def _sheet_parts(parts: zipfile.ZipFile) -> dict[str, str]:
    """The part that each sheet is in."""
    relations, book = (fromstring(parts.read(f"xl/{name}")) for name in ("_rels/workbook.xml.rels", "workbook.xml"))
    targets = {e.get("Id"): e.get("Target", "") for e in relations.iter() if _local(e) == "Relationship"}
    sheets = {e.get("name", ""): _relation(e) for e in book.iter() if _local(e) == "sheet"}
    return {name: normpath(join("xl", targets[at])).lstrip("/") for name, at in sheets.items() if at in targets}


def _marked_texts(xml: IO[bytes]) -> dict[int, Mark]:
    """The marks of those shared texts that have one, by their places."""
    marks: dict[int, Mark] = {}
    place = 0
    for event, element in xml_events(xml):
        if event == "end" and _local(element) == "si":
            if mark := mark_of(_runs(element)):
                marks[place] = mark
            place += 1
            element.clear()
    return marks


def _runs(text: Element) -> Iterator[tuple[str, MarkKind | None]]:
    """The runs of a text, each with what its properties say."""
    for run in text:
        kind = _local(run)
        if kind == "r":
            parts = {_local(part): part for part in run}
            said = {_local(e): e.get("val", "1") for e in parts["rPr"]} if "rPr" in parts else {}
            written = parts["t"].text or "" if "t" in parts else ""
            yield written, _kind(said)
        elif kind == "t":
            yield run.text or "", None


def _kind(said: dict[str, str]) -> MarkKind | None:
    if said.get("strike", "0") not in FALSE:
        return STRUCK
    return RAISED if said.get("vertAlign", "baseline") != "baseline" else None


def _cells(xml: IO[bytes], look: SheetMarkup) -> Iterator[tuple[int, int, Element, bool]]:
    """Row, column, element and whether the row is hidden, of each cell; one without an address stands after the last.

    Hidden columns are put into `look`. The size of the part is bounded by preflight.
    """
    row, column, hidden = -1, -1, False
    for event, element in xml_events(xml):
        kind = _local(element)
        if kind == "row" and event == "start":
            row = int(element.get("r", row + 2)) - 1
            column, hidden = -1, _is_hidden(element, "ht")
        elif kind == "row":
            element.clear()
        elif kind == "col" and event == "end" and _is_hidden(element, "width"):
            first, last = (min(int(element.get(end, 1)), MOST_COLUMNS) for end in ("min", "max"))
            look.hidden_columns |= (1 << last) - (1 << first - 1) if 0 < first <= last else 0
        elif kind == "c" and event == "end":
            address = element.get("r", "")
            letters = address.rstrip("0123456789")
            column = column_number(letters.upper()) - 1 if letters else column + 1
            # A cell stands where it says itself, whatever its row says: calamine takes it so.
            yield int(address[len(letters) :] or row + 1) - 1, column, element, hidden


def _is_hidden(element: Element, size: str) -> bool:
    """Whether a row or column is hidden, or has no height or width."""
    return element.get("hidden") in TRUE or float(element.get(size, 1)) == 0


def _look(xml: IO[bytes], formats: CellFormats, shared: dict[int, Mark]) -> SheetMarkup:
    """What a sheet says beside its values; `shared` has the marks of shared texts."""
    look = SheetMarkup()
    for row, column, cell, hidden in _cells(xml, look):
        found = {_local(child): child for child in cell}
        value = (found["v"].text or "").strip() if "v" in found else ""
        if hidden and (value or "is" in found):
            look.hidden.add(row)
        kind, style = cell.get("t", "n"), int(cell.get("s", 0))
        if kind == "e":
            look.texts[row, column] = value or "#N/A"
        elif "f" in found and not value and not (kind == "str" and "v" in found):
            look.texts[row, column] = f"={found['f'].text or '?'}"
        elif value and kind == "n" and style in formats.telling:
            _take_shown(look, (row, column), float(value), formats.telling[style])
        if style in formats.marked and (value or "is" in found):
            look.styled[row, column] = formats.marked[style]
        mark = (
            shared.get(int(value)) if kind == "s" and value else mark_of(_runs(found["is"])) if "is" in found else None
        )
        if mark:
            look.marks[row, column] = mark
    return look


def _take_shown(look: SheetMarkup, place: tuple[int, int], number: float, shown_by: NumberFormat) -> None:
    """What a number is shown as, where that is another than is kept."""
    if shown_by.day_parts and 0 < number < DAYS_OF_A_CALENDAR:
        look.days[place] = shown_by.day_parts, number
        return
    shown = shown_by.shown(number)
    if shown:
        look.texts[place] = shown.text
    if shown and shown.unclear:
        look.marks[place] = Mark(OTHERWISE, shown.unclear, whole=True)


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
