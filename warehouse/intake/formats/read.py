"""A file of any known format as tables of text."""

from __future__ import annotations

from pathlib import Path

from warehouse.intake.formats.delimited import read_delimited
from warehouse.intake.formats.ods import read_ods
from warehouse.intake.formats.preflight import Limits, preflight
from warehouse.intake.formats.table import Table
from warehouse.intake.formats.xls import read_xls
from warehouse.intake.formats.xlsx import read_xlsx


def read_tables(path: Path, limits: Limits) -> list[Table]:
    """All tables of a file, in its order; raises Unreadable, and no other error, for whatever the file is."""
    passed = preflight(path, limits)
    match passed.format:
        case "text":
            return [read_delimited(path, limits)]
        case "xls":
            return read_xls(path, limits)
        case "ods":
            return read_ods(path, limits)
        case _:
            return read_xlsx(path, passed)
