"""The names of a workbook's parts as readers look for them: strokes one way, the book itself at xl/workbook.xml.

Some programs write the strokes of Windows, which a zip does not allow, and Office online xl/workbook2.xml.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from posixpath import basename, dirname

from defusedxml.ElementTree import fromstring

from warehouse.intake.formats.preflight import PreflightResult

BOOK, ROOT = "xl/workbook.xml", "_rels/.rels"
OF_BOOK = "/officeDocument"


def plain_names(parts: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Each part by its plain name; of two of one name the last, as `unusual_names` refuses them.

    Raises what comes of a damaged part.
    """
    plain = {info.filename.replace("\\", "/"): info for info in parts.infolist()}
    if BOOK in plain or ROOT not in plain or not any(name.startswith("xl/") for name in plain):
        return plain
    relations = fromstring(parts.read(plain[ROOT]))
    targets = (e.get("Target", "").lstrip("/") for e in relations if e.get("Type", "").endswith(OF_BOOK))
    book = next(targets, "")
    if dirname(book) != dirname(BOOK) or book not in plain:
        return plain
    own = {book: BOOK, relations_of(book): relations_of(BOOK)}
    return {own.get(name, name): info for name, info in plain.items()}


def relations_of(part: str) -> str:
    """The part that says what another refers to."""
    return f"{dirname(part)}/_rels/{basename(part)}.rels"


def workbook_bytes(path: Path, passed: PreflightResult) -> bytes:
    """The workbook, packed anew where its parts have other names; its size unpacked is bounded by preflight."""
    data = path.read_bytes() if passed.content is None else passed.content
    if not passed.renamed:
        return data
    anew = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as parts, zipfile.ZipFile(anew, "w") as packed:
        for name, info in plain_names(parts).items():
            packed.writestr(name, parts.read(info))
    return anew.getvalue()
