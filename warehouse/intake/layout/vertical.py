"""The vertical form of the statistics offices, an indicator a row, turned so that it reads like any other table.

    指标名称 | 计量单位 | 代码 | 本年累计            小额信贷户数(户) | 贷款余额(万元)
    小额信贷户数 | 户 | 01 | 765          is       765             | 4806.15
    贷款余额 | 万元 | 02 | 4806.15

Each cell of what comes out knows where it stands in the file (`Table.places`). Rows that are no indicator's stay where
they are. Belongs here: which cells are the names, units and values. Does not belong here: what the names mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from warehouse.codebook import load
from warehouse.intake.formats.cell_marks import SURPLUS, Mark
from warehouse.intake.formats.table import Merged, Row, Table, squeezed
from warehouse.intake.layout.furniture import STEMS, is_signature
from warehouse.intake.layout.header import ROWS_LOOKED_AT, known_name
from warehouse.intake.layout.header_groups import OTHERWISE, period_said
from warehouse.intake.layout.labels import plain_label

# A cell by its row and column.
Cell = tuple[int, int]
FEWEST_NAMES = 2
AMONG = ("其中:", "#")


@dataclass(frozen=True)
class FormSpan:
    """The columns of the names, the units (None for none) and the values, and the period that the last one's header
    says; a wide form has two side by side.
    """

    name: int
    unit: int | None
    value: int
    period: str | None


@dataclass(frozen=True)
class Entry:
    """An indicator's row in a block: its name with its unit, as a header says both."""

    row: int
    block: FormSpan
    header: str
    value: str | None


def upright(table: Table) -> Table:
    """The table, if it is a vertical form, with a header and a row of data in the place of its rows; else as it is."""
    found = next(((top, blocks) for top, blocks in _headers(table) if blocks), None)
    if found is None:
        return table
    top, blocks = found
    entries = [entry for block in blocks for entry in _entries(table, top, block)]
    if sum(known_name(entry.header) for entry in entries) < FEWEST_NAMES:
        return table
    return _turned(table, top, entries)


def _turned(table: Table, top: int, entries: list[Entry]) -> Table:
    first = min(entry.row for entry in entries)
    taken = {entry.row for entry in entries}
    rows: list[Row] = [[] if at in taken or top <= at < first else list(row) for at, row in enumerate(table.rows)]
    periods = [entry.block.period for entry in entries]
    header, data = (top, first) if not any(periods) else (first, min(taken - {first}, default=first + 1))
    rows[top] = periods
    rows[header], rows[data] = [entry.header for entry in entries], [entry.value for entry in entries]
    names = {(entry.row, entry.block.name): (header, at) for at, entry in enumerate(entries)}
    values = {(entry.row, entry.block.value): (data, at) for at, entry in enumerate(entries)}
    moved = names | values
    return replace(
        table,
        rows=rows,
        merged=(*(one for one in table.merged if one[1] < top), *_over_values(table, values)),
        hidden=(table.hidden - taken) | ({data} if table.hidden & taken else set()),
        hidden_columns=frozenset(at for (_, column), (_, at) in values.items() if column in table.hidden_columns),
        marks=_shifted(table, top, values) | {moved.get(at, at): mark for at, mark in table.marks.items()},
        fields=(),
        places={new: old for old, new in moved.items()},
    )


def _over_values(table: Table, values: Mapping[Cell, Cell]) -> Iterator[Merged]:
    """The merged ranges over several values, as they lie once the values stand beside one another."""
    for top, bottom, left, right in table.merged:
        over = [new for (row, column), new in values.items() if top <= row <= bottom and left <= column <= right]
        if len(over) > 1:
            (row, first), (_, last) = min(over), max(over)
            yield row, row, first, last


def _shifted(table: Table, top: int, values: Mapping[Cell, Cell]) -> dict[Cell, Mark]:
    """A mark on each value in a line of a text file with more fields than the header: it may be another's."""
    if not table.fields:
        return {}
    most = table.fields[top]
    return {
        new: Mark(SURPLUS, f"{table.fields[row]} 项 fields", whole=True)
        for (row, _), new in values.items()
        if table.fields[row] > most
    }


def _headers(table: Table) -> Iterator[tuple[int, tuple[FormSpan, ...]]]:
    """The rows that may be the header of a vertical form, with its blocks from left to right."""
    words = _words()
    for top, row in enumerate(table.rows[:ROWS_LOOKED_AT]):
        # Nearly every row of nearly every table says none of it.
        if not _names().search("".join(filter(None, row)).replace(" ", "")):
            continue
        meanings = [words.get(squeezed(text).split("(")[0]) if text else None for text in row]
        names = [at for at, meaning in enumerate(meanings) if meaning == "names"]
        ends = [*names[1:], len(row)] if names else []
        blocks = [_block(row, meanings, at, end) for at, end in zip(names, ends, strict=True)]
        if blocks and all(blocks):
            yield top, tuple(block for block in blocks if block)


def _block(row: Row, meanings: list[str | None], name: int, end: int) -> FormSpan | None:
    """The block that begins with a column of names; of several columns of values the one that is said first by name
    (codebook/words.csv): 本年累计 before 本月.
    """
    order = list(_words())
    values = [at for at in range(name, end) if meanings[at] == "values"]
    value = min(values, key=lambda at: order.index(squeezed(row[at]).split("(")[0]), default=None)
    unit = next((at for at in range(name, end) if meanings[at] == "units"), None)
    if value is None and {"units", "codes"} & {*meanings[name:end]}:
        # Beside units or codes the only other column has the values, whatever it is called, unless for another year's.
        others = [at for at in range(name, end) if row[at] and meanings[at] is None]
        value = others[0] if len(others) == 1 and not OTHERWISE.search(plain_label(row[others[0]] or "")) else None
    said = plain_label(row[value] or "") if value is not None else ""
    return None if value is None else FormSpan(name, unit, value, said if period_said(said) else None)


def _entries(table: Table, top: int, block: FormSpan) -> Iterator[Entry]:
    """The rows of indicators: those with a name and a value or a unit; lines that number the columns are none."""
    for at, row in enumerate(table.rows[top + 1 :], top + 1):
        name, unit, value = (_text(row, place) for place in (block.name, block.unit, block.value))
        if name is None or (unit is None and value is None) or squeezed(name) in STEMS or is_signature(name):
            continue
        label = plain_label(name)
        for among in AMONG:
            label = label.removeprefix(among)
        yield Entry(at, block, f"{label}({squeezed(unit).strip('()')})" if unit else label, value)


def _text(row: Row, place: int | None) -> str | None:
    return row[place] if place is not None and place < len(row) else None


@cache
def _words() -> dict[str, str]:
    meanings = ("names", "units", "values", "codes")
    return {word: known.meaning for word, known in load().words.items() if known.meaning in meanings}


@cache
def _names() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word, meaning in _words().items() if meaning == "names"))
