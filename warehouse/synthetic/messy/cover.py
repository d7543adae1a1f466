"""The cover as clerks fill it: a county or a prefecture, a period in their spelling, the list of datasets.

Belongs here: the cover's cells. Does not belong here: the datasets' sheets (`table.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.codebook import Division, load
from warehouse.synthetic.layout import COVER, COVER_HEADER_ROW, GIVEN_ZH, NIL_ZH, STATUS_ZH, SYNTHETIC, TITLE
from warehouse.synthetic.messy.cells import month_cell
from warehouse.synthetic.messy.grid import Cell, Sheet
from warehouse.synthetic.messy.names import short_name
from warehouse.synthetic.messy.style import Style
from warehouse.synthetic.records import Return
from warehouse.synthetic.workbook import COVER_HEADER

CODE, NAME, CITY, PERIOD = "区划代码", "县(市、区)", "市", "报告期"
CODE_CELL, NAME_CELL = "B3", "B4"  # where a cover with both has them


@dataclass(frozen=True)
class Claim:
    """Whose file it is, as its cover says, and the label of the name; a prefecture's where `city` is true."""

    code: str
    name: str
    label: str = NAME
    city: bool = False


def claim_of(division: Division, period: str, style: Style) -> Claim:
    """What a county's clerk puts on the cover: code and name, or one of the names alone."""
    names = {
        "cover_short": short_name(division, period) or division.name_zh,
        "cover_prefecture": f"{division.prefecture_zh}{division.name_zh}",
    }
    code = division.county_code if style.place == "cover" else ""
    return Claim(code, names.get(style.place, division.name_zh))


def lay_cover(claim: Claim, period: str, returns: Sequence[Return], style: Style) -> Sheet:
    """The cover of a file with these returns."""
    sheet = Sheet(COVER)
    sheet.put(0, 0, Cell(TITLE, "bold"))
    sheet.put(1, 0, Cell(SYNTHETIC, "bold"))
    code = Cell(int(claim.code)) if style.codes_as_numbers and claim.code else Cell(claim.code or None)
    facts = ((CODE, code), (claim.label, Cell(claim.name)), (PERIOD, month_cell(period, style.month)))
    for row, (label, cell) in enumerate(facts, start=2):
        sheet.put(row, 0, Cell(label))
        sheet.put(row, 1, cell)
    for column, word in enumerate(COVER_HEADER):
        sheet.put(COVER_HEADER_ROW, column, Cell(word, "bold"))
    for row, found in enumerate(_listed(returns), start=COVER_HEADER_ROW + 1):
        label = load().datasets[found.dataset].label_zh
        line = (label, found.dataset, NIL_ZH if found.nil else GIVEN_ZH, STATUS_ZH[found.status])
        for column, word in enumerate(line):
            sheet.put(row, column, Cell(word))
    return sheet


def _listed(returns: Sequence[Return]) -> list[Return]:
    """One return of each dataset: a prefecture lists a dataset once."""
    return list({found.dataset: found for found in returns}.values())
