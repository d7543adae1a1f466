"""The cover of a template, as `warehouse.intake.ownership.cover` reads it: county, period, the list of datasets.

Labels stand in column A with their values beside; the list has 报表, 代码, 填报情况, 状态 in A to D. What is there for
the clerk alone stands further right, or above the list's header.
"""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.styles import A4, ALL_OPTIONS, DARK, GREY, TO_FILL, Styles

COVER, HOW_TO = "封面", "填表须知"
TITLE = "脱贫攻坚县级报表 County return"
READ_FIRST = "请先看《填表须知》 Read the how-to first"
ENGLISH = ("Dataset", "Code", "Given or none", "Status", "", "Due", "")
HEADER = ("报表", "代码", "填报情况", "状态", "English", "截止日期", "可否选无")
WIDTHS = (24, 22, 15, 14, 24, 14, 32)
HEADER_ROW, FIRST_ROW = 6, 7
GIVEN, NONE, STATUSES = "有", "无", ("报送", "预计")
MAY_BE_NONE, NOT_NONE = "如本期没有,选“无” may be none", "须填报 to be given"
ABOUT_FILLED = {
    "input_title": "填报情况",
    "input_message": "有:在本表填数。无:本期没有此项工作,本表留空。\nGiven, or none: the sheet stays blank.",
    "error_message": "请选择 有 或 无 Choose 有 or 无",
}
ABOUT_STATUS = {
    "input_title": "状态",
    "input_message": "报送:正式数。预计:估计数,以后再报正式数。\n报送 is final for now; 预计 is an estimate.",
    "error_message": "请选择 报送 或 预计 Choose 报送 or 预计",
}


def filled_cell(place: int) -> str:
    """The cell that says whether there is anything of the dataset at a place in the list."""
    return f"'{COVER}'!$C${FIRST_ROW + place + 1}"


def write_cover(sheet: Worksheet, asked: TemplateSelection, look: Styles) -> None:
    """Fills the cover; only what the county chooses is unlocked."""
    sheet.set_tab_color(DARK)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 34)
    sheet.write_string(0, 0, TITLE, look.title)
    sheet.set_row(1, 22)
    sheet.write_url(1, 0, f"internal:'{HOW_TO}'!A1", look.link, READ_FIRST)
    division = asked.division
    facts = (
        ("区划代码", division.county_code, "County code"),
        ("县(市、区)", division.name_zh, f"County, in {division.prefecture_zh}"),
        ("报告期", asked.period, "Period: its last month"),
    )
    for row, (label, value, english) in enumerate(facts, start=2):
        sheet.set_row(row, 22)
        sheet.write_string(row, 0, label, look.label)
        sheet.write_string(row, 1, value, look.framed(bold=True, font_size=12, align="center", num_format="@"))
        sheet.write_string(row, 2, english, look.faint)
    _write_list(sheet, asked, look)
    _arrange(sheet, asked)


def _write_list(sheet: Worksheet, asked: TemplateSelection, look: Styles) -> None:
    sheet.set_row(HEADER_ROW - 1, 24)
    sheet.set_row(HEADER_ROW, 26)
    for column, (word, english) in enumerate(zip(HEADER, ENGLISH, strict=True)):
        sheet.write_string(HEADER_ROW, column, word, look.header)
        if english:
            sheet.write_string(
                HEADER_ROW - 1,
                column,
                english,
                look.format(font_color="#7F7F7F", font_size=9, align="center", valign="bottom"),
            )
    for row, dataset in enumerate(asked.datasets, start=FIRST_ROW):
        sheet.set_row(row, 22)
        sheet.write_url(row, 0, f"internal:'{dataset.label_zh}'!A1", _linked(look), dataset.label_zh)
        sheet.write_string(row, 1, dataset.dataset, look.framed(font_color="#7F7F7F", indent=1))
        chosen = look.input(align="center", bold=True, font_color=DARK, bg_color=TO_FILL)
        sheet.write_string(row, 2, GIVEN, chosen if dataset.nil else look.framed(align="center", bg_color=GREY))
        sheet.write_string(row, 3, STATUSES[0], chosen)
        sheet.write_string(row, 4, dataset.label_en, look.framed(indent=1))
        sheet.write_string(row, 5, str(asked.due_on(dataset)), look.framed(align="center"))
        sheet.write_string(
            row, 6, MAY_BE_NONE if dataset.nil else NOT_NONE, look.framed(font_color="#7F7F7F", indent=1)
        )
        if dataset.nil:
            sheet.data_validation(row, 2, row, 2, {"validate": "list", "source": [GIVEN, NONE], **ABOUT_FILLED})
        sheet.data_validation(row, 3, row, 3, {"validate": "list", "source": list(STATUSES), **ABOUT_STATUS})
    last = FIRST_ROW + len(asked.datasets) - 1
    for column, word, severity in ((2, NONE, "none"), (3, STATUSES[1], "warning")):
        rule = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": look.colouring(severity)}
        sheet.conditional_format(FIRST_ROW, column, last, column, rule)


def _linked(look: Styles) -> object:
    return look.framed(font_color="#2F75B5", underline=1, bold=True, indent=1)


def _arrange(sheet: Worksheet, asked: TemplateSelection) -> None:
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.protect("", ALL_OPTIONS)
    sheet.hide_gridlines(2)
    sheet.set_selection(FIRST_ROW, 3, FIRST_ROW, 3)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{asked.division.county_code} {asked.division.name_zh}&C&P / &N&R{asked.period}")
