"""How a return looks in a file: paths, which returns come as CSV, words for nil and status, values as cells.

Belongs here: what workbook and CSV share. Does not belong here: writing (`workbook.py`, `csv_returns.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath

from warehouse.codebook import Division, Indicator, load
from warehouse.synthetic.records import Value

COVER = "封面"
COVER_HEADER_ROW = 6  # counted from 0
TITLE = "山西省脱贫攻坚县级报表 County return"
SYNTHETIC = "合成数据,非真实数据 SYNTHETIC DATA, NOT REAL"
SYNTHETIC_MARK = "合成数据 SYNTHETIC"
STATUS_ZH = {"provisional": "预计", "reported": "报送"}
GIVEN_ZH, NIL_ZH = "有", "无"
BOOLEAN_ZH = {True: "是", False: "否"}


@dataclass(frozen=True)
class PlainReturn:
    """A return that its county sends as CSV in every period."""

    county_code: str
    dataset: str
    encoding: str


AS_CSV = (
    PlainReturn("140105", "ecology", "utf-8"),
    PlainReturn("140122", "industry", "utf-8"),
    PlainReturn("140321", "finance", "utf-8"),
    PlainReturn("140425", "relocation_villages", "utf-8"),
    PlainReturn("140581", "funds", "gb18030"),
    PlainReturn("140828", "projects", "gb18030"),
    PlainReturn("140981", "health", "gb18030"),
    PlainReturn("141181", "training", "gb18030"),
)


def workbook_path(division: Division, period: str) -> PurePosixPath:
    """Where a county's workbook stands, relative to the sample."""
    return PurePosixPath(period) / f"{division.county_code}_{division.name_zh}_{period}.xlsx"


def plain_path(division: Division, period: str, dataset: str) -> PurePosixPath:
    """Where a return as CSV stands, relative to the sample."""
    beside = workbook_path(division, period)
    return beside.with_name(f"{beside.stem}_{dataset}.csv")


def shown(indicator: Indicator, value: Value) -> Value:
    """A value as a county writes it: numbers in the header's unit, exact; 是 or 否; blank stays None."""
    if isinstance(value, bool):
        return BOOLEAN_ZH[value]
    if indicator.input_unit is None or not isinstance(value, int | Decimal):
        return value
    return Decimal(value) / load().spellings[indicator.input_unit].factor
