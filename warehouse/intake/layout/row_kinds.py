"""The rows below a header, each by what it is: data, a total or subtotal, a note or signature."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from warehouse.codebook import Dataset, load
from warehouse.intake.formats.table import Row, Table, half_width, squeezed
from warehouse.intake.layout.furniture import is_footer_label, is_label, is_note, is_signature, numbers_columns
from warehouse.intake.layout.header import Header
from warehouse.intake.model.records import Column

LONGEST_SUFFIX = 2
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
    the place of a county; the header may be repeated, as on printed pages, and a line may number its columns. A row is
    below the table where its first cell begins with such a word (填表人, 注) or as a note does (1、, ※), or comes after
    one that does, and no indicator has a number in it, but for one behind such a word (联系电话 13800000000). A note
    may stand among the rows as well: what has a number with its unit or a code in a key column is no part of it. Below
    the row of a form that has one, what has no number, or begins so, is no data either, unless it names a county.
    """
    return list(_lines(table, header, _kinds(dataset.dataset, header.columns)))


@dataclass(frozen=True)
class ColumnRoles:
    """Where the columns stand whose cells are values, those among them that are numbers, those of free text, and those
    that tell one row from another, with the codes that may be in them; where a county is named; whether a return has
    rows of its own (`register`), so that it is not one row.
    """

    valued: frozenset[int]
    measured: frozenset[int]
    texts: frozenset[int]
    counties: frozenset[int]
    keys: dict[int, Mapping[str, str]]
    register: bool


@lru_cache(maxsize=1_000)
def _kinds(dataset: str, columns: tuple[Column, ...]) -> ColumnRoles:
    form = load().datasets[dataset]
    own = [c for c in columns if c.column in form.columns]
    valued = frozenset(c.index for c in own if form[c.column].unit.dtype != "text" or form[c.column].codes)
    notes = frozenset(c.index for c in columns if c.column == "note")
    keys = {c.index: form[c.column].words for c in own if c.column in form.keys}
    counties = frozenset(c.index for c in columns if c.column in ("county_code", "county_name"))
    measured = frozenset(c.index for c in own if form[c.column].numeric)
    texts = (frozenset(c.index for c in own) - valued) | notes
    return ColumnRoles(valued, measured, texts, counties, keys, not form.one_row)


def _lines(table: Table, header: Header, kinds: ColumnRoles) -> Iterator[SheetRow]:
    below = seen = False
    headers = table.rows[header.top : header.first]
    for index, row in enumerate(table.rows[header.first :], header.first):
        if not any(row):
            continue
        if row in headers or (not seen and numbers_columns(row)):
            yield SheetRow(index, "header")
            continue
        kind = _sum(row, kinds.valued, kinds.texts) or _of_prefecture(row, kinds.counties)
        if kind is None and _is_furniture(row, kinds, below=below, seen=seen):
            below, kind = True, "footer"
        seen = seen or kind is None
        yield SheetRow(index, kind or "data")


def _is_furniture(row: Row, kinds: ColumnRoles, *, below: bool, seen: bool) -> bool:
    """Whether a row stands round the table; `below` a line that does, `seen` any row of data is above it."""
    at, first = next((at, text) for at, text in enumerate(row) if text)
    alone = sum(map(bool, row)) == 1
    word = not first.replace(".", "").isdigit()
    signature = word and is_signature(first)
    begins = signature or (word and ((at in kinds.measured and is_label(first)) or (alone and is_note(first))))
    if kinds.register and seen and alone and word and at in kinds.counties and not _is_county(first):
        # Of a village nothing else is said: it is a remark in the first column.
        return True
    if not (begins or below or (seen and not kinds.register)):
        return False
    figure = _has_figure(row, kinds.valued, NUMBER if begins else WITH_UNIT)
    if kinds.register:
        return not figure and (begins or below) and (signature or not _has_key(row, kinds.keys))
    if signature and not figure:
        return True
    named = [row[at] for at in kinds.counties if at < len(row) and row[at]]
    if any(map(_is_county, named)):
        return False
    # A return of one row has its own: what is below it is another county's, which it then names, or none.
    wordy = not figure and not any(text and text.isdigit() for text in row) and (alone or below or not named)
    return (begins and not figure) or ((seen or below) and (begins or wordy))


def _is_county(text: str | None) -> bool:
    """Whether a text is a code, or ends as a county's name does."""
    said = squeezed(text)
    return said.isdigit() or said.endswith(_counties())


@cache
def _counties() -> tuple[str, ...]:
    full = {name for division in load().divisions for name in (division.name_zh, division.prefecture_zh)}
    return (*full, *(name[:-1] for name in full if len(name) > LONGEST_SUFFIX))


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


def _has_figure(row: Row, valued: frozenset[int], figure: re.Pattern[str]) -> bool:
    """Whether a column of values has a number in it that is not behind a footer's word (联系电话:)."""
    before = ""
    for at, text in enumerate(row):
        if text:
            if at in valued and figure.fullmatch(half_width(text)) and not is_footer_label(before):
                return True
            before = text
    return False


def _has_key(row: Row, keys: dict[int, Mapping[str, str]]) -> bool:
    cells = ((squeezed(row[at]).casefold(), words) for at, words in keys.items() if at < len(row))
    return any(text.isdigit() or text in words for text, words in cells)
