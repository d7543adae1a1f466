"""A workbook (.xlsx) as tables: calamine for the values, a second look at the XML where values do not tell it all."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from posixpath import join, normpath
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from python_calamine import CalamineWorkbook, SheetMetadata, SheetTypeEnum, SheetVisibleEnum

from warehouse.intake.formats.part_names import workbook_bytes
from warehouse.intake.formats.preflight import A_WORKBOOK, PreflightResult, UnreadableError, column_number
from warehouse.intake.formats.table import EPOCH_1900, EPOCH_1904, Merged, Table, as_percent, as_texts
from warehouse.intake.formats.xml_events import xml_events

TRUE = ("1", "true")
# What a cell's text is to be instead, by row and column.
Texts = dict[tuple[int, int], str]


@dataclass
class SheetMarkup:
    """What a sheet's XML says beside the values: texts of error cells, percents and formulas without a value."""

    texts: Texts = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)


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
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend([None] * (column + 1 - len(rows[row])))
        rows[row][column] = text
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
    )


def _counts_from_1904(data: bytes) -> bool:
    with zipfile.ZipFile(BytesIO(data)) as parts:
        book = fromstring(parts.read("xl/workbook.xml"))
    return any(_local(e) == "workbookPr" and e.get("date1904") in TRUE for e in book.iter())


def _look_again(data: bytes, passed: PreflightResult) -> dict[str, SheetMarkup]:
    """By sheet, what the XML of the parts noted by preflight says."""
    with zipfile.ZipFile(BytesIO(data)) as parts:
        names = _sheet_parts(parts)
        looks = {}
        for name, part in names.items():
            if part in passed.second_look:
                with parts.open(part) as xml:
                    looks[name] = _look(_cells(xml), passed.percent_styles)
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


def _cells(xml: IO[bytes]) -> Iterator[tuple[int, int, Element, bool]]:
    """Row, column, element and whether the row is hidden, of each cell; one without an address stands after the last.

    The size of the part is bounded by preflight.
    """
    row, column, hidden = -1, -1, False
    for event, element in xml_events(xml):
        kind = _local(element)
        if kind == "row" and event == "start":
            row = int(element.get("r", row + 2)) - 1
            column, hidden = -1, element.get("hidden") in TRUE
        elif kind == "row":
            element.clear()
        elif kind == "c" and event == "end":
            address = element.get("r", "")
            letters = address.rstrip("0123456789")
            column = column_number(letters.upper()) - 1 if letters else column + 1
            # A cell stands where it says itself, whatever its row says: calamine takes it so.
            yield int(address[len(letters) :] or row + 1) - 1, column, element, hidden


def _look(cells: Iterator[tuple[int, int, Element, bool]], percent_styles: frozenset[int]) -> SheetMarkup:
    look = SheetMarkup()
    for row, column, cell, hidden in cells:
        found = {_local(child): child.text or "" for child in cell}
        value = found.get("v", "").strip()
        if hidden and (value or "is" in found):
            look.hidden.add(row)
        if cell.get("t") == "e":
            look.texts[row, column] = value or "#N/A"
        elif "f" in found and not value and not (cell.get("t") == "str" and "v" in found):
            look.texts[row, column] = f"={found['f'] or '?'}"
        elif value and cell.get("t", "n") == "n" and int(cell.get("s", 0)) in percent_styles:
            look.texts[row, column] = as_percent(float(value))
    return look


def _local(element: Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
