"""The rows below a header, each by what it is: data, a total or subtotal, a note or signature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from warehouse.codebook import Dataset, load
from warehouse.intake.formats.table import Row, Table, half_width, squeezed
from warehouse.intake.layout.header import Header
from warehouse.intake.model.records import Column

STEMS, FEWEST_NUMBERS = ("甲", "乙", "丙", "丁", "栏次", "序号"), 3
SUMS = ("合计", "总计", "小计")
NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]*)?%?")
# 884个, 1.2万元, but not 2018年1月5日.
WITH_UNIT = re.compile(rf"(?:{NUMBER.pattern})[^0-9]{{0,4}}")
Kind = Literal["data", "total", "subtotal", "footer", "header"]


@dataclass(frozen=True)
class SheetRow:
    """A filled row below the header, by its index in the table."""

    index: int
    kind: Kind


def sheet_rows(table: Table, header: Header, dataset: Dataset) -> list[SheetRow]:
    """The filled rows below the header, in order.

    A row is a total where a cell that holds no value of an indicator says so (合计), or where a prefecture stands in
    the place of a county; the header may be repeated, as on printed pages. A row is below the table where its first
    cell begins with such a word (填表人, 注), or comes after one that does, and no indicator has a number in it,
    but for one behind such a word (联系电话 13800000000). A note may stand among the rows as well: what has a number
    with its unit or a code in a key column is no part of it.
    """
    return list(_lines(table, header, _kinds(dataset.dataset, header.columns)))


@dataclass(frozen=True)
class ColumnRoles:
    """Where the columns stand whose cells are values, those of free text, and those that tell one row from another,
    with the codes that may be in them; and where a county is named.
    """

    valued: frozenset[int]
    texts: frozenset[int]
    counties: frozenset[int]
    keys: dict[int, Mapping[str, str]]


@lru_cache(maxsize=1_000)
def _kinds(dataset: str, columns: tuple[Column, ...]) -> ColumnRoles:
    form = load().datasets[dataset]
    own = [c for c in columns if c.column in form.columns]
    valued = frozenset(c.index for c in own if form[c.column].unit.dtype != "text" or form[c.column].codes)
    notes = frozenset(c.index for c in columns if c.column == "note")
    keys = {c.index: form[c.column].words for c in own if c.column in form.keys}
    counties = frozenset(c.index for c in columns if c.column in ("county_code", "county_name"))
    return ColumnRoles(valued, (frozenset(c.index for c in own) - valued) | notes, counties, keys)


def _lines(table: Table, header: Header, kinds: ColumnRoles) -> Iterator[SheetRow]:
    below = False
    headers = table.rows[header.top : header.first]
    for index, row in enumerate(table.rows[header.first :], header.first):
        if not any(row):
            continue
        if row in headers or (index == header.first and _numbers_columns(row)):
            yield SheetRow(index, "header")
            continue
        kind = _sum(row, kinds.valued, kinds.texts) or _of_prefecture(row, kinds.counties)
        if kind:
            yield SheetRow(index, kind)
            continue
        begins = _is_footer(next(text for text in row if text))
        figure = _has_figure(row, kinds.valued, NUMBER if begins else WITH_UNIT)
        if (begins and not figure) or (below and not figure and not _has_key(row, kinds.keys)):
            below = True
            yield SheetRow(index, "footer")
        else:
            yield SheetRow(index, "data")


def _numbers_columns(row: Row) -> bool:
    """Whether a row numbers the columns, as statistical forms do: 甲 乙 1 2 3."""
    texts = [squeezed(text) for text in row if text]
    numbers = [text for text in texts if text not in STEMS]
    return len(numbers) >= FEWEST_NUMBERS and numbers == [str(n) for n in range(1, len(numbers) + 1)]


def _sum(row: Row, valued: frozenset[int], texts: frozenset[int]) -> Kind | None:
    """Whether the row says that it is a total or subtotal: in a text of the form by the word alone."""
    for place, text in enumerate(row):
        if text is None or place in valued or text.isdigit():
            continue
        word = squeezed(text).split("(")[0]
        known = load().words.get(word)
        if known and known.meaning in ("total", "subtotal"):
            return "total" if known.meaning == "total" else "subtotal"
        if place not in texts and word.endswith(SUMS):
            return "subtotal" if word.endswith("小计") else "total"
    return None


def _of_prefecture(row: Row, counties: frozenset[int]) -> Kind | None:
    """Whether the county of a row is a prefecture or the province: its figures are then the sum of theirs."""
    said = [row[at] for at in counties if at < len(row) and row[at]]
    return "total" if said and all(squeezed(text) in _areas() for text in said) else None


@cache
def _areas() -> frozenset[str]:
    divisions = load().divisions
    provinces = {f"{d.county_code[:2]}0000" for d in divisions}
    return frozenset(provinces | {name for d in divisions for name in (d.prefecture_code, d.prefecture_zh)})


def _is_footer(text: str) -> bool:
    return _footers().match(squeezed(text)) is not None


def _is_label(text: str) -> bool:
    """Whether a text is a footer's word with nothing said behind it."""
    known = load().words.get(squeezed(text).rstrip(":"))
    return known is not None and known.meaning == "footer"


@cache
def _footers() -> re.Pattern[str]:
    """A word of a footer (codebook/words.csv), alone or with a sign or number behind it."""
    words = (re.escape(word) for word, known in load().words.items() if known.meaning == "footer")
    return re.compile(rf"(?:{'|'.join(words)})(?:$|[:;,.(0-9])")


def _has_figure(row: Row, valued: frozenset[int], figure: re.Pattern[str]) -> bool:
    """Whether a column of values has a number in it that is not behind a footer's word (联系电话:)."""
    before = ""
    for at, text in enumerate(row):
        if text:
            if at in valued and figure.fullmatch(half_width(text)) and not _is_label(before):
                return True
            before = text
    return False


def _has_key(row: Row, keys: dict[int, Mapping[str, str]]) -> bool:
    cells = ((squeezed(row[at]).casefold(), words) for at, words in keys.items() if at < len(row))
    return any(text.isdigit() or text in words for text, words in cells)
