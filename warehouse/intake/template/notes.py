"""The sheet of notes, with the columns that `warehouse.intake.notes_sheet` reads: what the county says to queries."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.styles import A4, ALL_OPTIONS, Styles

NOTES = "填报说明"
ROWS = 60
COLUMNS = (
    ("报表", 20, "从列表中选择 Choose from the list\nDataset that the note is about"),
    (
        "指标",
        26,
        "选填。表头中的名称,如 贷款余额;空白则对整张表。\nOptional: a header's name; blank is about all of it",
    ),
    ("规则", 26, "选填。《填表须知》中的规则代码,如 loan_cap。\nOptional: the rule's id, as in the how-to"),
    ("说明", 70, "为什么属实 Why the figure is right"),
)


def write_notes(sheet: Worksheet, asked: TemplateSelection, look: Styles) -> None:
    """Fills the sheet: a header and rows for notes."""
    sheet.set_tab_color("#7F7F7F")
    sheet.set_row(0, 26)
    for place, (word, width, says) in enumerate(COLUMNS):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, word, look.header)
        for row in range(1, ROWS + 1):
            sheet.write_blank(row, place, None, look.input(text_wrap=True, num_format="@"))
        told = {"input_title": word, "input_message": says}
        sheet.data_validation(0, place, 0, place, {"validate": "any", **told})
        choice = {"validate": "list", "source": [d.label_zh for d in asked.datasets]} if place == 0 else {}
        sheet.data_validation(1, place, ROWS, place, {"validate": "any", **told, **choice})
    sheet.freeze_panes(1, 0)
    sheet.protect("", ALL_OPTIONS)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
