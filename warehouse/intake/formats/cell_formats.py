"""The cell formats of a workbook (.xlsx): which of its cell styles show percent, and which lost their number format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape

STYLES, STYLES_END = re.compile(rb"<(?:[^\s<>/:]+:)?cellXfs\b"), re.compile(rb"</(?:[^\s<>/:]+:)?cellXfs>")
NUMBER_FORMAT = re.compile(rb"<(?:[^\s<>/:]+:)?numFmt\s[^<>]*>")
FORMAT_ID = re.compile(rb"\bnumFmtId\s*=\s*[\"'](\d+)[\"']")
FORMAT_CODE = re.compile(rb"\bformatCode\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
CELL_FORMAT = re.compile(rb"<(?:[^\s<>/:]+:)?xf\b[^<>]*")
STYLE = re.compile(rb"\ss\s*=\s*[\"'](\d+)[\"']")
STYLED = re.compile(rb"\ss\s*=\s*[\"'][1-9]")
FIRST_OWN_FORMAT = 164  # below are those that every program knows
PERCENT_IDS = frozenset((b"9", b"10"))  # ECMA-376, part 1, 18.8.30: 0% and 0.00%


@dataclass(frozen=True)
class CellFormats:
    """The styles of cells, by their places: those that show percent, and those whose number format is nowhere.

    `given` says whether the workbook has any styles of cells.
    """

    given: bool
    percent: frozenset[int]
    lost: frozenset[int]

    @classmethod
    def of(cls, parts: Iterable[bytes]) -> CellFormats:
        """What a workbook's parts say, whichever of them has the styles."""
        found = [(part, formats) for part in parts if (formats := _cell_formats(part)) is not None]
        percent: set[int] = set()
        lost: set[int] = set()
        for part, formats in found:
            own = {match[1]: _code(tag) for tag in NUMBER_FORMAT.findall(part) if (match := FORMAT_ID.search(tag))}
            for place, code in enumerate(CELL_FORMAT.findall(formats)):
                match = FORMAT_ID.search(code)
                if match and (match[1] in PERCENT_IDS or shows_percent(own.get(match[1], ""))):
                    percent.add(place)
                elif match and int(match[1]) >= FIRST_OWN_FORMAT and match[1] not in own:
                    lost.add(place)
        return cls(bool(found), frozenset(percent), frozenset(lost))

    def lost_in(self, sheet: bytes) -> bool:
        """Whether cells of a sheet have formats that are nowhere: what showed percent would be read as a hundredth."""
        if not self.given:
            return STYLED.search(sheet) is not None
        return bool(self.lost) and not self.lost.isdisjoint(_styles(sheet))

    def percent_in(self, sheet: bytes) -> bool:
        """Whether a sheet may have cells that show percent."""
        return bool(self.percent) and not self.percent.isdisjoint(_styles(sheet))


def shows_percent(code: str) -> bool:
    """Whether a number format multiplies by a hundred: by its first section, which is that of positive numbers.

    A % in quotes or behind a stroke is a sign behind the number and no more.
    """
    return "%" in LITERAL.sub("", code).partition(";")[0]


def _cell_formats(part: bytes) -> bytes | None:
    """What stands between the first start of the list of formats and the next end of one; None where it has none."""
    start = STYLES.search(part) if b"cellXfs" in part else None
    end = STYLES_END.search(part, start.end()) if start else None
    return part[start.end() : end.start()] if start and end else None


def _code(tag: bytes) -> str:
    found = FORMAT_CODE.search(tag)
    return unescape((found[1] or found[2] or b"").decode("utf-8", "replace")) if found else ""


def _styles(sheet: bytes) -> set[int]:
    return set(map(int, STYLE.findall(sheet)))
