"""A sheet with the returns of one dataset: title, unit line, header, rows, totals, notes below.

Belongs here: where everything stands. Does not belong here: how a value (`cells.py`) or a header (`header.py`) looks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from warehouse.codebook import Dataset, load
from warehouse.synthetic.layout import STATUS_ZH, SYNTHETIC_MARK
from warehouse.synthetic.messy.cells import header_unit, month_cell, value_cell
from warehouse.synthetic.messy.grid import BLANK, Cell, Sheet
from warehouse.synthetic.messy.header import column_headers, header_rows, unit_line
from warehouse.synthetic.messy.names import written_name
from warehouse.synthetic.messy.style import Style
from warehouse.synthetic.random_draws import stream
from warehouse.synthetic.records import Return, Row, Value, period_end

NOTE = f"注:本表为{SYNTHETIC_MARK},仅供测试"
NOTES = ("1.本表金额取自财政专户", "2、人数以建档立卡系统为准", "※ 其余见附表", "统计负责人:合成丙", "附:说明一份")
SIGNED = ("填表人:合成甲", "审核人:合成乙", "填报日期:")
SIGNED_EVERY = 2  # columns from one signature to the next
SOME_ROWS = 5
VERTICAL = ("指标名称", "计量单位", "代码", "本年累计")


@dataclass
class Table:
    """A laid-out sheet: `heads` and `values` say where a column's header and a return's value stand."""

    dataset: Dataset
    style: Style
    sheet: Sheet
    columns: tuple[str, ...]  # with those beside the indicators
    heads: dict[str, tuple[int, int]] = field(default_factory=dict)
    values: dict[tuple[int, int, str], tuple[int, int]] = field(default_factory=dict)  # return, row, column


def lay_table(name: str, dataset: Dataset, returns: Sequence[Return], style: Style, *, bare: bool = False) -> Table:
    """The sheet `name` with the returns; `bare` writes county names as they are, where the cover has the prefecture."""
    leading = _leading(returns, style)
    table = Table(dataset, style, Sheet(name), (*leading, *_order(dataset, returns, style)))
    _lay_top(table, returns)
    _lay_header(table, len(leading))
    since: list[Row] = []
    serial = 0
    for place, found in enumerate(returns):
        for index, row in enumerate(found.rows):
            serial += 1
            _lay_row(table, (place, index), found, _about(found, serial, style, bare=bare))
            since.append(row)
            if style.totals and _ends(returns, place, index):
                _lay_total(table, "小计", since)
                since = []
    if style.totals:
        _lay_total(table, "合计", [row for found in returns for row in found.rows])
    _lay_bottom(table, returns)
    return table


def lay_vertical(name: str, dataset: Dataset, found: Return, style: Style) -> Table:
    """The sheet `name` with a return of one row, an indicator a row, as statistics offices have it."""
    table = Table(dataset, style, Sheet(name), dataset.columns)
    (row,) = found.rows
    table.sheet.rows += [[Cell(f"{dataset.label_zh} {SYNTHETIC_MARK}", "bold")], [Cell(w, "bold") for w in VERTICAL]]
    for place, indicator in enumerate(dataset.indicators, start=1):
        at = len(table.sheet.rows)
        table.heads[indicator.column], table.values[0, 0, indicator.column] = (at, 0), (at, len(VERTICAL) - 1)
        value = value_cell(indicator, row[indicator.column], style, place)
        unit = header_unit(indicator, style)
        table.sheet.rows.append([Cell(indicator.label_zh), Cell(unit or None), Cell(f"{place:02}"), value])
    return table


def _leading(returns: Sequence[Return], style: Style) -> tuple[str, ...]:
    """The columns beside the indicators; a provisional return without a cover says so in one more."""
    provisional = any(found.status == "provisional" for found in returns)
    return (*style.leading, *(("return_status",) if provisional and not style.cover else ()))


def _order(dataset: Dataset, returns: Sequence[Return], style: Style) -> tuple[str, ...]:
    columns = list(dataset.columns)
    if style.shuffled:
        stream(0, returns[0].county_code, dataset.dataset).shuffle(columns)
    return tuple(columns)


def _lay_top(table: Table, returns: Sequence[Return]) -> None:
    """Title and unit line, where the clerk has them; all units that the header leaves out."""
    rows, first = table.sheet.rows, returns[0]
    if table.style.heads in ("title", "three_rows"):
        end = period_end(first.period)
        rows.append([Cell(f"{end.year}年{end.month}月{table.dataset.label_zh}情况表 {SYNTHETIC_MARK}", "bold")])
    units = f"单位:{'、'.join(unit_line(table.dataset, table.style))}"
    if table.style.heads == "title":
        rows.append([Cell(units)])
    if table.style.heads == "office_line":
        division = next(d for d in load().divisions if d.county_code == first.county_code)
        office = f"填报单位:{written_name(division)}扶贫办"
        rows.append([Cell(f"{office}  报告期:{month_cell(first.period, 'chinese').value}  {units} {SYNTHETIC_MARK}")])
    if table.style.gaps:
        rows.append([])


def _lay_header(table: Table, leading: int) -> None:
    sheet, top = table.sheet, len(table.sheet.rows)
    heads = column_headers(table.dataset, table.columns[:leading], table.columns[leading:], table.style)
    rows, merged = header_rows(heads, table.style)
    for row in rows:
        sheet.rows.append([Cell(text or None, "bold") for text in row])
    sheet.merged += [(top + a, b, top + c, d) for a, b, c, d in merged if (a, b) != (c, d)]
    for place, column in enumerate(table.columns):
        lowest = max(index for index, texts in enumerate(rows) if texts[place])
        table.heads[column] = (top + lowest, place)
    if table.style.gaps:
        sheet.rows.append([])


def _lay_row(table: Table, at: tuple[int, int], found: Return, about: Mapping[str, Cell]) -> None:
    row, sheet = found.rows[at[1]], table.sheet
    cells = []
    for place, column in enumerate(table.columns):
        if column in about:
            cells.append(about[column])
            continue
        cells.append(value_cell(table.dataset[column], row[column], table.style, at[1] + place))
        table.values[*at, column] = (len(sheet.rows), place)
    if table.style.hidden and at[1] % SOME_ROWS == 1:
        sheet.hidden.append(len(sheet.rows))
    sheet.rows.append(cells)
    if table.style.gaps and at[1] % SOME_ROWS == SOME_ROWS - 1:
        sheet.rows.append([])


def _about(found: Return, serial: int, style: Style, *, bare: bool) -> dict[str, Cell]:
    """What a row says beside the indicators."""
    division = next(d for d in load().divisions if d.county_code == found.county_code)
    said: dict[str, Cell] = {
        "serial": Cell(f"{serial:03}"),
        "county_code": Cell(division.county_code),
        "county_name": Cell(division.name_zh if bare else written_name(division)),
        "period": month_cell(found.period, style.month),
        "return_status": Cell(STATUS_ZH[found.status]),
        "note": Cell(SYNTHETIC_MARK),
    }
    return {column: said[column] for column in _leading([found], style)} | (
        {"return_status": said["return_status"]} if "return_status" in _leading([found], style) else {}
    )


def _ends(returns: Sequence[Return], place: int, index: int) -> bool:
    """Whether a subtotal follows: after each county of a register, and within one county after some of the rows."""
    rows = returns[place].rows
    if len(returns) > 1:
        return len(rows) > 1 and index == len(rows) - 1
    return len(rows) > SOME_ROWS and (index % SOME_ROWS == SOME_ROWS - 1 or index == len(rows) - 1)


def _lay_total(table: Table, word: str, rows: Sequence[Row]) -> None:
    """A row of totals: the word in the last text column before the numbers, sums below what may be summed."""
    dataset = table.dataset
    texts = [c for c in table.columns if c == "county_name" or (c in dataset.columns and dataset[c].kind == "key")]
    if not texts:
        return
    cells = []
    for place, column in enumerate(table.columns):
        summed = column in dataset.columns and dataset[column].roll_up.how == "sum"
        if column == texts[0]:
            cells.append(Cell(word))
        elif summed:
            cells.append(value_cell(dataset[column], _sum([row[column] for row in rows]), table.style, place))
        else:
            cells.append(BLANK)
    table.sheet.rows.append(cells)


def _sum(values: Sequence[Value]) -> Value:
    given = [value for value in values if isinstance(value, int | Decimal)]
    return sum(given, type(given[0])(0)) if given else None


def _lay_bottom(table: Table, returns: Sequence[Return]) -> None:
    """Notes and signatures; and the mark that all is synthetic, where nothing else in the file says it."""
    rows, style = table.sheet.rows, table.style
    marked = style.cover or style.heads in ("title", "three_rows", "office_line") or "note" in style.leading
    if style.footer or not marked:
        if style.gaps or style.footer:
            rows.append([])
        rows.append([Cell(NOTE)])
    if style.notes:
        rows += [[Cell(text)] for text in NOTES]
    if style.footer:
        words = [*SIGNED[:2], f"{SIGNED[2]}{period_end(returns[-1].period):%Y-%m-%d}"]
        line: list[Cell] = []
        for word in words:
            line += [Cell(word), *([BLANK] * (SIGNED_EVERY - 1))]
        rows.append(line)
