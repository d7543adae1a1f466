"""A web page as tables, each <table> one: what web systems export and call .xls.

Read by the parser of the standard library, which knows no entities but those of HTML. It is given tags that are whole
and the text between them, for what is left open it would search to the end again and again. What a page shows is what
counts: raised and struck-out text stays marked, so that it is no part of a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from warehouse.intake.formats.delimited import decode
from warehouse.intake.formats.preflight import MOST_COLUMNS, Limits, PreflightResult, UnreadableError, check_extent
from warehouse.intake.formats.table import Merged, Row, Table, as_text

CELLS = ("td", "th")
UNSHOWN = ("script", "style", "title", "noscript")
# What stands round text that is not simply part of the value: 467^1, ~176~196.
MARKS = {"sup": "^", "s": "~", "strike": "~", "del": "~"}
BREAKS = ("br", "p", "div", "li")
HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
MOST_NESTED = 100
# A whole tag, or the text up to the next.
PIECE = re.compile(r"<[/a-zA-Z][^<>]{0,5000}>|[^<]+")
COMMENT = ("<!--", "-->")


@dataclass
class MarkupTable:
    """A table as far as it is read; `taken` are places that a cell further up or left reaches over."""

    rows: list[Row] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    merged: list[Merged] = field(default_factory=list)
    reaches: dict[int, int] = field(default_factory=dict)
    text: list[str] | None = None
    span: tuple[int, int] = (1, 1)


class _Page(HTMLParser):
    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.done: list[MarkupTable] = []
        self.open: list[MarkupTable] = []
        self.unshown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNSHOWN:
            self.unshown += 1
        elif tag == "table":
            self._begin_table()
        elif not self.open:
            return
        elif tag == "tr":
            self._begin_row(hidden=bool(HIDDEN.search(given.get("style") or "")))
        elif tag in CELLS:
            self._begin_cell(given)
        elif tag in MARKS or tag in BREAKS:
            self._say(MARKS.get(tag, " "))

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSHOWN:
            self.unshown = max(0, self.unshown - 1)
        elif tag == "table" and self.open:
            self._end_cell()
            self.done.append(self.open.pop())
        elif tag in (*CELLS, "tr"):
            self._end_cell()
        elif MARKS.get(tag) == "~":
            self._say("~")

    def handle_data(self, data: str) -> None:
        if not self.unshown:
            self._say(data)

    def _say(self, text: str) -> None:
        if self.open and self.open[-1].text is not None:
            self.open[-1].text.append(text)

    def _begin_table(self) -> None:
        if len(self.open) >= MOST_NESTED:
            raise UnreadableError("层层嵌套的网页表格 a web page of tables within tables", "一张普通的表 a plain table")
        self.open.append(MarkupTable())

    def _begin_row(self, *, hidden: bool) -> None:
        self._end_cell()
        table = self.open[-1]
        if hidden:
            table.hidden.add(len(table.rows))
        table.rows.append([])

    def _begin_cell(self, given: dict[str, str | None]) -> None:
        self._end_cell()
        table = self.open[-1]
        if not table.rows:
            table.rows.append([])
        row, at = table.rows[-1], len(table.rows) - 1
        while table.reaches.get(len(row), -1) >= at:
            row.append(None)
        across, down = (_span(given.get(f"{what}span"), MOST_COLUMNS) for what in ("col", "row"))
        table.span, table.text = (across, down), []

    def _end_cell(self) -> None:
        table = self.open[-1] if self.open else None
        if table is None or table.text is None:
            return
        row, at = table.rows[-1], len(table.rows) - 1
        (across, down), left = table.span, len(row)
        check_extent(len(table.rows), left + across, self.limits)
        row.extend([as_text("".join(table.text)), *[None] * (across - 1)])
        if across > 1 or down > 1:
            table.merged.append((at, at + down - 1, left, left + across - 1))
        if down > 1:
            table.reaches |= dict.fromkeys(range(left, left + across), at + down - 1)
        table.text = None


def read_html(path: Path, passed: PreflightResult) -> list[Table]:
    """All tables of the page, in the order of their ends; raises Unreadable for what is no text, without a table, or
    too large.
    """
    page = _Page(passed.limits)
    page.feed("".join(PIECE.findall(_without_comments(decode(path.read_bytes())))))
    page.close()
    found = [table for table in (*page.done, *page.open) if any(map(any, table.rows))]
    if not found:
        raise UnreadableError("没有表格的网页 a web page without a table", "有表格的文件 a file with a table")
    return [_table(table, number, passed.limits) for number, table in enumerate(found, start=1)]


def _without_comments(text: str) -> str:
    kept, at = [], 0
    while (start := text.find(COMMENT[0], at)) >= 0:
        kept.append(text[at:start])
        end = text.find(COMMENT[1], start)
        at = end + len(COMMENT[1]) if end >= 0 else len(text)
    return "".join((*kept, text[at:]))


def _table(table: MarkupTable, number: int, limits: Limits) -> Table:
    width = max(map(len, table.rows))
    check_extent(len(table.rows), width, limits)
    rows = [row + [None] * (width - len(row)) for row in table.rows]
    return Table(f"网页表格{number}", rows, merged=tuple(table.merged), hidden=frozenset(table.hidden))


def _span(text: str | None, most: int) -> int:
    """How far a cell reaches; once where it says nothing that is a number."""
    digits = (text or "").strip()
    return (
        min(max(int(digits), 1), most) if digits.isascii() and digits.isdigit() and len(digits) < len("100000") else 1
    )
