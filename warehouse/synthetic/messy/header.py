"""Header rows: one with labels and units, or groups over leaves, units behind either or in a row of their own.

Belongs here: what the header of a table says, row by row, and which of its cells are merged. Does not belong here: the
rows below (`table.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from warehouse.codebook import Dataset, Indicator, load, plain_name
from warehouse.synthetic.messy.cells import header_unit
from warehouse.synthetic.messy.style import Heads, Style

ABOUT_ZH = {
    "serial": "序号", "county_code": "区划代码", "county_name": "县(市、区)", "period": "报告期",
    "return_status": "报送状态", "note": "备注",
}  # fmt: skip
ABOUT_EN = {"serial": "No.", "county_name": "county", "period": "period", "county_code": "county_code"}
WRITTEN: tuple[Heads, ...] = ("numbered", "starred", "footnoted", "brackets", "stroke")
FOOTNOTES = "①②③④⑤⑥⑦⑧⑨"
GROUPED = ("groups", "group_units", "three_rows")
LEAST = 2  # signs of a group or a leaf


@dataclass(frozen=True)
class ColumnHeader:
    """One column's header: group, leaf and unit, each where it has one."""

    column: str
    leaf: str
    group: str = ""
    unit: str = ""


def column_headers(
    dataset: Dataset, leading: Sequence[str], columns: Sequence[str], style: Style
) -> list[ColumnHeader]:
    """The headers of a table: first the columns beside the indicators, then the indicators'."""
    about = {**ABOUT_ZH, **(ABOUT_EN if style.names in ("label_en", "column") else {})}
    made = [ColumnHeader(column, about[column]) for column in leading]
    grouped = _groups(dataset.dataset) if style.heads in GROUPED and not style.shuffled else {}
    above = unit_line(dataset, style) if style.heads in ("title", "office_line") else []
    for column in columns:
        indicator = dataset[column]
        unit = header_unit(indicator, style)
        unit = "" if unit in above else unit
        group, leaf = grouped.get(column, ("", _name(indicator, style)))
        made.append(ColumnHeader(column, leaf, group, unit))
    return made


def unit_line(dataset: Dataset, style: Style) -> list[str]:
    """The units that one line above the header can give; where columns of one unit are spelt otherwise, their headers
    keep theirs.
    """
    spelt: dict[str, set[str]] = {}
    for indicator in dataset.indicators:
        spelt.setdefault(indicator.unit.unit, set()).add(header_unit(indicator, style))
    alone = (header_unit(i, style) for i in dataset.indicators if len(spelt[i.unit.unit]) == 1)
    return [unit for unit in dict.fromkeys(alone) if unit]


def _name(indicator: Indicator, style: Style) -> str:
    match style.names:
        case "label_en":
            return indicator.label_en
        case "column":
            return indicator.column
        case "synonym":
            others = indicator.synonyms or (indicator.label_en,)
            return others[len(indicator.column) % len(others)]
        case _:
            return indicator.label_zh


def header_rows(heads: Sequence[ColumnHeader], style: Style) -> tuple[list[list[str]], list[tuple[int, int, int, int]]]:
    """The header's rows, and the ranges merged in them, counted from the first of them."""
    if style.heads in ("title", "office_line"):
        return [[_with(head.leaf, head.unit) for head in heads]], []
    if style.heads in WRITTEN:
        return [[_written(place, head, style.heads) for place, head in enumerate(heads, start=1)]], []
    if style.heads == "column_numbers":
        return [[_with(head.leaf, head.unit) for head in heads], [f"({n})" for n, _ in enumerate(heads, start=1)]], []
    grouped = any(head.group for head in heads)  # never in a plain header
    if style.heads == "unit_row" or (style.heads == "three_rows" and not grouped):
        brackets = style.heads == "unit_row"
        return [[head.leaf for head in heads], [_unit(head, brackets=brackets) for head in heads]], []
    return _grouped(heads, style) if grouped else ([[_with(head.leaf, head.unit) for head in heads]], [])


