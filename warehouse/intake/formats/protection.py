"""Workbooks that are protected and yet open unasked: encrypted with the password that the programs themselves try."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from msoffcrypto import OfficeFile
from msoffcrypto.format.ooxml import OOXMLFile

# What Excel and WPS try first: the password of a structure that is protected, or of a file that is read only.
TRIED_FIRST = "VelvetSweatshop"
# Excel's own; the format allows a hundred times as many, which would take a minute.
MOST_ROUNDS = 100_000


def unprotected(data: bytes) -> bytes | None:
    """The workbook as it is without its protection; None for one with a password of its own, or a damaged one.

    Of what is not damaged but was changed nothing is said here: the readers look at what comes out.
    """
    plain = BytesIO()
    try:
        book: Any = OfficeFile(BytesIO(data))
        if isinstance(book, OOXMLFile):
            if book.info.get("spinValue", 0) > MOST_ROUNDS:
                return None
            book.load_key(password=TRIED_FIRST, verify_password=True)
        else:
            book.load_key(password=TRIED_FIRST)
        book.decrypt(plain)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (the library raises whatever a damaged file makes of it)
        return None
    return plain.getvalue()
