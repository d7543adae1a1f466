"""A web page as tables, each <table> one: what web systems export and call .xls.

Read by the parser of the standard library, which knows no entities but those of HTML. It is given tags that are whole
and the text between them, for what is left open it would search to the end again and again. What a page shows is what
counts; what of it is raised or struck out is marked (`Table.marks`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from warehouse.intake.formats.cell_marks import RAISED, STRUCK, Mark, MarkKind, mark_of
from warehouse.intake.formats.delimited import decode
from warehouse.intake.formats.preflight import MOST_COLUMNS, Limits, PreflightResult, UnreadableError, check_extent
from warehouse.intake.formats.table import Merged, Row, Table, as_text

CELLS = ("td", "th")
UNSHOWN = ("script", "style", "title", "noscript")
MARKED: dict[str, MarkKind] = {"sup": RAISED, "sub": RAISED, "s": STRUCK, "strike": STRUCK, "del": STRUCK}
# What an element's style, or the style of its class, says.
STRUCK_OUT, LIFTED = (re.compile(rf"{what}\s*:[^:;]*{how}", re.IGNORECASE) for what, how in (
    (r"text-decoration(?:-line)?", "line-through"), ("vertical-align", "(?:super|sub)"),
))  # fmt: skip
CLASS = re.compile(r"\.([\w-]{1,100})\s*\{([^{}]{0,5000})\}")
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
    hidden_columns: set[int] = field(default_factory=set)
    columns: int = 0
    marks: dict[tuple[int, int], Mark] = field(default_factory=dict)
    merged: list[Merged] = field(default_factory=list)
    reaches: dict[int, int] = field(default_factory=dict)
    runs: list[tuple[str, MarkKind | None]] | None = None
    within: list[tuple[str, MarkKind]] = field(default_factory=list)
    span: tuple[int, int] = (1, 1)


class _Page(HTMLParser):
    def __init__(self, limits: Limits, classes: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.done: list[MarkupTable] = []
        self.open: list[MarkupTable] = []
        self.unshown = 0
        self.classes = classes

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNSHOWN:
            self.unshown += 1
        elif tag == "table":
            self._begin_table()
        elif not self.open:
            return
        elif tag == "tr":
            self._begin_row(hidden=bool(HIDDEN.search(self._style(given))))
        elif tag == "col":
            self._take_column(given)
        elif tag in CELLS:
            self._begin_cell(tag, given)
        else:
            self._begin_run(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSHOWN:
            self.unshown = max(0, self.unshown - 1)
        elif tag == "table" and self.open:
            self._end_cell()
            self.done.append(self.open.pop())
        elif tag in (*CELLS, "tr"):
            self._end_cell()
        elif self.open:
            self._end_run(tag)

    def handle_data(self, data: str) -> None:
        if not self.unshown:
            self._say(data)

    def _style(self, given: dict[str, str | None]) -> str:
        """What an element's own style and its classes say."""
        of_classes = (self.classes.get(name, "") for name in (given.get("class") or "").split())
        return ";".join((*of_classes, given.get("style") or ""))

    def _say(self, text: str) -> None:
        if self.open and (runs := self.open[-1].runs) is not None:
            kinds = {kind for _, kind in self.open[-1].within}
            runs.append((text, STRUCK if STRUCK in kinds else next(iter(kinds), None)))

    def _begin_run(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in BREAKS:
            self._say(" ")
        style = self._style(given)
        kind = STRUCK if STRUCK_OUT.search(style) else RAISED if LIFTED.search(style) else MARKED.get(tag)
        if kind and len(self.open[-1].within) < MOST_NESTED:
            self.open[-1].within.append((tag, kind))

    def _end_run(self, tag: str) -> None:
        within = self.open[-1].within
        at = next((at for at in range(len(within) - 1, -1, -1) if within[at][0] == tag), None)
        if at is not None:
            del within[at]

    def _take_column(self, given: dict[str, str | None]) -> None:
        table = self.open[-1]
        first, table.columns = table.columns, table.columns + _span(given.get("span"), MOST_COLUMNS)
        if HIDDEN.search(self._style(given)) and table.columns <= MOST_COLUMNS:
            table.hidden_columns.update(range(first, table.columns))

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

    def _begin_cell(self, tag: str, given: dict[str, str | None]) -> None:
        self._end_cell()
        table = self.open[-1]
        if not table.rows:
            table.rows.append([])
        row, at = table.rows[-1], len(table.rows) - 1
        while table.reaches.get(len(row), -1) >= at:
            row.append(None)
        across, down = (_span(given.get(f"{what}span"), MOST_COLUMNS) for what in ("col", "row"))
        table.span, table.runs = (across, down), []
        style = self._style(given)
        if STRUCK_OUT.search(style):
            table.within = [(tag, STRUCK)]
        if HIDDEN.search(style):
            table.hidden_columns.add(len(row))

    def _end_cell(self) -> None:
        table = self.open[-1] if self.open else None
        if table is None or table.runs is None:
            return
        row, at = table.rows[-1], len(table.rows) - 1
        (across, down), left = table.span, len(row)
        check_extent(len(table.rows), left + across, self.limits)
        row.extend([as_text("".join(text for text, _ in table.runs)), *[None] * (across - 1)])
        if mark := mark_of(table.runs):
            table.marks[at, left] = mark
        if across > 1 or down > 1:
            table.merged.append((at, at + down - 1, left, left + across - 1))
        if down > 1:
            table.reaches |= dict.fromkeys(range(left, left + across), at + down - 1)
        table.runs, table.within = None, []


def read_html(path: Path, passed: PreflightResult) -> list[Table]:
    """All tables of the page, in the order of their ends; raises Unreadable for what is no text, without a table, or
    too large.
    """
    text = decode(path.read_bytes())
    # A spreadsheet program writes the styles of its classes into a comment.
    page = _Page(passed.limits, dict(CLASS.findall(text)))
    page.feed("".join(PIECE.findall(_without_comments(text))))
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
    return Table(
        f"网页表格{number}",
        rows,
        merged=tuple(table.merged),
        hidden=frozenset(table.hidden),
        hidden_columns=frozenset(table.hidden_columns),
        marks=table.marks,
    )


def _span(text: str | None, most: int) -> int:
    """How far a cell reaches; once where it says nothing that is a number."""
    digits = (text or "").strip()
    return (
        min(max(int(digits), 1), most) if digits.isascii() and digits.isdigit() and len(digits) < len("100000") else 1
    )