def _grouped(heads: Sequence[ColumnHeader], style: Style) -> tuple[list[list[str]], list[tuple[int, int, int, int]]]:
    units = style.heads == "three_rows"
    top, below = [""] * len(heads), [""] * len(heads)
    merged: list[tuple[int, int, int, int]] = []
    for place, head in enumerate(heads):
        label = head.leaf if units else _with(head.leaf, head.unit)
        if head.group:
            of_group = style.heads == "group_units" and _one_unit(heads, head.group)
            below[place] = head.leaf if of_group else label
            if place == 0 or heads[place - 1].group != head.group:
                top[place] = _with(head.group, head.unit) if of_group else head.group
                width = sum(other.group == head.group for other in heads)
                merged.append((0, place, 0, place + width - 1))
        elif style.text:  # no merged cells there: a label stands next to its values
            below[place] = label
        else:
            top[place] = label
            merged.append((0, place, 2 if units and not head.unit else 1, place))
    return [top, below, *([[_unit(head) for head in heads]] if units else [])], merged


def _one_unit(heads: Sequence[ColumnHeader], group: str) -> bool:
    return len({head.unit for head in heads if head.group == group}) == 1


def _written(place: int, head: ColumnHeader, how: Heads) -> str:
    """A header as some write it: numbered, with a star or the mark of a note, its unit in other brackets or none."""
    plain = _with(head.leaf, head.unit)
    return {
        "numbered": f"{place}、{plain}",
        "starred": f"*{plain}",
        "footnoted": f"{plain}{FOOTNOTES[place % len(FOOTNOTES)]}",
        "brackets": f"{head.leaf}【{head.unit}】" if head.unit else head.leaf,
        "stroke": f"{head.leaf}/{head.unit}" if head.unit else head.leaf,
    }[how]


def _with(name: str, unit: str) -> str:
    return f"{name}({unit})" if unit else name


def _unit(head: ColumnHeader, *, brackets: bool = False) -> str:
    return f"({head.unit})" if brackets and head.unit else head.unit


@cache
def _groups(dataset: str) -> dict[str, tuple[str, str]]:
    """Group and leaf by column: neighbours that have names with the same beginning share it as their group."""
    indicators = load().datasets[dataset].indicators
    made: dict[str, tuple[str, str]] = {}
    start = 0
    while start < len(indicators):
        group, leaves = _longest(dataset, indicators, start)
        made |= {indicators[start + place].column: (group, leaf) for place, leaf in enumerate(leaves)}
        start += max(len(leaves), 1)
    return made


def _longest(dataset: str, indicators: Sequence[Indicator], start: int) -> tuple[str, tuple[str, ...]]:
    """The group that most indicators from `start` on can have, with their leaves; empty where none can share one."""
    best: tuple[str, tuple[str, ...]] = ("", ())
    for name in (indicators[start].label_zh, *indicators[start].synonyms):
        for end in range(LEAST, len(name) - LEAST + 1):
            leaves: list[str] = []
            for indicator in indicators[start:]:
                leaf = _leaf(dataset, indicator, name[:end])
                if not leaf or leaf in leaves:
                    break
                leaves.append(leaf)
            parted = len({leaf[0] for leaf in leaves}) > 1  # else the group ends in the middle of a word
            if parted and len(leaves) >= LEAST and (len(leaves), end) > (len(best[1]), len(best[0])):
                best = name[:end], tuple(leaves)
    return best


def _leaf(dataset: str, indicator: Indicator, group: str) -> str:
    """What is left of a name that begins with the group, unless it alone would mean something else."""
    taken = {plain_name(n) for i in load().datasets[dataset].indicators if i is not indicator for n in i.names}
    for name in (indicator.label_zh, *indicator.synonyms):
        leaf = name.removeprefix(group)
        # Brackets cut in two, or around all of it, would look like a unit.
        whole = "(" not in leaf and "(" not in group
        if name.startswith(group) and len(leaf) >= LEAST and whole and leaf not in taken | load().about.keys():
            return leaf
    return ""
