"""Damage to one return that reading must refuse: what it does to the laid-out table, and the cell that is to blame.

Belongs here: one function a kind of damage. Does not belong here: whose return it is (`plan.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from warehouse.codebook import Indicator
from warehouse.synthetic.messy.cells import WAN, words
from warehouse.synthetic.messy.grid import Cell
from warehouse.synthetic.messy.table import Table
from warehouse.synthetic.records import Row

At = tuple[int, int]
UNFIT = "其他情况(待定)"
LESS_THAN_A_YUAN = Decimal("0.00005")  # in 万元
MONTH_FOR_A_DAY = "2018年3月"


def spoil(kind: str, table: Table, row: Row) -> At:
    """Spoils the table's first return, whose first row is `row`; where the blame lies."""
    return KINDS[kind](table, row)


def _put(table: Table, indicator: Indicator, cell: Cell) -> At:
    place = table.values[0, 0, indicator.column]
    table.sheet.put(*place, cell)
    return place


def _number(table: Table) -> Indicator:
    numbers = [i for i in table.dataset.indicators if i.numeric]
    return numbers[len(numbers) // 2]


def _money(table: Table) -> Indicator:
    return next(i for i in table.dataset.indicators if i.unit.dtype == "money")


def _in_wan(table: Table, row: Row) -> tuple[Indicator, Decimal]:
    indicator = _money(table)
    return indicator, Decimal(str(row[indicator.column])) / WAN


def _error(table: Table, _: Row) -> At:
    return _put(table, _number(table), Cell("#REF!", "error"))


def _formula(table: Table, _: Row) -> At:
    return _put(table, _number(table), Cell(formula="=Sheet9!B4+1"))


def _unknown_column(table: Table, _: Row) -> At:
    row, _column = next(iter(table.heads.values()))
    place = (row, len(table.columns))
    table.sheet.put(*place, Cell(UNFIT, "bold"))
    table.sheet.put(table.values[0, 0, table.columns[-1]][0], place[1], Cell(5))
    return place


def _column_twice(table: Table, row: Row) -> At:
    indicator = _number(table)
    head = (table.heads[indicator.column][0], len(table.columns))
    unit = indicator.unit.label_zh
    table.sheet.put(*head, Cell(f"{(*indicator.synonyms, indicator.label_en)[0]}({unit})", "bold"))
    value = row[indicator.column]
    table.sheet.put(table.values[0, 0, indicator.column][0], head[1], Cell(Decimal(str(value))))
    return head


def _words(table: Table, row: Row) -> At:
    indicator = _number(table)
    return _put(table, indicator, Cell(f"约{row[indicator.column]}左右"))


def _no_unit(table: Table, _: Row) -> At:
    indicator = _money(table)
    table.sheet.put(*table.heads[indicator.column], Cell(indicator.label_zh, "bold"))
    return table.heads[indicator.column]


def _digits(table: Table, row: Row) -> At:
    indicator, value = _in_wan(table, row)
    return _put(table, indicator, Cell(value + LESS_THAN_A_YUAN))


def _wan_below_wan(table: Table, row: Row) -> At:
    indicator, value = _in_wan(table, row)
    return _put(table, indicator, Cell(f"{words(value / WAN)}万"))


def _month(table: Table, _: Row) -> At:
    indicator = next(i for i in table.dataset.indicators if i.unit.dtype == "date")
    return _put(table, indicator, Cell(MONTH_FOR_A_DAY))


def _raised(table: Table, row: Row) -> At:
    indicator = _number(table)
    return _put(table, indicator, Cell(f"{row[indicator.column] or 10}1", "raised"))


def _struck(table: Table, row: Row) -> At:
    indicator = _number(table)
    return _put(table, indicator, Cell(f"9{row[indicator.column] or 10}", "struck"))


def _scaled(table: Table, _: Row) -> At:
    return _put(table, _number(table), Cell(123_456, "scaled"))


def _ditto(table: Table, _: Row) -> At:
    indicator = next(i for i in table.dataset.indicators if i.unit.dtype == "text" and not i.listed)
    return _put(table, indicator, Cell("同上"))


KINDS: Mapping[str, Callable[[Table, Row], At]] = {
    "error_cell": _error,
    "error_cell_xls": _error,
    "formula_without_value": _formula,
    "unknown_column": _unknown_column,
    "column_twice": _column_twice,
    "words_for_numbers": _words,
    "money_without_unit": _no_unit,
    "digits_lost": _digits,
    "wan_below_wan": _wan_below_wan,
    "month_for_day": _month,
    "raised_sign": _raised,
    "struck_out_text": _struck,
    "scaled_format": _scaled,
    "ditto_word": _ditto,
}
