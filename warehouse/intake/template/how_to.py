"""The how-to sheet, in zh and en: steps, colours, statuses, due dates, the rules of each sheet with their reasons.

It is for people: the reader passes it over by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.intake.template import wording
from warehouse.intake.template.form import Form, RuleText
from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.styles import A4, ALL_OPTIONS, FILLS, Styles

WIDTHS = (27, 17, 46, 56, 23)
ZH, EN, WHEN = 2, 3, 4
LAST = len(WIDTHS) - 1
LINE_HEIGHT, FEW = 15, 3


class Page:
    """The sheet as it is written from top to bottom."""

    def __init__(self, sheet: Worksheet, look: Styles) -> None:
        self.sheet, self.look, self.row = sheet, look, 0

    def heading(self, text: str) -> None:
        """A coloured line over all columns, after a blank one."""
        self.row += 1
        self.sheet.set_row(self.row, 22)
        self.sheet.write_string(self.row, 0, text, self.look.heading)
        for column in range(1, LAST + 1):
            self.sheet.write_blank(self.row, column, None, self.look.heading)
        self.row += 1

    def header(self, *labels: str) -> None:
        """Writes a row of column heads and goes to the next."""
        for column, label in enumerate(labels):
            self.sheet.write_string(self.row, column, label, self.look.label)
        self.row += 1

    def line(self, *texts: str, severity: Format | None = None) -> None:
        """A row of texts, one a column, high enough for the longest of them."""
        wrapped = self.look.framed(text_wrap=True, indent=1)
        self._set_height(zip(texts, WIDTHS, strict=True))
        for column, text in enumerate(texts):
            self.sheet.write_string(self.row, column, text, severity if severity and column == 1 else wrapped)
        self.row += 1

    def wide_line(self, word: str, zh: str, en: str, **colour: str) -> None:
        """A row of a word, in colour, and what it means in both languages, over two columns each."""
        wrapped = self.look.framed(text_wrap=True, indent=1)
        self._set_height(((zh, WIDTHS[1] + WIDTHS[ZH]), (en, WIDTHS[EN] + WIDTHS[WHEN])))
        self.sheet.write_string(self.row, 0, word, self.look.framed(align="center", bold=True, **colour))
        self.sheet.merge_range(self.row, 1, self.row, ZH, zh, wrapped)
        self.sheet.merge_range(self.row, EN, self.row, WHEN, en, wrapped)
        self.row += 1

    def _set_height(self, texts: Iterable[tuple[str, float]]) -> None:
        self.sheet.set_row(self.row, LINE_HEIGHT * max(_lines(text, width) for text, width in texts) + 5)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column, Chinese signs being twice as wide as others."""
    signs = sum(0.9 if sign.isascii() else 1.95 for sign in text)
    return int(signs // (width - 3)) + 1


def write_how_to(sheet: Worksheet, asked: TemplateSelection, forms: Sequence[Form], look: Styles) -> None:
    """Fills the sheet."""
    sheet.set_tab_color("#7F7F7F")
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_row(0, 34)
    sheet.write_string(0, 0, "填表须知 How to fill this in", look.title)
    page = Page(sheet, look)
    _write_steps(page, forms)
    _write_colours(page)
    _write_words(page)
    _write_due(page, asked)
    _write_rules(page, forms)
    sheet.protect("", ALL_OPTIONS)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer(f"&L{asked.division.county_code} {asked.division.name_zh}&C&P / &N&R{asked.period}")


def _write_steps(page: Page, forms: Sequence[Form]) -> None:
    page.heading("一、步骤 Steps")
    registers = [] if all(form.dataset.one_row for form in forms) else [wording.MORE_ROWS]
    for number, (zh, en) in enumerate((*wording.STEPS, *registers), start=1):
        page.wide_line(f"{number}", zh, en)


def _write_colours(page: Page) -> None:
    page.heading("二、颜色 Colours")
    for severity, word, zh, en in wording.COLOURS:
        page.wide_line(word, zh, en, **_swatch(severity))


def _swatch(severity: str) -> dict[str, str]:
    return {"bg_color": FILLS[severity]} if severity in FILLS else {}


def _write_words(page: Page) -> None:
    page.heading("三、状态和填报情况 Status, given or none")
    for word, zh, en in wording.STATUSES:
        page.wide_line(word, zh, en)


def _write_due(page: Page, asked: TemplateSelection) -> None:
    page.heading("四、截止日期 Due dates")
    dates: dict[str, list[tuple[str, str]]] = {}
    for dataset in asked.datasets:
        dates.setdefault(str(asked.due_on(dataset)), []).append((dataset.label_zh, dataset.label_en))
    for day, names in sorted(dates.items()):
        zh, en = ("、".join(n[0] for n in names), ", ".join(n[1] for n in names))
        page.wide_line(day, zh, en)


def _write_rules(page: Page, forms: Sequence[Form]) -> None:
    page.heading("五、核对规则 Rules")
    page.wide_line("何时核对 When", *wording.ABOUT_SEEN)
    page.heading("各表通用 Of any sheet")
    shared: dict[tuple[str, str], list[str]] = {}
    told: dict[tuple[str, str], RuleText] = {}
    for form in forms:
        for one in form.told:
            if one.general:
                shared.setdefault((one.rule, one.seen), []).append(form.dataset.label_zh)
                told[one.rule, one.seen] = one
    _write_told(page, ((told[key], names if len(names) <= FEW < len(forms) else []) for key, names in shared.items()))
    for form in forms:
        own = [one for one in form.told if not one.general]
        if own:
            page.heading(f"{form.dataset.label_zh} {form.dataset.label_en}")
            _write_told(page, ((one, []) for one in own))


def _write_told(page: Page, rules: Iterable[tuple[RuleText, list[str]]]) -> None:
    """A line a rule, with the names of the sheets that have it where they are few of many."""
    page.header("规则 Rule", "不符则 If not", "内容", "What it says", "何时核对 When")
    for told, names in rules:
        zh, en = wording.SEVERITY[told.severity]
        which = f"({'、'.join(names)})" if names else ""
        colour = page.look.framed(align="center", **_swatch(told.severity))
        texts = (told.rule, f"{zh} {en}", told.reason_zh + which, told.reason_en, wording.SEEN[told.seen])
        page.line(*texts, severity=colour)
