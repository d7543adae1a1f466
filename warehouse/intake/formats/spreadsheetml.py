"""A workbook in the XML of Excel 2002 and 2003 (SpreadsheetML) as tables, which some systems export and call .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from warehouse.intake.formats.cell_marks import OTHERWISE, RAISED, STRUCK, Mark, MarkKind, mark_of
from warehouse.intake.formats.number_formats import NumberFormat, number_format, part_of_day
from warehouse.intake.formats.preflight import MOST_COLUMNS, Limits, PreflightResult, check_extent
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Merged, Row, Table, as_text
from warehouse.intake.formats.xml_events import xml_events

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
S = f"{{{SPACE}}}"
TRUE = ("1", "true", "True")
# The formats that are known by a name and show another thing than is kept; of the others none does.
NAMED = {
    "Percent": "0.00%", "Yes/No": '"Yes";"Yes";"No"', "True/False": '"True";"True";"False"',
    "On/Off": '"On";"On";"Off"',
}  # fmt: skip
NAME = re.compile(r"[A-Z][a-z]+(?:[ /][A-Z][a-z]+)?")
KINDS: dict[str, MarkKind] = {"sup": RAISED, "sub": RAISED, "s": STRUCK, "del": STRUCK, "strike": STRUCK}
MOST_ROWS = 1_048_576


@dataclass
class BookSheet:
    """A sheet as far as it is read."""

    name: str
    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    columns: int = 0
    merged: list[Merged] = field(default_factory=list)
    visible: bool = True
    at: int = 0


@dataclass(frozen=True)
class CellStyle:
    """What a style says of its cells: their number format, and whether their font is struck out or raised."""

    number: NumberFormat | None = None
    kind: MarkKind | None = None


@dataclass
class MarkupBook:
    """What is known of the book when its sheets are read: its styles by their ids, what days count from."""

    limits: Limits
    styles: dict[str, CellStyle] = field(default_factory=dict)
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
        hidden_columns=frozenset(sheet.hidden_columns),
        marks=sheet.marks,
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
            elif kind == f"{S}Column" and sheet is not None:
                _take_column(sheet, element)
            elif kind == f"{S}Row" and sheet is not None:
                _take_row(sheet, element, book)
                element.clear()
            elif kind == f"{S}Worksheet" and sheet is not None:
                yield sheet
                sheet = None
                element.clear()


def _take_style(book: MarkupBook, style: Element) -> None:
    """A style, with what it takes over from its parent."""
    parent = book.styles.get(style.get(f"{S}Parent", ""), CellStyle())
    formats, fonts = (list(style.iter(f"{S}{what}")) for what in ("NumberFormat", "Font"))
    code = formats[0].get(f"{S}Format", "") if formats else ""
    number = number_format(NAMED.get(code, "General") if NAME.fullmatch(code) else code) if code else parent.number
    book.styles[style.get(f"{S}ID", "")] = CellStyle(number, _kind(fonts[0]) if fonts else parent.kind)


def _kind(font: Element) -> MarkKind | None:
    if font.get(f"{S}StrikeThrough") in TRUE:
        return STRUCK
    return RAISED if font.get(f"{S}VerticalAlign", "None") in ("Superscript", "Subscript") else None


def _take_column(sheet: BookSheet, column: Element) -> None:
    first = int(column.get(f"{S}Index", sheet.columns + 1)) - 1
    last = min(first + int(column.get(f"{S}Span", 0)), MOST_COLUMNS)
    if column.get(f"{S}Hidden") in TRUE:
        sheet.hidden_columns.update(range(max(first, 0), last + 1))
    sheet.columns = last + 1


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
        style = cell.get(f"{S}StyleID") or element.get(f"{S}StyleID") or "Default"
        text, mark = _text(cell, book.styles.get(style, CellStyle()))
        across, down = (min(int(cell.get(f"{S}Merge{what}", 0)), MOST_COLUMNS) for what in ("Across", "Down"))
        if text is not None:
            check_extent(sheet.at + 1, place + 1, book.limits)
            row.extend([None] * (place + 1 - len(row)))
            row[place] = text
            if mark:
                sheet.marks[sheet.at, place] = mark
        if across > 0 or down > 0:
            sheet.merged.append((sheet.at, sheet.at + down, place, place + across))
        place += 1 + across
    return row


def _text(cell: Element, style: CellStyle) -> tuple[str | None, Mark | None]:
    """A cell's text, and what of it is not as it seems."""
    data = cell.find(f"{S}Data")
    if data is None:
        formula = cell.get(f"{S}Formula")
        return (f"={formula.removeprefix('=')}" if formula else None), None
    runs = list(_runs(data, style.kind))
    said = "".join(text for text, _ in runs)
    text, otherwise = _typed(data.get(f"{S}Type"), said, style.number)
    return text, mark_of(runs) or otherwise


def _typed(kind: str | None, said: str, number: NumberFormat | None) -> tuple[str | None, Mark | None]:
    match kind:
        case "Number":
            shown = number.shown(float(said)) if number else None
            mark = Mark(OTHERWISE, shown.unclear, whole=True) if shown and shown.unclear else None
            return (shown.text if shown else as_text(float(said))), mark
        case "DateTime":
            day = datetime.fromisoformat(said)
            return (part_of_day(number.day_parts, day) if number and number.day_parts else as_text(day)), None
        case "Boolean":
            return as_text(said == "1"), None
        case _:
            return as_text(said), None


def _runs(element: Element, kind: MarkKind | None) -> Iterator[tuple[str, MarkKind | None]]:
    """The texts of an element, each with what is marked of it: `kind` is what all round it is."""
    name = element.tag.rsplit("}", 1)[-1].lower()
    own = kind if kind == STRUCK else KINDS.get(name, kind)
    yield element.text or "", own
    for child in element:
        yield from _runs(child, own)
        yield child.tail or "", own
