"""An OpenDocument sheet (.ods) as tables, from its XML: readers of values lose its error cells and percents."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from warehouse.intake.formats.preflight import (
    A_WORKBOOK,
    MOST_COLUMNS,
    Limits,
    PreflightResult,
    UnreadableError,
    check_extent,
)
from warehouse.intake.formats.table import EPOCH_1900, ERRORS, Merged, Row, Table, as_percent, as_text
from warehouse.intake.formats.xml_events import xml_events

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
NUMBERS = ("float", "currency")


@dataclass
class Sheet:
    """A sheet as far as it is read. Blank cells and rows that repeat to the sheet's end take no room."""

    name: str
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
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
    return Table(sheet.name, rows, merged=tuple(sheet.merged), hidden=frozenset(sheet.hidden), epoch=EPOCH_1900)


def _sheets(path: Path, limits: Limits) -> Iterator[Sheet]:
    sheet = None
    with zipfile.ZipFile(path) as parts, parts.open("content.xml") as xml:
        for event, element in xml_events(xml):
            if element.tag == f"{TABLE}table" and event == "start":
                sheet = Sheet(element.get(f"{TABLE}name", ""))
            elif element.tag == f"{TABLE}table" and sheet is not None:
                yield sheet
                sheet = None
                element.clear()
            elif element.tag == f"{TABLE}table-row" and event == "end" and sheet is not None:
                _take_row(sheet, element, limits)
                element.clear()


def _take_row(sheet: Sheet, element: Element, limits: Limits) -> None:
    times = _number(element, "rows-repeated")
    row = _row(sheet, element, limits)
    if any(row):
        check_extent(sheet.at + times, len(row), limits)
        sheet.rows.extend([] for _ in range(sheet.at - len(sheet.rows)))
        sheet.rows.extend(list(row) for _ in range(times))
        if element.get(f"{TABLE}visibility", "visible") != "visible":
            sheet.hidden.update(range(sheet.at, sheet.at + times))
    sheet.at += times


def _row(sheet: Sheet, element: Element, limits: Limits) -> Row:
    row: Row = []
    place = 0
    for cell in element:
        if cell.tag not in CELLS:
            continue
        times = _number(cell, "columns-repeated")
        text = _text(cell)
        if text is not None:
            check_extent(sheet.at + 1, place + times, limits)
            row.extend([None] * (place - len(row)))
            row.extend([text] * times)
        across, down = (min(_number(cell, f"{what}-spanned"), MOST_COLUMNS) for what in ("columns", "rows"))
        if across > 1 or down > 1:
            sheet.merged.append((sheet.at, sheet.at + down - 1, place, place + across - 1))
        place += times
    return row


def _number(element: Element, what: str) -> int:
    """How often an element stands for itself, or how far it reaches; raises Unreadable for less than once."""
    number = int(element.get(f"{TABLE}number-{what}", 1))
    if number < 1:
        raise UnreadableError(f"重复 {number} 次的单元格 cells that are there {number} times", A_WORKBOOK)
    return number


def _text(cell: Element) -> str | None:  # noqa: PLR0911  (a kind of cell each)
    shown = "\n".join("".join(p.itertext()) for p in cell.findall(f"{TEXT}p"))
    if cell.get(f"{CALC}value-type") == "error" or shown in ERRORS:
        return shown if shown in ERRORS else "#N/A"
    value = cell.get(f"{OFFICE}value", "")
    match cell.get(f"{OFFICE}value-type"):
        case "percentage":
            return as_percent(float(value))
        case "date":
            return as_text(datetime.fromisoformat(cell.get(f"{OFFICE}date-value", "")))
        case "boolean":
            return as_text(cell.get(f"{OFFICE}boolean-value") == "true")
        case "string":
            return as_text(cell.get(f"{OFFICE}string-value", shown))
        case "time":
            return as_text(shown)
        case kind if kind in NUMBERS:
            return as_text(float(value))
        case None:
            formula = cell.get(f"{TABLE}formula")
            return f"={formula.partition('=')[2]}" if formula else None
        case other:
            raise UnreadableError(f"不认识的单元格类型 a cell of type {other}", A_WORKBOOK)
