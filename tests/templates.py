"""Templates filled as a clerk would: each value typed into its cell, as the form has it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from openpyxl.workbook import Workbook

from warehouse.intake.template import TemplateSelection
from warehouse.intake.template.cover import FIRST_ROW
from warehouse.intake.template.sheets import VALUE
from warehouse.synthetic import Return, build_returns
from warehouse.synthetic.layout import shown


@cache
def province() -> Sequence[Return]:
    return build_returns(1)


def fill(
    book: Workbook, wanted: TemplateSelection, given: Sequence[Return], path: Path, *, vertical: bool = False
) -> Path:
    """Types a county's returns into its template and saves it."""
    cover = book["封面"]
    for place, dataset in enumerate(wanted.datasets):
        found = next(r for r in given if r.dataset == dataset.dataset)
        cover.cell(FIRST_ROW + place + 1, 4).value = "预计" if found.status == "provisional" else "报送"
        if found.nil:
            cover.cell(FIRST_ROW + place + 1, 3).value = "无"
        page = book[dataset.label_zh]
        turned = vertical and dataset.one_row
        for row in () if turned else page.iter_rows(min_row=2):  # the codes that stand there beforehand are typed over
            for cell in row:
                cell.value = None
        for at, values in enumerate(found.rows, start=2):
            for column, indicator in enumerate(dataset.indicators, start=1):
                cell = page.cell(column + 1, VALUE + 1) if turned else page.cell(at, column)
                cell.value = shown(indicator, values[indicator.column])
    book.save(path)
    return path
