"""One county's workbook of one period: the cover, then a sheet for each dataset that is not nil.

Belongs here: cells and their formats. Does not belong here: which returns go in (`write.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.codebook import Dataset, Division, load
from warehouse.synthetic.layout import COVER, COVER_HEADER_ROW, GIVEN_ZH, NIL_ZH, STATUS_ZH, SYNTHETIC, TITLE, shown
from warehouse.synthetic.records import Return, Value

CREATED = datetime(2018, 7, 1)  # noqa: DTZ001  (a fixed day in the file, so that the same seed gives the same bytes)
COVER_HEADER = ("报表", "代码", "填报情况", "状态")
NOTES, NOTES_HEADER = "填报说明", ("报表", "指标", "规则", "说明")
DATE_WIDTH = 12


@dataclass(frozen=True)
class Formats:
    """The two formats of a workbook beside the plain one."""

    header: Format
    day: Format


def write_workbook(path: Path, division: Division, returns: Sequence[Return]) -> None:
    """Writes the returns of one county and period, given in codebook order."""
    with xlsxwriter.Workbook(str(path), {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"title": f"{TITLE} ({SYNTHETIC})", "comments": SYNTHETIC, "created": CREATED})
        formats = Formats(book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"}))
        _write_cover(book.add_worksheet(COVER), division, returns, formats)
        for found in returns:
            if not found.nil:
                dataset = load().datasets[found.dataset]
                _write_sheet(book.add_worksheet(dataset.label_zh), dataset, found, formats)
        if explained := [found for found in returns if found.explanation]:
            _write_notes(book.add_worksheet(NOTES), explained, formats)


def _write_cover(sheet: Worksheet, division: Division, returns: Sequence[Return], formats: Formats) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 3, 20)
    sheet.write_string(0, 0, TITLE, formats.header)
    sheet.write_string(1, 0, SYNTHETIC, formats.header)
    facts = (("区划代码", division.county_code), ("县(市、区)", division.name_zh), ("报告期", returns[0].period))
    for row, (label, value) in enumerate(facts, start=2):
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, value)
    for column, word in enumerate(COVER_HEADER):
        sheet.write_string(COVER_HEADER_ROW, column, word, formats.header)
    for row, found in enumerate(returns, start=COVER_HEADER_ROW + 1):
        label = load().datasets[found.dataset].label_zh
        words = (label, found.dataset, NIL_ZH if found.nil else GIVEN_ZH, STATUS_ZH[found.status])
        for column, word in enumerate(words):
            sheet.write_string(row, column, word)


def _write_notes(sheet: Worksheet, explained: Sequence[Return], formats: Formats) -> None:
    """A line for each return that the county explains, whatever is queried of it."""
    sheet.set_column(0, 3, 20)
    lines = [(load().datasets[found.dataset].label_zh, "", "", found.explanation or "") for found in explained]
    for row, line in enumerate((NOTES_HEADER, *lines)):
        for column, word in enumerate(line):
            sheet.write_string(row, column, word, formats.header if row == 0 else None)


def _write_sheet(sheet: Worksheet, dataset: Dataset, found: Return, formats: Formats) -> None:
    for column, indicator in enumerate(dataset.indicators):
        sheet.set_column(column, column, max(DATE_WIDTH, 2 * len(indicator.header_zh) + 2))
        sheet.write_string(0, column, indicator.header_zh, formats.header)
        for row, values in enumerate(found.rows, start=1):
            _write_cell(sheet, (row, column), shown(indicator, values[indicator.column]), formats)


def _write_cell(sheet: Worksheet, place: tuple[int, int], value: Value, formats: Formats) -> None:
    if value is None:
        return
    if isinstance(value, str):
        sheet.write_string(*place, value)
    elif isinstance(value, date):
        sheet.write_datetime(*place, value, formats.day)
    else:
        sheet.write_number(*place, float(value))
