"""The template as a workbook: cover, how-to, a sheet a dataset, what registers had last, notes.

The same request gives the same bytes, as long as the store has the same last values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from warehouse.intake.template.cover import COVER, HOW_TO, TITLE, filled_cell, write_cover
from warehouse.intake.template.form import Form
from warehouse.intake.template.how_to import write_how_to
from warehouse.intake.template.last_values import LAST_VALUES, has_rows, write_last_rows
from warehouse.intake.template.notes import NOTES, write_notes
from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.sheets import filled_name, write_form
from warehouse.intake.template.styles import Styles

CREATED = datetime(2018, 1, 1)  # noqa: DTZ001  (a fixed day in the file, so that the bytes are the same)


def template_name(asked: TemplateSelection) -> str:
    """The file's name, which says county and period too."""
    return f"{asked.division.county_code}_{asked.division.name_zh}_{asked.period}.xlsx"


def write_template(asked: TemplateSelection, forms: Sequence[Form], *, vertical: bool = False) -> bytes:
    """The workbook, a form for each dataset that was asked for, in that order; `vertical` those of one row, with an
    indicator a row.
    """
    forms = [replace(form, vertical=vertical and form.dataset.one_row) for form in forms]
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"title": f"{TITLE} {asked.division.name_zh} {asked.period}", "created": CREATED})
        book.set_size(2400, 1500)
        look = Styles(book, {})
        write_cover(book.add_worksheet(COVER), asked, look)
        write_how_to(book.add_worksheet(HOW_TO), asked, forms, look)
        for place, form in enumerate(forms):
            write_form(book.add_worksheet(form.dataset.label_zh), form, asked, look)
            book.define_name(filled_name(form.dataset), f"={filled_cell(place)}")
        if registers := has_rows(forms):
            write_last_rows(book.add_worksheet(LAST_VALUES), registers, look)
        write_notes(book.add_worksheet(NOTES), asked, look)
    return file.getvalue()
