"""An OpenDocument sheet (.ods) as tables, from its XML: readers of values lose its error cells, percents and units."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from warehouse.intake.formats.cell_marks import OTHERWISE, Mark, MarkKind, mark_of
from warehouse.intake.formats.number_formats import written_out
from warehouse.intake.formats.ods_styles import TextStyles, local
from warehouse.intake.formats.preflight import (
    A_WORKBOOK,
    MOST_COLUMNS,
    Limits,
    PreflightResult,
    UnreadableError,
    check_extent,
)
from warehouse.intake.formats.table import EPOCH_1900, ERRORS, Merged, Row, Table, as_percent, as_text, half_width
from warehouse.intake.formats.xml_events import xml_events

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
NUMBERS = ("float", "currency", "percentage")
# A day of which a part is shown.
NO_WHOLE_DAY = re.compile(r"[0-9]{4}(?:年|[-/.年][0-9]{1,2}月?)?|[0-9]{1,2}[-/月][0-9]{1,2}日?")


@dataclass
class Sheet:
    """A sheet as far as it is read. Blank cells and rows that repeat to the sheet's end take no room."""

    name: str
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    # By column, what its blank style says of text, and whether it is hidden.
    columns: list[tuple[MarkKind | None, bool]] = field(default_factory=list)
    # The row at which the next element of rows stands.
    at: int = 0


def read_ods(path: Path, passed: PreflightResult) -> list[Table]:
    """All sheets, in the file's order; raises Unreadable for one that is too large or has cells of no known type, and
    whatever a parser makes of a damaged or encrypted one.
    """
    return [_table(sheet) for sheet in _sheets(path, passed.limits)]


def _table(sheet: Sheet) -> Table:
    width = max(map(len, sheet.rows), default=0)
    rows = [row + [None] * (width - len(row)) for row in sheet.rows]
    return Table(
        sheet.name,
        rows,
        merged=tuple(sheet.merged),
        hidden=frozenset(sheet.hidden),
        epoch=EPOCH_1900,
        hidden_columns=frozenset(at for at, (_, hidden) in enumerate(sheet.columns) if hidden),
        marks=sheet.marks,
    )


def _sheets(path: Path, limits: Limits) -> Iterator[Sheet]:
    sheet = None
    with zipfile.ZipFile(path) as parts:
        styles = TextStyles.of(parts)
        with parts.open("content.xml") as xml:
            for event, element in xml_events(xml):
                if element.tag == f"{TABLE}table" and event == "start":
                    sheet = Sheet(element.get(f"{TABLE}name", ""))
                elif event == "start":
                    continue
                elif element.tag == f"{TABLE}table" and sheet is not None:
                    yield sheet
                    sheet = None
                    element.clear()
                elif element.tag == f"{TABLE}table-column" and sheet is not None:
                    _take_column(sheet, element, styles)
                elif element.tag == f"{TABLE}table-row" and sheet is not None:
                    _take_row(sheet, element, limits, styles)
                    element.clear()
                elif sheet is None:
                    styles.take(element)


def _take_column(sheet: Sheet, element: Element, styles: TextStyles) -> None:
    hidden = element.get(f"{TABLE}visibility", "visible") != "visible"
    kind = styles.of_cell(element.get(f"{TABLE}default-cell-style-name"))
    times = min(_number(element, "columns-repeated"), MOST_COLUMNS - len(sheet.columns))
    # The last ones stand for all to the sheet's end.
    if hidden or kind or times < MOST_COLUMNS:
        sheet.columns.extend([(kind, hidden)] * times)


def _take_row(sheet: Sheet, element: Element, limits: Limits, styles: TextStyles) -> None:
    times = _number(element, "rows-repeated")
    marks: dict[int, Mark] = {}
    row = _row(sheet, element, limits, styles, marks)
    if any(row):
        check_extent(sheet.at + times, len(row), limits)
        sheet.rows.extend([] for _ in range(sheet.at - len(sheet.rows)))
        sheet.rows.extend(list(row) for _ in range(times))
        sheet.marks |= {(sheet.at + down, at): mark for down in range(times) for at, mark in marks.items()}
        if element.get(f"{TABLE}visibility", "visible") != "visible":
            sheet.hidden.update(range(sheet.at, sheet.at + times))
    sheet.at += times


