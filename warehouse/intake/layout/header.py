"""The header of a table: where it stands, and which indicator, in which unit, each of its columns is.

Headers are typed by hand: of one to three rows, below titles, with merged groups, in any of an indicator's names
(`Indicator.names`). Nothing is guessed: a column that fits nothing, or two that fit one indicator, are faults.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import combinations, pairwise, product

from warehouse.codebook import Dataset, Indicator, load
from warehouse.codebook.label_checks import plain_name
from warehouse.intake.formats.table import Row, Table, squeezed
from warehouse.intake.layout.header_groups import FEWEST_GROUPS, OTHERWISE, is_line, period_said, says_nothing
from warehouse.intake.layout.labels import BRACKETS, plain_label, spellings
from warehouse.intake.layout.units import Factor, factor_of, is_unit, says_units, unit_row, units_above
from warehouse.intake.model.records import Column

ONLY_BRACKETS = re.compile(r"\((?P<unit>[^()]*)\)")
ROWS_LOOKED_AT, HEIGHTS = 15, (1, 2, 3)
MOST_NAMED = 500  # a form has some twenty columns; what is wider is none
# The faults of columns whose name is known.
NAMED = ("unknown_unit", "unit_missing", "header_twice")


@dataclass(frozen=True)
class HeaderFault:
    """What is wrong with a header cell, as a check of the codebook says it; the indicator's column if that is known."""

    rule: str
    row: int
    column: int
    found: str
    expected: str
    indicator: str | None = None


@dataclass(frozen=True)
class Header:
    """A header that was found: `top` is its first row, `first` the one below it, `named` the columns that have a text
    and `columns` those of them that are understood. `dated` are faults of those below a group that says a period
    (`expected` is the period, or the year alone), which they are where the return is of another. `groups` are the
    cells above it that are groups of its columns, by row and column.
    """

    top: int
    first: int
    columns: tuple[Column, ...]
    named: frozenset[int]
    faults: tuple[HeaderFault, ...]
    dated: tuple[HeaderFault, ...] = ()
    groups: frozenset[tuple[int, int]] = frozenset()

    @property
    def fitting(self) -> int:
        """How many columns are known by name, though their unit be unclear or another has the same."""
        return len(self.columns) + sum(fault.rule in NAMED for fault in self.faults)

    @property
    def merit(self) -> tuple[int, ...]:
        """The best header knows most by name, leaves least and has fewest faults: a row more may say the unit. Then
        the lower and the higher one wins.
        """
        return self.fitting, self.fitting - len(self.named), -len(self.faults), self.top - self.first, -self.top


@dataclass(frozen=True)
class Meaning:
    """What the texts above a column may mean: the column of the form, by which name, with which units."""

    column: str
    name: str
    units: tuple[str, ...]


def find_header(table: Table, dataset: Dataset) -> Header | None:
    """The best header of the dataset that the table's first rows hold; None where no column fits an indicator."""
    if table.rows and None not in table.rows[0]:
        known = known_header(dataset.dataset, tuple(filter(None, table.rows[0])))
        if known is not None and not unit_row(table.rows[1:2]):
            return Header(0, 1, known, frozenset(range(len(table.rows[0]))), ())
    candidates = [
        header
        for top in range(min(len(table.rows), ROWS_LOOKED_AT))
        if 0 < sum(map(bool, table.rows[top])) <= MOST_NAMED
        for height in HEIGHTS
        if top + height <= len(table.rows)
        if not any(map(says_units, table.rows[top : top + height]))
        if (header := _header(table, dataset, top, height))
        if any(c.column in dataset.columns for c in header.columns) or header.fitting > len(header.columns)
    ]
    return max(candidates, key=lambda header: header.merit, default=None)


@lru_cache(maxsize=1000)
def known_header(dataset: str, texts: tuple[str, ...]) -> tuple[Column, ...] | None:
    """The columns of a header of one row without any fault, which the sheets of a night share; None for another."""
    header = _header(Table(None, [list(texts)]), load().datasets[dataset], 0, 1)
    return header.columns if header and not header.faults and header.fitting == len(texts) else None


