"""A workbook in the XML of Excel 2002 and 2003 (SpreadsheetML) as tables, which some systems export and call .xls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from warehouse.intake.formats.cell_formats import shows_percent
from warehouse.intake.formats.preflight import MOST_COLUMNS, Limits, PreflightResult, check_extent
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Merged, Row, Table, as_percent, as_text
from warehouse.intake.formats.xml_events import xml_events

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
S = f"{{{SPACE}}}"
TRUE = ("1", "true", "True")
NAMED_PERCENT = "Percent"
# What stands round text that is not simply part of the value: 467^1, ~176~196.
MARKS = {"sup": ("^", ""), "s": ("~", "~"), "del": ("~", "~"), "strike": ("~", "~")}
MOST_ROWS = 1_048_576


@dataclass
class BookSheet:
    """A sheet as far as it is read."""

    name: str
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
    visible: bool = True
    at: int = 0


@dataclass
class MarkupBook:
    """What is known of the book when its sheets are read: the styles that show percent, what days count from."""

    limits: Limits
    percents: set[str] = field(default_factory=set)
    epoch_1904: bool = False


def read_spreadsheetml(path: Path, passed: PreflightResult) -> list[Table]:
    """All sheets, in the file's order; raises Unreadable for one that is too large, what the parser makes of entities
    and of damage, and ValueError for a value that is not of its type.
    """
    book = MarkupBook(passed.limits)
    sheets = list(_sheets(path, book))
    epoch = EPOCH_1904 if book.epoch_1904 else EPOCH_1900
    return [_table(sheet, epoch, passed.limits) for sheet in sheets]


def _table(sheet: BookSheet, epoch: date, limits: Limits) -> Table:
    width = max(map(len, sheet.rows), default=0)
    check_extent(len(sheet.rows), width, limits)
    rows = [row + [None] * (width - len(row)) for row in sheet.rows]
    return Table(
        sheet.name,
        rows,
        merged=tuple(sheet.merged),
        hidden=frozenset(sheet.hidden),
        visible=sheet.visible,
        epoch=epoch,
    )


def _sheets(path: Path, book: MarkupBook) -> Iterator[BookSheet]:
    sheet = None
    with path.open("rb") as xml:
        for event, element in xml_events(xml):
            kind = element.tag
            if event == "start":
                sheet = BookSheet(element.get(f"{S}Name", "")) if kind == f"{S}Worksheet" else sheet
            elif kind == f"{S}Style":
                _take_style(book, element)
            elif kind.endswith("}Date1904"):
                book.epoch_1904 = True
            elif kind.endswith("}Visible") and sheet is not None:
                sheet.visible = element.text == "SheetVisible"
            elif kind == f"{S}Row" and sheet is not None:
                _take_row(sheet, element, book)
                element.clear()
            elif kind == f"{S}Worksheet" and sheet is not None:
                yield sheet
                sheet = None
                element.clear()


def _take_style(book: MarkupBook, style: Element) -> None:
    code = next((e.get(f"{S}Format", "") for e in style.iter(f"{S}NumberFormat")), "")
    if code == NAMED_PERCENT or shows_percent(code):
        book.percents.add(style.get(f"{S}ID", ""))


def _take_row(sheet: BookSheet, element: Element, book: MarkupBook) -> None:
    sheet.at = min(int(element.get(f"{S}Index", sheet.at + 1)), MOST_ROWS) - 1
    row = _row(sheet, element, book)
    if any(row):
        check_extent(sheet.at + 1, len(row), book.limits)
        sheet.rows.extend([] for _ in range(sheet.at - len(sheet.rows)))
        sheet.rows[sheet.at :] = [row]
        if element.get(f"{S}Hidden") in TRUE:
            sheet.hidden.add(sheet.at)
    sheet.at += 1


def _row(sheet: BookSheet, element: Element, book: MarkupBook) -> Row:
    row: Row = []
    place = 0
    for cell in element.iter(f"{S}Cell"):
        place = int(cell.get(f"{S}Index", place + 1)) - 1
        style = cell.get(f"{S}StyleID") or element.get(f"{S}StyleID") or ""
        text = _text(cell, percent=style in book.percents)
        across, down = (min(int(cell.get(f"{S}Merge{what}", 0)), MOST_COLUMNS) for what in ("Across", "Down"))
        if text is not None:
            check_extent(sheet.at + 1, place + 1, book.limits)
            row.extend([None] * (place + 1 - len(row)))
            row[place] = text
        if across > 0 or down > 0:
            sheet.merged.append((sheet.at, sheet.at + down, place, place + across))
        place += 1 + across
    return row


def _text(cell: Element, *, percent: bool) -> str | None:
    data = cell.find(f"{S}Data")
    if data is None:
        formula = cell.get(f"{S}Formula")
        return f"={formula.removeprefix('=')}" if formula else None
    shown = "".join(_shown(data))
    match data.get(f"{S}Type"):
        case "Number":
            return as_percent(float(shown)) if percent else as_text(float(shown))
        case "DateTime":
            return as_text(datetime.fromisoformat(shown))
        case "Boolean":
            return as_text(shown == "1")
        case _:
            return as_text(shown)


def _shown(element: Element) -> Iterator[str]:
    """The texts of an element, with marks round what is raised or struck out."""
    before, behind = MARKS.get(element.tag.rsplit("}", 1)[-1].lower(), ("", ""))
    yield before + (element.text or "")
    for child in element:
        yield from _shown(child)
        yield child.tail or ""
    yield behind
