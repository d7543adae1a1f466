"""A file of any known format as tables of text."""

from __future__ import annotations

from pathlib import Path

from defusedxml import DefusedXmlException

from warehouse.intake.formats.identify import identify
from warehouse.intake.formats.preflight import SAVED_ANEW, Limits, UnreadableError
from warehouse.intake.formats.registry import FORMATS
from warehouse.intake.formats.table import Table, without_unseen


def read_tables(path: Path, limits: Limits) -> list[Table]:
    """All tables of a file, in its order; raises Unreadable, and no other error, for whatever the file is."""
    passed = identify(path, limits)
    known = FORMATS[passed.format]
    try:
        return [without_unseen(table) for table in known.read(path, passed)]
    except (UnreadableError, MemoryError):
        raise
    except DefusedXmlException as error:
        raise UnreadableError("声明实体的工作簿 a workbook that declares entities in its XML", SAVED_ANEW) from error
    except BaseException as error:
        # Calamine's panics are no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UnreadableError(
            f"损坏的{known.label_zh} a damaged {known.label_en} ({error})",
            f"完整、未加密的{known.label_zh} a whole, unencrypted {known.label_en}",
        ) from error
