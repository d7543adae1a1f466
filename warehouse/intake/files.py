"""A file of any known format as tables of text."""

from __future__ import annotations

from pathlib import Path

from warehouse.intake.old_workbook import read_old_workbook
from warehouse.intake.open_document import read_open_document
from warehouse.intake.plain_text import read_text
from warehouse.intake.preflight import Limits, preflight
from warehouse.intake.tables import Table
from warehouse.intake.workbook import read_workbook


def read_tables(path: Path, limits: Limits) -> list[Table]:
    """All tables of a file, in its order; raises Unreadable, and no other error, for whatever the file is."""
    passed = preflight(path, limits)
    match passed.format:
        case "text":
            return [read_text(path, limits)]
        case "xls":
            return read_old_workbook(path, limits)
        case "ods":
            return read_open_document(path, limits)
        case _:
            return read_workbook(path, passed)
