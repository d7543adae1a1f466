"""Fonts, colours, formats: what the sheets of a template share in looks. Does not belong here: what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.format import Format  # type: ignore[import-untyped]

FONT = "Microsoft YaHei"
DARK, MIDDLE, LINE, GREY = "#1F4E78", "#2F75B5", "#BFBFBF", "#F2F2F2"
TO_FILL, WRONG, DOUBTFUL, NONE = "#DDEBF7", "#FFC7CE", "#FFEB9C", "#D9D9D9"
FILLS = {"to_fill": TO_FILL, "critical": WRONG, "warning": DOUBTFUL, "none": NONE}
FONTS = {"critical": "#9C0006", "warning": "#7F6000", "none": "#7F7F7F"}
A4 = 9
ALL_OPTIONS = {"select_locked_cells": True, "select_unlocked_cells": True, "format_columns": True, "format_rows": True}


@dataclass(frozen=True)
class Styles:
    """Makes the formats of one workbook; each is made once, so that the file has no more of them than it uses."""

    book: Workbook
    made: dict[tuple[tuple[str, Any], ...], Format]

    def format(self, **properties: Any) -> Format:
        """A cell's format: the common font, and what is said besides."""
        given = {"font_name": FONT, "font_size": 10, "valign": "vcenter", **properties}
        key = tuple(sorted(given.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(given)
        return self.made[key]

    @property
    def title(self) -> Format:
        """The sheet's title: large, bold, dark."""
        return self.format(font_size=16, bold=True, font_color=DARK)

    @property
    def faint(self) -> Format:
        """What is said in passing: small and grey."""
        return self.format(font_color="#7F7F7F", font_size=9, indent=1)

    @property
    def link(self) -> Format:
        """A link: underlined."""
        return self.format(font_color=MIDDLE, underline=1)

    @property
    def heading(self) -> Format:
        """The head of a section: white on a colour."""
        return self.format(font_size=12, bold=True, font_color="white", bg_color=MIDDLE, indent=1)

    @property
    def header(self) -> Format:
        """The head of a column: framed, white on dark."""
        return self.framed(bold=True, font_color="white", bg_color=DARK, align="center", text_wrap=True)

    @property
    def label(self) -> Format:
        """What stands before a value: framed, bold, on grey."""
        return self.framed(bg_color=GREY, bold=True, indent=1)

    def framed(self, **properties: Any) -> Format:
        """A format with a thin frame and these properties."""
        return self.format(border=1, border_color=LINE, **properties)

    def input(self, **properties: Any) -> Format:
        """A cell that may be typed into."""
        return self.framed(locked=False, **properties)

    def colouring(self, severity: str) -> Format:
        """What a formula puts over a cell: `critical`, `warning`, `to_fill` or `none`; just that, over its format."""
        properties = {"bg_color": FILLS[severity]} | ({"font_color": FONTS[severity]} if severity in FONTS else {})
        key = (("conditional", True), *sorted(properties.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(properties)
        return self.made[key]
