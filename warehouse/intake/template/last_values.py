"""What the county sent last and what that allows, beside the cells to be filled and, row by row, on a sheet of its own.

Below each cell of a form of one row stands a drawn box, which no reader of cells sees; an indicator a row has two more
columns, which are no values to a reader. The sheet of the rows of registers is known to it by name, and passed over.
Texts come from returns: they are written as texts, never as formulas, and nothing in them hides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.codebook import Indicator
from warehouse.intake.template import cells
from warehouse.intake.template.form import Allowed, Form
from warehouse.intake.template.styles import A4, ALL_OPTIONS, FONT, GREY, LINE, Styles
from warehouse.messages.visible import one_line

LAST_VALUES = "上期数"
BESIDE = ("上期数 Last", "应填范围 Allowed")
TITLE = "上期数 Last values  ·  只供查对,不读取 to look things up, not read"
HEADING = "{} {}  ·  {}  ·  {} 行 rows"
MORE = "另有 {} 行 more rows"
MOST_ROWS, LONGEST = 2_000, 60
HEADER_HEIGHT, BOX_HEIGHT = 34, 60  # in points, of which a screen has three in four pixels
SIGNS = "应:不符将被退回 or it comes back  ·  宜:不符须说明 or it is queried"
MUST, SHOULD = ("应", "must be"), ("宜", "else queried:")


def lines(form: Form, indicator: Indicator) -> list[str]:
    """What the message of a cell says: the last value, and between what the cell lies."""
    last = _last(form, indicator)
    said = [f"上期 Last ({form.last.period}): {last}"] if form.last and last else []
    return said + [_sentence(one, indicator) for one in form.allowed.get(indicator.column, ())]


def _sentence(allowed: Allowed, indicator: Indicator) -> str:
    """应在 884 与 3,350 之间 between 884 and 3,350."""
    low, high = _ends(allowed, indicator)
    zh, en = MUST if allowed.severity == "critical" else SHOULD
    if low == high:
        return f"{zh}为 {en} {low}"
    if low and high:
        return f"{zh}在 {low} 与 {high} 之间 {en} between {low} and {high}"
    return f"{zh}不小于 {en} at least {low}" if low else f"{zh}不大于 {en} at most {high}"


def _span(allowed: Allowed, indicator: Indicator) -> str:
    """The same in signs: 应 884 – 3,350; 宜 ≥ 884."""
    low, high = _ends(allowed, indicator)
    zh, _ = MUST if allowed.severity == "critical" else SHOULD
    if low == high:
        return f"{zh} = {low}"
    return f"{zh} {low} – {high}" if low and high else f"{zh} ≥ {low}" if low else f"{zh} ≤ {high}"


def _ends(allowed: Allowed, indicator: Indicator) -> tuple[str | None, str | None]:
    low, high = (None if end is None else text(indicator, end) for end in (allowed.low, allowed.high))
    return low, high


def _last(form: Form, indicator: Indicator) -> str:
    """The last value of a form of one row; nothing where there is none."""
    rows = form.last.rows if form.last and form.dataset.one_row else ()
    return text(indicator, rows[0][indicator.column]) if rows else ""


def text(indicator: Indicator, value: Any) -> str:
    """A stored value as the form has it: in the unit of the header, with commas; a code by its word; long text cut."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return cells.YES_NO[0 if value else 1]
    if isinstance(value, str):
        shown = one_line(next((one.label_zh for one in indicator.listed if one.code == value), value))
        return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
    if isinstance(value, date) or indicator.unit.dtype == "year":
        return str(value)
    # A mean of several predecessors is a float.
    exact = Decimal(str(round(value, indicator.decimals)) if isinstance(value, float) else value)
    shown = f"{exact / cells.factor(indicator):,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def legend(form: Form) -> list[str]:
    """What the boxes say, in words: of when the last values are, and what follows where a cell is elsewhere."""
    last = [f"上期 Last: {form.last.period}"] if form.last else []
    return ["  ·  ".join((*last, *([SIGNS] if form.allowed else [])))] if last or form.allowed else []


def draw_beside(sheet: Worksheet, form: Form, row: int) -> None:
    """Puts a box into a row below the cells of a form of one row, a column each where there is anything to say."""
    said = {indicator.column: _boxed(form, indicator) for indicator in form.dataset.indicators}
    if any(said.values()):
        sheet.set_row(row, BOX_HEIGHT)
    for place, indicator in enumerate(form.dataset.indicators):
        if said[indicator.column]:
            options = {
                # As wide and high as the cell, and so in any program: it goes with the cell.
                "width": int(cells.width(indicator) * 7 + 0.5) + 5,
                "height": BOX_HEIGHT * 4 / 3,
                "font": {"name": FONT, "size": 10, "color": "#404040"},
                "align": {"vertical": "top"},
                "fill": {"color": GREY},
                "line": {"color": LINE},
                "object_position": 1,
                "description": f"{indicator.label_zh} {LAST_VALUES}",
            }
            sheet.insert_textbox(row, place, said[indicator.column], options)


def _boxed(form: Form, indicator: Indicator) -> str:
    last = _last(form, indicator)
    said = ["上期 Last", last] if last else []
    return "\n".join((*said, *(_span(one, indicator) for one in form.allowed.get(indicator.column, ()))))


def beside_line(form: Form, indicator: Indicator) -> tuple[str, str]:
    """What stands beside an indicator's row: the last value, and between what the cell lies."""
    return _last(form, indicator), "  ".join(_span(one, indicator) for one in form.allowed.get(indicator.column, ()))


def has_rows(forms: Sequence[Form]) -> list[Form]:
    """The forms of many rows of which the county sent some."""
    return [form for form in forms if form.last and form.last.rows and not form.dataset.one_row]


def write_last_rows(sheet: Worksheet, forms: Sequence[Form], look: Styles) -> None:
    """Fills the sheet of what registers had last: each under its name, in the order of its keys."""
    sheet.set_tab_color("#7F7F7F")
    sheet.set_row(0, 34)
    sheet.write_string(0, 0, TITLE, look.title)
    at = 2
    for form in forms:
        at = _write_rows(sheet, form, at, look) + 2
    wide = max(len(form.dataset.columns) for form in forms)
    sheet.set_column(0, wide - 1, cells.TEXT_WIDTH)
    sheet.protect("", ALL_OPTIONS)
    sheet.hide_gridlines(2)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)


def _write_rows(sheet: Worksheet, form: Form, at: int, look: Styles) -> int:
    """A form's rows from a row on; the row after the last."""
    dataset, rows = form.dataset, form.last.rows if form.last else ()
    period = form.last.period if form.last else ""
    sheet.write_string(at, 0, HEADING.format(dataset.label_zh, dataset.label_en, period, len(rows)), look.heading)
    for place, indicator in enumerate(dataset.indicators):
        if place:
            sheet.write_blank(at, place, None, look.heading)
        sheet.write_string(at + 1, place, cells.header(indicator), look.header)
    shown = {True: look.framed(align="right", indent=1), False: look.framed(indent=1, num_format="@")}
    sheet.set_row(at + 1, HEADER_HEIGHT)
    at += 2
    for row in rows[:MOST_ROWS]:
        for place, indicator in enumerate(dataset.indicators):
            sheet.write_string(at, place, text(indicator, row[indicator.column]), shown[indicator.numeric])
        at += 1
    if len(rows) > MOST_ROWS:
        sheet.write_string(at, 0, MORE.format(len(rows) - MOST_ROWS), look.faint)
        at += 1
    return at