def _header(table: Table, dataset: Dataset, top: int, height: int) -> Header | None:
    """The header in rows `top` to `top + height`, and a row of units below it; None where nothing fits."""
    bottom = top + height
    units = unit_row(table.rows[bottom : bottom + 1])
    said = units_above(table.rows[:top])
    columns: dict[str, Column] = {}
    faults: list[HeaderFault] = []
    named = set()
    above = _qualifying_groups(table, top, dataset)
    dated: list[HeaderFault] = []
    for index, own in enumerate(_parts(table, top, height)):
        if not own:
            continue
        parts = [above[index][1], *own] if index in above else own
        named.add(index)
        below = units[index] if index < len(units) else None
        taken = _take(dataset, (bottom - 1, index), [*parts, below] if below else parts, said)
        if isinstance(taken, Column) and taken.column in columns:
            only = f"只有一列 one column for {taken.column}"
            taken = HeaderFault("header_twice", bottom - 1, index, " ".join(parts), only, taken.column)
        if isinstance(taken, HeaderFault):
            faults.append(taken)
        else:
            columns[taken.column] = taken
            dated += _dated(dataset, taken, bottom - 1, parts)
    if not columns and not any(fault.rule in NAMED for fault in faults):
        return None
    lacking = [
        i.header_zh for i in dataset.indicators if i.column not in columns.keys() | {f.indicator for f in faults}
    ]
    faults = [fault if fault.expected else replace(fault, expected=_meant(fault.found, lacking)) for fault in faults]
    return Header(
        top,
        bottom + bool(units),
        tuple(columns.values()),
        frozenset(named),
        tuple(faults),
        tuple(dated),
        frozenset((row, index) for index, (row, _) in above.items()),
    )


def _meant(found: str, lacking: list[str]) -> str:
    """What a header that nobody knows may be meant for, of those that the table lacks: the one that is most like it."""
    alike = get_close_matches(plain_label(found), lacking, n=1)
    return "; ".join(alike or lacking) or "没有更多的列 no further column"


def _dated(dataset: Dataset, column: Column, row: int, parts: list[str]) -> Iterator[HeaderFault]:
    """What a column is, by the groups above it, where the return is not of the period that they say."""
    if column.column in dataset.columns:
        for period in filter(None, map(period_said, parts[:-1])):
            yield HeaderFault("unknown_header", row, column.index, " ".join(parts), period, column.column)


def _take(dataset: Dataset, place: tuple[int, int], parts: list[str], said: dict[str, int]) -> Column | HeaderFault:
    """The column that the texts above it mean, or which check they fail; `place` is the lowest one's row and column."""
    text = " ".join(parts)
    meanings: dict[str, Meaning] = {}
    for meaning in _meanings(dataset.dataset, tuple(parts)):
        meanings.setdefault(meaning.column, meaning)
    if len(meanings) != 1:
        known = "; ".join(dataset[c].header_zh for c in meanings if c in dataset.columns)
        return HeaderFault("unknown_header", *place, text, known)
    (meaning,) = meanings.values()
    if meaning.column not in dataset.columns:
        return Column(place[1], meaning.column, 1)
    indicator = dataset[meaning.column]
    factor = _factor(indicator, meaning, said)
    if factor is None:
        rule = "unknown_unit" if meaning.units else "unit_missing"
        return HeaderFault(rule, *place, text, indicator.header_zh, indicator.column)
    return Column(place[1], meaning.column, factor)


def _factor(indicator: Indicator, meaning: Meaning, said: dict[str, int]) -> Factor:
    """Base units in one of the header's; None where units do not fit, contradict each other, or money has none."""
    if meaning.units:
        factors = {factor_of(indicator, unit) for unit in meaning.units}
        return factors.pop() if len(factors) == 1 else None
    if indicator.unit.unit in said:
        return said[indicator.unit.unit]
    # Money without its unit may be 元 or 万元; the column's own name (loan_amount_yuan) says which.
    return None if indicator.unit.dtype == "money" and meaning.name != indicator.column else 1


@lru_cache(maxsize=10_000)
def _meanings(dataset: str, parts: tuple[str, ...]) -> tuple[Meaning, ...]:
    """All that the texts above a column, from top to bottom, may mean: group and leaf together or the leaf alone."""
    names = _names(dataset)
    units = tuple(match["unit"] for part in parts if (match := ONLY_BRACKETS.fullmatch(part)))
    labels = [part for part in parts if not ONLY_BRACKETS.fullmatch(part)]
    if not labels:
        return ()
    found = []
    for chosen in _chains(labels):
        groups = [label for label in labels if label not in chosen]
        if any(map(OTHERWISE.search, groups)):
            continue
        known_groups = all(_is_neutral(dataset, group) for group in groups)
        for spelt in product(*map(spellings, chosen)):
            column = names.get("".join(label for label, _ in spelt).casefold())
            if column is not None and (known_groups or column not in load().datasets[dataset].columns):
                own = tuple(unit for _, unit in spelt if unit)
                # A unit that stands above counts where the column itself says none.
                above = () if own or units else tuple(_units_of(labels[:-1]))
                name = "".join(label for label, _ in spelt)
                found.append(Meaning(column, name, own + units + above))
    return tuple(found)


def _chains(labels: list[str]) -> Iterator[tuple[str, ...]]:
    """The labels that end at the lowest one, in order: it alone, a group with it, all of them."""
    *groups, leaf = labels
    for size in range(len(groups) + 1):
        for chosen in combinations(groups, size):
            yield (*chosen, leaf)


