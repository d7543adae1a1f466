"""The text box beside the cells of a sheet: what it is, when it is due, what must hold. Drawn, so no cell of it."""

from __future__ import annotations

from math import ceil

from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.intake.template.form import Form
from warehouse.intake.template.last_values import legend
from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.styles import FONT, LINE
from warehouse.intake.template.wording import SEVERITY

WIDTH, LINE_HEIGHT, MARGIN = 860, 18, 20
SIGNS_IN_LINE = 128  # half-width ones, at this width and size
COLOURS = "浅蓝:必填,尚空 to fill  ·  红:须更正 wrong  ·  黄:请核实 doubtful  ·  灰:封面已选“无” none"


def place_box(sheet: Worksheet, form: Form, asked: TemplateSelection, place: tuple[int, int]) -> None:
    """Puts the box at a row and column: below the only row, or to the right of the columns of many."""
    lines = _lines(form, asked)
    height = LINE_HEIGHT * sum(ceil(_signs(line) / SIGNS_IN_LINE) or 1 for line in lines) + MARGIN
    options = {
        "width": WIDTH,
        "height": height,
        "x_offset": 4,
        "font": {"name": FONT, "size": 10, "color": "#404040"},
        "align": {"vertical": "top"},
        "fill": {"color": "#FBFBFB"},
        "line": {"color": LINE},
        "object_position": 3,
        "description": f"{form.dataset.label_zh} {form.dataset.label_en}",
    }
    sheet.insert_textbox(*place, "\n".join(lines), options)


def _lines(form: Form, asked: TemplateSelection) -> list[str]:
    dataset = form.dataset
    rows = "只填一行 one row" if dataset.one_row else f"每{_each(form)}一行 a row each"
    head = f"{dataset.label_zh} {dataset.label_en}  ·  {rows}  ·  截止 due {asked.due_on(dataset)}"
    own = [told for told in form.told if not told.general]
    lines = [head, COLOURS, *legend(form), "点选单元格可看填写说明 Select a cell to see what belongs in it", ""]
    lines += ["本表规则 Rules of this sheet"] if own else []
    for told in own:
        zh, _ = SEVERITY[told.severity]
        lines += [f"· [{zh}] {told.reason_zh}", f"      {told.reason_en}"]
    return lines


def _each(form: Form) -> str:
    return form.dataset[form.dataset.keys[-1]].label_zh.removesuffix("代码")


def _signs(line: str) -> int:
    return sum(1 if sign.isascii() else 2 for sign in line)
