"""The cell formats of a workbook (.xlsx): which of its cell styles show a number as another than is kept, which are
struck out or raised, and which lost their number format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

from warehouse.intake.formats.cell_marks import RAISED, STRUCK, MarkKind
from warehouse.intake.formats.number_formats import NumberFormat, format_of

STYLES, STYLES_END = re.compile(rb"<(?:[^\s<>/:]+:)?cellXfs\b"), re.compile(rb"</(?:[^\s<>/:]+:)?cellXfs>")
FONTS, FONTS_END = re.compile(rb"<(?:[^\s<>/:]+:)?fonts\b"), re.compile(rb"</(?:[^\s<>/:]+:)?fonts>")
FONT = re.compile(rb"<(?:[^\s<>/:]+:)?font(?=[\s/>])")
STRIKE = re.compile(rb"<(?:[^\s<>/:]+:)?strike(?=[\s/>])(?![^<>]*\sval\s*=\s*[\"'](?:0|false|off)[\"'])")
RAISE = re.compile(rb"<(?:[^\s<>/:]+:)?vertAlign\s[^<>]*\bval\s*=\s*[\"'](?:super|sub)script")
NUMBER_FORMAT = re.compile(rb"<(?:[^\s<>/:]+:)?numFmt\s[^<>]*>")
FORMAT_ID = re.compile(rb"\bnumFmtId\s*=\s*[\"'](\d+)[\"']")
FONT_ID = re.compile(rb"\bfontId\s*=\s*[\"'](\d+)[\"']")
FORMAT_CODE = re.compile(rb"\bformatCode\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
CELL_FORMAT = re.compile(rb"<(?:[^\s<>/:]+:)?xf\b[^<>]*")
STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
STYLED = re.compile(rb"\ss\s*=\s*[\"'][1-9]")
FIRST_OWN_FORMAT = 164  # below are those that every program knows


@dataclass(frozen=True)
class CellFormats:
    """The styles of cells, by their places: those whose numbers are shown otherwise than they are kept, those whose
    font is struck out or raised, and those whose number format is nowhere.

    `given` says whether the workbook has any styles of cells.
    """

    given: bool = False
    telling: dict[int, NumberFormat] = field(default_factory=dict)
    marked: dict[int, MarkKind] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()

    @classmethod
    def of(cls, parts: Iterable[bytes]) -> CellFormats:
        """What a workbook's parts say, whichever of them has the styles."""
        given, lost = False, set[int]()
        telling: dict[int, NumberFormat] = {}
        marked: dict[int, MarkKind] = {}
        for part in parts:
            formats = _between(part, b"cellXfs", STYLES, STYLES_END)
            if formats is None:
                continue
            given, own, fonts = True, _own_formats(part), _marked_fonts(part)
            for place, style in enumerate(CELL_FORMAT.findall(formats)):
                number = _number(FORMAT_ID, style)
                shown = format_of(number, own.get(number))
                if shown.telling:
                    telling[place] = shown
                elif number >= FIRST_OWN_FORMAT and number not in own:
                    lost.add(place)
                if kind := fonts.get(_number(FONT_ID, style)):
                    marked[place] = kind
        return cls(given, telling, marked, frozenset(lost))

    def lost_in(self, sheet: bytes) -> bool:
        """Whether cells of a sheet have formats that are nowhere: what showed percent would be read as a hundredth."""
        if not self.given:
            return STYLED.search(sheet) is not None
        return bool(self.lost) and not self.lost.isdisjoint(_styles(sheet))

    def tell_of(self, sheet: bytes) -> bool:
        """Whether a sheet may have cells that show another thing than they hold."""
        told = self.telling.keys() | self.marked.keys()
        return bool(told) and (0 in told or not told.isdisjoint(_styles(sheet)))


def marks_within(text: bytes) -> MarkKind | None:
    """What a font or the properties of a run say: their text is struck out, or raised or lowered; None for neither."""
    if b"strike" in text and STRIKE.search(text):
        return STRUCK
    return RAISED if b"vertAlign" in text and RAISE.search(text) else None


def _own_formats(part: bytes) -> dict[int, str]:
    return {_number(FORMAT_ID, tag): _code(tag) for tag in NUMBER_FORMAT.findall(part) if FORMAT_ID.search(tag)}


def _marked_fonts(part: bytes) -> dict[int, MarkKind]:
    """By their places, the fonts that are struck out or raised."""
    if b"strike" not in part and b"vertAlign" not in part:
        return {}
    fonts = FONT.split(_between(part, b"fonts", FONTS, FONTS_END) or b"")[1:]
    return {place: kind for place, font in enumerate(fonts) if (kind := marks_within(font))}


def _between(part: bytes, name: bytes, begins: re.Pattern[bytes], ends: re.Pattern[bytes]) -> bytes | None:
    """What stands between the first start of a list and the next end of one; None where there is none."""
    start = begins.search(part) if name in part else None
    end = ends.search(part, start.end()) if start else None
    return part[start.end() : end.start()] if start and end else None


def _number(pattern: re.Pattern[bytes], tag: bytes) -> int:
    found = pattern.search(tag)
    return int(found[1][:9]) if found else 0


def _code(tag: bytes) -> str:
    found = FORMAT_CODE.search(tag)
    return unescape((found[1] or found[2] or b"").decode("utf-8", "replace")) if found else ""


def _styles(sheet: bytes) -> set[int]:
    return set(map(int, STYLE.findall(sheet)))