def _units_of(labels: Iterable[str]) -> Iterator[str]:
    for label in labels:
        match = BRACKETS.fullmatch(label)
        if match and is_unit(match["unit"]):
            yield match["unit"]


@cache
def _names(dataset: str) -> dict[str, str]:
    """Column by name, casefolded. A form's own label goes first: policy has a 状态, and its returns say 报送状态."""
    book = load()
    about = {header.casefold(): column for header, column in book.about.items()}
    own = book.datasets[dataset].indicators
    return about | {plain_name(name).casefold(): i.column for i in own for name in i.names}


def known_name(text: str) -> bool:
    """Whether a header's text is the name of an indicator of any dataset."""
    return any(_meanings(dataset, (plain_label(text),)) for dataset in load().datasets)


def _parts(table: Table, top: int, height: int) -> list[list[str]]:
    """For each column the texts above it, from top to bottom; merged cells speak for all that they span."""
    rows = [_spread(table, top + place, last=place == height - 1) for place in range(height)]
    width = max(map(len, rows), default=0)
    columns = []
    for index in range(width):
        texts = [_label(row, index) for row in rows]
        if not texts[-1] and table.sheet is None:
            # In a text file a label without a leaf below it is a column's own, not its left neighbour's.
            texts = [_label(row, index) for row in table.rows[top : top + height]]
        columns.append([text for place, text in enumerate(texts) if text and text not in texts[:place]])
    return columns


def _label(row: Row, index: int) -> str:
    text = row[index] if index < len(row) else None
    return plain_label(text) if text else ""


def _spread(table: Table, at: int, *, last: bool) -> Row:
    """A header row with its merged ranges filled; in a text file, which knows none, a group reaches to the next."""
    row = list(table.rows[at])
    for top, bottom, left, right in table.merged:
        if top <= at <= bottom:
            row.extend([None] * (right + 1 - len(row)))
            row[left : right + 1] = [table.text(top, left)] * (right + 1 - left)
    if table.sheet is None and not last:
        for place in range(1, len(row)):
            row[place] = row[place] or row[place - 1]
    return row


def _qualifying_groups(table: Table, top: int, dataset: Dataset) -> dict[int, tuple[int, str]]:
    """By column, the groups in the two rows above a header that make something else of what is below them, or may, each
    with its row.
    """
    groups: dict[int, tuple[int, str]] = {}
    for at in range(max(0, top - 2), top):
        filled = [index for index, text in enumerate(table.rows[at]) if text]
        alone = len(filled) < FEWEST_GROUPS
        # In a text file a line of one cell is a title or a note; where it stands elsewhere, it is its own column's.
        row = table.rows[at] if alone and table.sheet is None else _spread(table, at, last=False)
        title = alone and not _is_over_some(table, row, top)
        if not filled or (title and table.sheet is None):
            continue
        line = title or is_line(table.rows[at]) or says_units(table.rows[at])
        beside = _beside_labels(table, at, top)
        said = ((index, plain_label(text)) for index, text in enumerate(row) if text and index not in beside)
        groups |= {
            index: (at, text)
            for index, text in said
            if OTHERWISE.search(text) or not (line or _says_nothing(dataset, text))
        }
    return groups


def _beside_labels(table: Table, at: int, top: int) -> set[int]:
    """Where in a row stands what a line says of whom or when the table is: beside its label (报告期 | 2017年11月), with
    another label below that, which one that reaches down to the header has not.
    """
    filled = [index for index, text in enumerate(table.rows[at]) if text]
    header = {index for index, text in enumerate(table.rows[top]) if text}
    about = load().about
    labels = {i for i in filled if i in header and squeezed(table.rows[at][i]).rstrip(":") in about}
    return {index for before, index in pairwise(filled) if before in labels}


def _says_nothing(dataset: Dataset, text: str) -> bool:
    """Whether a group above a header says nothing of the columns below it: a period does say something."""
    return not period_said(text) and _is_neutral(dataset.dataset, text)


def _is_neutral(dataset: str, group: str) -> bool:
    return is_unit(group.strip("()")) or any(says_nothing(dataset, name) for name, _ in spellings(group))


def _is_over_some(table: Table, row: Row, top: int) -> bool:
    """Whether the only text of a row stands over some of the columns: a title begins at the first or is over all of
    them, and a month over the last one may be that in which the table was made.
    """
    over = [(index, text) for index, text in enumerate(row) if text]
    named = [index for index, text in enumerate(table.rows[top]) if text]
    if not over or not named or over[0][0] <= named[0]:
        return False
    return over[-1][0] < named[-1] or not period_said(squeezed(over[0][1]))