def _row(sheet: Sheet, element: Element, limits: Limits, styles: TextStyles, marks: dict[int, Mark]) -> Row:
    """The cells of a row; what of them is not what it seems is put into `marks`, by column."""
    row: Row = []
    place = 0
    of_row = styles.of_cell(element.get(f"{TABLE}default-cell-style-name"))
    for cell in element:
        if cell.tag not in CELLS:
            continue
        times = _number(cell, "columns-repeated")
        text, mark = _text(cell)
        if text is not None:
            check_extent(sheet.at + 1, place + times, limits)
            row.extend([None] * (place - len(row)))
            row.extend([text] * times)
            if styles:
                named = cell.get(f"{TABLE}style-name")
                of_column = sheet.columns[place][0] if place < len(sheet.columns) else None
                own = styles.of_cell(named) if named else of_row or of_column
                mark = mark_of(_runs(cell, text, own, styles)) or mark
            if mark:
                marks |= dict.fromkeys(range(place, place + times), mark)
        across, down = (min(_number(cell, f"{what}-spanned"), MOST_COLUMNS) for what in ("columns", "rows"))
        if across > 1 or down > 1:
            sheet.merged.append((sheet.at, sheet.at + down - 1, place, place + across - 1))
        place += times
    return row


def _runs(cell: Element, text: str, own: MarkKind | None, styles: TextStyles) -> Iterator[tuple[str, MarkKind | None]]:
    """The runs of a cell's text, each with what its style says, or the cell's `own`."""
    paragraphs = cell.findall(f"{TEXT}p")
    if not any(len(p) for p in paragraphs):
        yield text, own
        return
    for p in paragraphs:
        yield p.text or "", own
        for run in p:
            kinds = [styles.of_text(e.get(f"{TEXT}style-name")) for e in run.iter() if local(e) == "span"]
            yield "".join(run.itertext()), next(filter(None, kinds), own if not kinds else None)
            yield run.tail or "", own


def _number(element: Element, what: str) -> int:
    """How often an element stands for itself, or how far it reaches; raises Unreadable for less than once."""
    number = int(element.get(f"{TABLE}number-{what}", 1))
    if number < 1:
        raise UnreadableError(f"重复 {number} 次的单元格 cells that are there {number} times", A_WORKBOOK)
    return number


def _text(cell: Element) -> tuple[str | None, Mark | None]:  # noqa: PLR0911  (a kind of cell each)
    """A cell's text, and the mark of a number that is shown otherwise than it is kept."""
    shown = "\n".join("".join(p.itertext()) for p in cell.findall(f"{TEXT}p"))
    if cell.get(f"{CALC}value-type") == "error" or shown in ERRORS:
        return (shown if shown in ERRORS else "#N/A"), None
    value = cell.get(f"{OFFICE}value", "")
    match cell.get(f"{OFFICE}value-type"):
        case "percentage" if not shown or "%" in half_width(shown.partition("\n")[0]):
            return as_percent(float(value)), None
        case "date":
            day = as_text(datetime.fromisoformat(cell.get(f"{OFFICE}date-value", "")))
            return (shown if NO_WHOLE_DAY.fullmatch(shown) else day), None
        case "boolean":
            return as_text(cell.get(f"{OFFICE}boolean-value") == "true"), None
        case "string":
            return as_text(cell.get(f"{OFFICE}string-value", shown)), None
        case "time":
            return as_text(shown), None
        case kind if kind in NUMBERS:
            found = written_out(float(value), shown)
            mark = Mark(OTHERWISE, found.unclear, whole=True) if found and found.unclear else None
            return (found.text if found else as_text(float(value))), mark
        case None:
            formula = cell.get(f"{TABLE}formula")
            return (f"={formula.partition('=')[2]}" if formula else None), None
        case other:
            raise UnreadableError(f"不认识的单元格类型 a cell of type {other}", A_WORKBOOK)
