"""The sheet of a dataset: its header, cells to type into, what is allowed there and what turns which colour.

The header stands in the first row, the values from the second on, and no cell says anything else: help is in messages
beside the cells and in a text box, which no reader of cells sees. A vertical form has an indicator a row: its name, its
unit, its number, its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from xlsxwriter.format import Format  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.codebook import Dataset, Indicator
from warehouse.intake.template import cells
from warehouse.intake.template.form import Form, Place
from warehouse.intake.template.last_values import BESIDE, beside_line, draw_beside, lines
from warehouse.intake.template.notes_panel import place_box
from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.styles import A4, ALL_OPTIONS, GREY, MIDDLE, Styles

REGISTER_ROWS = 200
VERTICAL, VERTICAL_WIDTHS = ("指标名称", "计量单位", "代码", "本年累计"), (34, 12, 8, 20, 16, 22)
VALUE = len(VERTICAL) - 1
BELOW = 2  # the row below the only one of a form
HEADER_HEIGHT, ROW_HEIGHT, ONLY_ROW_HEIGHT = 48, 18, 28


@dataclass(frozen=True)
class Grid:
    """Where the columns and rows of a dataset stand in its sheet; of a vertical form each column is a cell."""

    dataset: Dataset
    vertical: bool = False

    @cached_property
    def rows(self) -> int:
        """Rows to type into: one, or of a vertical form one an indicator; as many as there are codes to be a row's only
        key; or those of a register.
        """
        if self.vertical:
            return len(self.dataset.columns)
        return 1 if self.dataset.one_row else len(prefilled(self.dataset)) or REGISTER_ROWS

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Each column's cell in the row at hand, and its range."""
        if self.vertical:
            cells_of = {c: f"${self.last}${row}" for row, c in enumerate(self.dataset.columns, start=2)}
            return {c: Place(cell, cell) for c, cell in cells_of.items()}
        names = {c: xl_col_to_name(i) for i, c in enumerate(self.dataset.columns)}
        return {c: Place(f"${n}2", f"${n}$2:${n}${self.rows + 1}") for c, n in names.items()}

    @property
    def last(self) -> str:
        """The letter of the last column."""
        if self.vertical:
            return str(xl_col_to_name(VALUE))
        return str(xl_col_to_name(len(self.dataset.columns) - 1))

    @property
    def area(self) -> str:
        """The cells to fill in, as a spreadsheet names them."""
        return f"{self.last if self.vertical else 'A'}2:{self.last}{self.rows + 1}"

    @property
    def begun(self) -> str:
        """Whether a row is one to be filled: it has something in it, or is the first."""
        if self.vertical:
            return "TRUE"
        return f"OR(ROW()=2,COUNTA($A2:${self.last}2)>0)"

    def areas(self, columns: tuple[str, ...]) -> str:
        """The columns' ranges, separated by blanks."""
        return " ".join(self.places[c].all.replace("$", "") for c in columns)


def prefilled(dataset: Dataset) -> tuple[str, ...]:
    """The words that stand in the only key of a dataset beforehand, a row each; none where the key is no such list."""
    return cells.words(dataset[dataset.keys[0]]) if len(dataset.keys) == 1 else ()


def filled_name(dataset: Dataset) -> str:
    """The workbook's name for the cover's cell that says whether there is anything of a dataset."""
    return f"filled_{dataset.dataset}"


def write_form(sheet: Worksheet, form: Form, asked: TemplateSelection, look: Styles) -> None:
    """Fills the sheet of a dataset."""
    grid = Grid(form.dataset, form.vertical)
    sheet.set_tab_color(MIDDLE)
    sheet.set_row(0, ONLY_ROW_HEIGHT if form.vertical else HEADER_HEIGHT)
    if form.vertical:
        _write_lines(sheet, form, look)
    else:
        for place, indicator in enumerate(form.dataset.indicators):
            _write_column(sheet, form, indicator, place, look)
    for row in range(1, grid.rows + 1):
        sheet.set_row(row, ONLY_ROW_HEIGHT if form.dataset.one_row and not form.vertical else ROW_HEIGHT)
    _colour(sheet, form, grid, look)
    sheet.ignore_errors({"number_stored_as_text": grid.area})
    if form.dataset.one_row and not form.vertical:
        draw_beside(sheet, form, BELOW)
        place_box(sheet, form, asked, (BELOW + 1, 0))
    else:
        place_box(sheet, form, asked, (1, 1 + (len(VERTICAL_WIDTHS) if form.vertical else len(form.dataset.columns))))
    _arrange(sheet, grid, asked)


