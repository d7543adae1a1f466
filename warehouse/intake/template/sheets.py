"""The sheet of a dataset: its header, cells to type into, what is allowed there and what turns which colour.

The header stands in the first row, the values from the second on, and no cell says anything else: help is in messages
beside the cells and in a text box, which no reader of cells sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name  # type: ignore[import-untyped]
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

from warehouse.codebook import Dataset, Indicator
from warehouse.intake.template import cells
from warehouse.intake.template.form import Form, Place
from warehouse.intake.template.notes_panel import place_box
from warehouse.intake.template.selection import TemplateSelection
from warehouse.intake.template.styles import A4, ALL_OPTIONS, MIDDLE, Styles

REGISTER_ROWS = 200
HEADER_HEIGHT, ROW_HEIGHT, ONLY_ROW_HEIGHT = 48, 18, 28


@dataclass(frozen=True)
class Grid:
    """Where the columns and rows of a dataset stand in its sheet."""

    dataset: Dataset

    @cached_property
    def rows(self) -> int:
        """Rows to type into: one; as many as there are codes to be a row's only key; or those of a register."""
        return 1 if self.dataset.one_row else len(prefilled(self.dataset)) or REGISTER_ROWS

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Each column's cell in the row at hand, and its range."""
        names = {c: xl_col_to_name(i) for i, c in enumerate(self.dataset.columns)}
        return {c: Place(f"${n}2", f"${n}$2:${n}${self.rows + 1}") for c, n in names.items()}

    @property
    def last(self) -> str:
        """The letter of the last column."""
        return str(xl_col_to_name(len(self.dataset.columns) - 1))

    @property
    def area(self) -> str:
        """The cells to fill in, as a spreadsheet names them."""
        return f"A2:{self.last}{self.rows + 1}"

    @property
    def begun(self) -> str:
        """Whether a row is one to be filled: it has something in it, or is the first."""
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
    grid = Grid(form.dataset)
    sheet.set_tab_color(MIDDLE)
    sheet.set_row(0, HEADER_HEIGHT)
    for place, indicator in enumerate(form.dataset.indicators):
        _write_column(sheet, form, indicator, place, look)
    for row in range(1, grid.rows + 1):
        sheet.set_row(row, ONLY_ROW_HEIGHT if form.dataset.one_row else ROW_HEIGHT)
    _colour(sheet, form, grid, look)
    sheet.ignore_errors({"number_stored_as_text": grid.area})
    place_box(sheet, form, asked, below=form.dataset.one_row)
    _arrange(sheet, form.dataset, grid, asked)


def _write_column(sheet: Worksheet, form: Form, indicator: Indicator, place: int, look: Styles) -> None:
    dataset, last = form.dataset, Grid(form.dataset).rows
    sheet.set_column(place, place, cells.width(indicator))
    sheet.write_string(0, place, cells.header(indicator), look.header)
    given = prefilled(dataset) if indicator.column in dataset.keys else ()
    aligned = {"align": "right" if indicator.numeric else "left", "indent": 1}
    centred = not indicator.numeric and (indicator.unit.dtype != "text" or indicator.codes)
    shape = look.input(num_format=cells.number_format(indicator), **({"align": "center"} if centred else aligned))
    for row in range(1, last + 1):
        if row <= len(given):
            sheet.write_string(row, place, given[row - 1], shape)
        else:
            sheet.write_blank(row, place, None, shape)
    first = f"{xl_col_to_name(place)}2"
    sheet.data_validation(0, place, 0, place, {"validate": "any", **cells.message(form, indicator)})
    sheet.data_validation(1, place, last, place, cells.validation(form, indicator, first))


def _colour(sheet: Worksheet, form: Form, grid: Grid, look: Styles) -> None:
    """Colours, the weightiest first: typed though there is none, wrong, doubtful, still to fill."""
    if form.dataset.nil:
        none = f'{filled_name(form.dataset)}="无"'
        # Codes that were filled in beforehand may stay.
        typed = xl_col_to_name(len(form.dataset.keys) if prefilled(form.dataset) else 0)
        area = f"{typed}{grid.area[1:]}"
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


def _arrange(sheet: Worksheet, dataset: Dataset, grid: Grid, asked: TemplateSelection) -> None:
    """What stays in sight, what is locked, how it prints."""
    sheet.freeze_panes(1, 0 if dataset.one_row else len(dataset.keys))
    sheet.protect("", ALL_OPTIONS)
    sheet.set_selection(1, 1 if prefilled(dataset) else 0, 1, 1 if prefilled(dataset) else 0)
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
