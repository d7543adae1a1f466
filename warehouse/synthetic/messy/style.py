"""How one clerk writes: each field a choice, the first of which is the template's.

Belongs here: the choices. Does not belong here: which of them make a habit (`habits.py`), how they look in a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Format = Literal["", "xlsx", "xls", "ods", "csv", "html", "xml"]
Place = Literal["cover", "cover_name", "cover_short", "cover_prefecture", "columns", "file_name", "sheet_name"]
Layout = Literal["county", "bundle", "sheet_a_county", "periods", "vertical"]
Heads = Literal[
    "plain", "title", "groups", "group_units", "unit_row", "three_rows", "office_line", "column_numbers", "numbered",
    "starred", "footnoted", "brackets", "stroke",
]  # fmt: skip
Names = Literal["label_zh", "label_en", "column", "synonym"]
Numbers = Literal[
    "number", "text", "spaced", "full_width", "thousands", "wan", "full_unit", "trailing", "formula", "unseen",
    "bracketed",
]  # fmt: skip
Percents = Literal["number", "text", "full_width", "format", "calculated"]
Days = Literal["cell", "dotted", "slashed", "chinese", "compact", "short", "serial", "hao"]
Months = Literal["month", "chinese", "dotted", "slashed", "compact", "cell", "words", "signs"]
Sheets = Literal["label", "numbered", "title", "label_en", "column"]
COVERS: tuple[Place, ...] = ("cover", "cover_name", "cover_short", "cover_prefecture")


@dataclass(frozen=True)
class Style:
    """One clerk's choices; `suffix` is the file name's where it is not the format's own."""

    format: Format = ""
    suffix: str = ""
    encoding: str = "utf-8"
    separator: str = ","
    zipped: Literal["", "tables", "workbooks"] = ""
    encrypted: bool = False
    layout: Layout = "county"
    place: Place = "cover"
    month: Months = "month"
    leading: tuple[str, ...] = ()
    heads: Heads = "plain"
    names: Names = "label_zh"
    shuffled: bool = False
    sheets: Sheets = "label"
    numbers: Numbers = "number"
    percents: Percents = "number"
    days: Days = "cell"
    epoch_1904: bool = False
    booleans: tuple[str, str] = ("是", "否")
    blanks: tuple[str, ...] = ()
    codes_as_numbers: bool = False
    codes_as_labels: bool = False
    kept_as_text: bool = False
    gaps: bool = False
    footer: bool = False
    notes: bool = False
    totals: bool = False
    hidden: bool = False

    @property
    def text(self) -> bool:
        """Whether a file of it has one table and no cover: a text file, a web page."""
        return self.format in ("csv", "html")

    @property
    def cover(self) -> bool:
        """Whether a file of it has a cover."""
        return self.place in COVERS and not self.text

    @property
    def file_suffix(self) -> str:
        """The suffix that the file's name gets, true or not."""
        return self.suffix or f".{self.format or 'xlsx'}"
