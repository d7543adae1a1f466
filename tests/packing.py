"""Zips as nobody should send them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

# name, bytes, what to set on the member's entry.
Entry = tuple[str, bytes, Mapping[str, int]]


def packed(path: Path, *entries: tuple[str, bytes] | Entry) -> Path:
    """A zip of these members; attributes of an entry's ZipInfo may be given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, *marks in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for mark, value in (marks[0] if marks else {}).items():
                setattr(info, mark, value)
            archive.writestr(info, data)
    return path


def mode(kind: int) -> dict[str, int]:
    return {"create_system": 3, "external_attr": (kind | 0o777) << 16}