def _write_lines(sheet: Worksheet, form: Form, look: Styles) -> None:
    """A vertical form: a row an indicator, of which the value alone is typed."""
    known = bool(form.last or form.allowed)
    for place, width in enumerate(VERTICAL_WIDTHS):
        sheet.set_column(place, place, width)
    for place, title in enumerate((*VERTICAL, *(BESIDE if known else ()))):
        sheet.write_string(0, place, title, look.header)
    for row, indicator in enumerate(form.dataset.indicators, start=1):
        unit = indicator.input_unit or indicator.unit.label_zh
        for place, text in enumerate((indicator.label_zh, unit, f"{row:02}")):
            sheet.write_string(row, place, text, look.label if place == 0 else look.framed(align="center"))
        sheet.write_blank(row, VALUE, None, _shape(indicator, look))
        cell = f"{xl_col_to_name(VALUE)}{row + 1}"
        sheet.data_validation(row, VALUE, row, VALUE, cells.validation(form, indicator, cell, lines(form, indicator)))
        for place, said in enumerate(beside_line(form, indicator) if known else (), start=VALUE + 1):
            sheet.write_string(row, place, said, look.framed(align="right", indent=1, bg_color=GREY))


def _shape(indicator: Indicator, look: Styles) -> Format:
    """How a cell to type into looks."""
    aligned = {"align": "right" if indicator.numeric else "left", "indent": 1}
    centred = not indicator.numeric and (indicator.unit.dtype != "text" or indicator.codes)
    return look.input(num_format=cells.number_format(indicator), **({"align": "center"} if centred else aligned))


def _write_column(sheet: Worksheet, form: Form, indicator: Indicator, place: int, look: Styles) -> None:
    dataset, last = form.dataset, Grid(form.dataset).rows
    sheet.set_column(place, place, cells.width(indicator))
    sheet.write_string(0, place, cells.header(indicator), look.header)
    given = prefilled(dataset) if indicator.column in dataset.keys else ()
    shape = _shape(indicator, look)
    for row in range(1, last + 1):
        if row <= len(given):
            sheet.write_string(row, place, given[row - 1], shape)
        else:
            sheet.write_blank(row, place, None, shape)
    first = f"{xl_col_to_name(place)}2"
    known = lines(form, indicator)
    sheet.data_validation(0, place, 0, place, {"validate": "any", **cells.message(form, indicator, known)})
    sheet.data_validation(1, place, last, place, cells.validation(form, indicator, first, known))


def _colour(sheet: Worksheet, form: Form, grid: Grid, look: Styles) -> None:
    """Colours, the weightiest first: typed though there is none, wrong, doubtful, still to fill."""
    if form.dataset.nil:
        none = f'{filled_name(form.dataset)}="无"'
        # Codes that were filled in beforehand may stay.
        typed = grid.last if grid.vertical else xl_col_to_name(len(form.dataset.keys) if prefilled(form.dataset) else 0)
        area = f"{typed}2:{grid.area.partition(':')[2]}"
        _over(sheet, area, f'=AND({none},{typed}2<>"")', look, "critical")
        _over(sheet, grid.area, f"={none}", look, "none")
    limits = (*form.limits, *(limit for i in form.dataset.indicators for limit in cells.pasted(i)))
    for severity in ("critical", "warning"):
        for limit in limits:
            if limit.severity == severity:
                _over(sheet, grid.areas(limit.columns), limit.formula(grid.places), look, severity)
    for indicator in form.dataset.indicators:
        if needed := _needed(indicator, grid):
            _over(sheet, grid.areas((indicator.column,)), needed, look, "to_fill")


def _needed(indicator: Indicator, grid: Grid) -> str | None:
    """When a blank cell is still to be filled; None for one that never has to be."""
    if indicator.required == "false":
        return None
    here = grid.places[indicator.column]
    parts = [f'{here}=""', grid.begun]
    if indicator.required != "true":
        column, sign, least = indicator.required.removeprefix("where ").split()
        parts.append(f"N({grid.places[column]}){sign}{least}")
    return f"=AND({','.join(parts)})"


def _over(sheet: Worksheet, areas: str, formula: str, look: Styles, severity: str) -> None:
    first = xl_cell_to_rowcol(areas.partition(":")[0])
    rule = {"type": "formula", "criteria": formula, "format": look.colouring(severity), "stop_if_true": True}
    sheet.conditional_format(*first, *first, {**rule, "multi_range": areas})


def _arrange(sheet: Worksheet, grid: Grid, asked: TemplateSelection) -> None:
    """What stays in sight, what is locked, how it prints."""
    dataset = grid.dataset
    sheet.freeze_panes(1, 0 if dataset.one_row else len(dataset.keys))
    sheet.protect("", ALL_OPTIONS)
    first = VALUE if grid.vertical else int(bool(prefilled(dataset)))
    sheet.set_selection(1, first, 1, first)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.8, bottom=0.7)
    sheet.repeat_rows(0)
    sheet.set_header(f"&L{asked.division.county_code} {asked.division.name_zh}&C&B{dataset.label_zh}&R{asked.period}")
    sheet.set_footer("&C&P / &N")
    if not dataset.one_row:
        sheet.print_area(0, 0, grid.rows, len(dataset.columns) - 1)
