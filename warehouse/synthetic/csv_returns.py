"""A return as CSV, in UTF-8 or GB18030, as some counties send it.

Belongs here: the text of such a file. Does not belong here: which returns come so (`layout.py`).
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from warehouse.codebook import load
from warehouse.synthetic.layout import STATUS_ZH, SYNTHETIC_MARK, shown
from warehouse.synthetic.records import Return, Value

LEADING = ("区划代码", "报告期", "状态", "备注")


def write_plain(path: Path, found: Return, encoding: str) -> None:
    """Writes a return: code, period, status and mark before its columns, a line for each row."""
    dataset = load().datasets[found.dataset]
    leading = (found.county_code, found.period, STATUS_ZH[found.status], SYNTHETIC_MARK)
    with path.open("w", encoding=encoding, newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow((*LEADING, *(i.header_zh for i in dataset.indicators)))
        for row in found.rows:
            writer.writerow((*leading, *(_word(shown(i, row[i.column])) for i in dataset.indicators)))


def _word(value: Value) -> str:
    """Text of a cell; numbers without needless zeros or exponents."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
