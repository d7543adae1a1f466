"""Lines for a terminal: columns that stand in line whatever width their signs have, cut at the screen's width.

rich's own tables lose wide characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from rich.cells import cell_len, set_cell_size
from rich.padding import Padding
from rich.text import Text

from flows.cli.screen import Screen
from warehouse.codebook import Indicator
from warehouse.messages.visible import one_line

VERDICT = {
    "accepted": "accepted 接受", "accepted_with_queries": "with queries 待核", "quarantined": "quarantined 退回",
    "withdrawn": "withdrawn 撤回", "read": "read 已读取", "unreadable": "unreadable 无法读取",
    "duplicate": "duplicate 重复", "unpacked": "unpacked 已解压",
}  # fmt: skip
GAP = "  "


def print_line(console: Screen, line: str, style: str = "", indent: int = 0) -> None:
    """A line, wrapped where it is too long."""
    text = Text(one_line(line), style)
    console.print(Padding(text, (0, 0, 0, indent), expand=False) if indent else text)


def print_heading(console: Screen, line: str) -> None:
    """A blank line, then the line in bold."""
    console.print()
    print_line(console, line, "bold")


def aligned_columns(lines: Iterable[Sequence[str]], right: Iterable[int] = (), most: int = 40) -> list[str]:
    """The lines' cells in columns, those in `right` at the right edge; a cell has at most `most`, but the last."""
    rows = [[one_line(cell) for cell in line] for line in lines]
    if not rows:
        return []
    widths = [min(most, max(map(cell_len, column))) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    return [
        GAP.join(_cell(cell, size, at in set(right)) for at, (cell, size) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]


def _cell(text: str, size: int, at_the_right: bool) -> str:
    if size == 0:
        return text
    if cell_len(text) > size:
        return set_cell_size(text, size - 1) + "…"
    return " " * (size - cell_len(text)) + text if at_the_right else set_cell_size(text, size)


def print_list(console: Screen, lines: Sequence[str], most: int | None = None, style: str = "") -> None:
    """The lines, or the first of them and how many there are more, each cut at the screen's edge."""
    for line in lines[:most]:
        print_cut(console, f"  {line}", style)
    if most is not None:
        print_remaining(console, len(lines) - most)


def print_remaining(console: Screen, count: int, what: str = "") -> None:
    """That there is more than is shown, if there is."""
    if count > 0:
        print_line(console, f"  … 另有 and {count} more{what} (--all)", "dim")


def row_count(count: int) -> str:
    """How many rows, in zh and en."""
    return f"{count} 行 row{'' if count == 1 else 's'}"


def print_cut(console: Screen, line: str, style: str = "") -> None:
    """A line that ends at the screen's edge."""
    text = Text(one_line(line).rstrip(), style)
    text.truncate(console.width, overflow="ellipsis")
    console.print(text)


def format_moment(when: datetime) -> str:
    """A time of the ledger, which is in UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def format_quantity(value: str | None, indicator: Indicator) -> str:
    """A value as explained, for a person: 83,820,001 元 yuan; blank where there is none."""
    if value is None:
        return "空 blank"
    if indicator.unit.dtype == "boolean":
        return "是 yes" if value == "true" else "否 no"
    if not indicator.numeric or indicator.unit.dtype == "year":
        return value
    unit = indicator.unit
    return f"{Decimal(value):,} " + " ".join(dict.fromkeys((unit.label_zh, unit.label_en)))
