"""Names of files as others wrote them, made fit to be shown: a label is never a path.

Belongs here: decoding a name, taking the sting out of it, telling litter from files. Does not belong here: where a
file is kept (`warehouse.store.archive`), whether it waits (`warehouse.store.inbox`).
"""

from __future__ import annotations

import os
from pathlib import PurePath
from urllib.parse import quote_from_bytes, unquote_to_bytes

from warehouse.messages.visible import visible

LONGEST, LONGEST_SUFFIX = 200, 32
# What macOS and Windows leave in folders and archives.
LITTER = ("__macosx", ".ds_store", "thumbs.db", "ehthumbs.db", "desktop.ini")
# The owner files of Excel and WPS, of LibreOffice, and the second halves of macOS files.
LEFT_BY_EDITORS = ("~$", ".~lock.", "._")


def decoded(raw: bytes) -> str:
    """A name as text: its bytes are UTF-8, or GB18030 as an old archive program may have left them."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def harmless(text: str) -> str:
    """The text as it may be shown; one that is too long keeps its end, where the name of the file stands."""
    text = visible(text)
    return text if len(text) <= LONGEST else f"…{text[1 - LONGEST :]}"


def label_of(path: PurePath) -> str:
    """The label of a file of the file system."""
    return harmless(decoded(os.fsencode(path.as_posix())))


def plain_suffix(name: str) -> str:
    """The suffix of a name, in small letters; none where no person would give it to a file."""
    suffix = PurePath(name).suffix.lower()
    return suffix if len(suffix) <= LONGEST_SUFFIX and suffix.isprintable() and "\\" not in suffix else ""


def name_bytes_of(path: PurePath, label: str) -> str | None:
    """The bytes of a path as a URL has them, behind a slash; None where the label says them all.

    No label of a file in the inbox begins with a slash, so that the two are never taken for one another.
    """
    raw = os.fsencode(path.as_posix())
    return None if raw == label.encode() else f"/{quote_from_bytes(raw)}"


def path_bytes(label: str, name_bytes: str | None) -> bytes:
    """The path that a file came under, byte for byte: as `name_bytes_of` says it, or the label."""
    return label.encode() if name_bytes is None else unquote_to_bytes(name_bytes)[1:]


def distinct(label: str, taken: dict[str, int]) -> str:
    """The label, or, where another file has it, the same with a number: `a.xlsx`, `a (2).xlsx`.

    It is taken then: `taken` has the labels given so far, each with the last number given to it, for a search that
    began with 2 each time would take the square of their number.
    """
    folder, slash, name = label.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, f".{suffix}") if dot and stem else (name, "")
    number, candidate = taken.get(label, 1), label
    while candidate in taken:
        number += 1
        candidate = f"{folder}{slash}{stem} ({number}){suffix}"
    taken[label] = number
    taken.setdefault(candidate, 1)
    return candidate


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is nobody's submission."""
    return name.lower() in LITTER or name.startswith(LEFT_BY_EDITORS)
