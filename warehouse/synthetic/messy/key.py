"""The key of the messy province: a line for each return, in which file it stands and how it is to come out.

Belongs here: the key's lines and its file. Does not belong here: what makes them (`letter.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class KeyRow:
    """One return: its habit and file; where it must be refused, the rule and, if one cell is to blame, that cell.

    County, period and dataset are those of the true return, whatever the file says of them.
    """

    habit: str
    file: str
    county_code: str
    period: str
    dataset: str
    outcome: Literal["read", "refused"]
    rule: str = ""
    sheet: str = ""
    cell: str = ""

    def inside(self, archive: str) -> KeyRow:
        """The line for a member of an archive."""
        return replace(self, file=f"{archive}/{self.file}")


def write_key(path: Path, rows: Iterable[KeyRow]) -> None:
    """Writes the key, by period, county and dataset."""
    ordered = sorted(rows, key=lambda row: (row.period, row.county_code, row.dataset))
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [f.name for f in fields(KeyRow)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(asdict, ordered))
