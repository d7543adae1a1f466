"""Which folder of the inbox belongs to which county or prefecture, as a setting says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePosixPath

from warehouse.codebook import load
from warehouse.messages.errors import PermanentError


def owner_of(folders: Mapping[str, str], path: bytes) -> str | None:
    """The code that a file's folder belongs to, by the longest folder that it lies in; None where it is nobody's.

    `path` is a receipt's, relative to the inbox, all of it: a label may lack its beginning. A member of an archive lies
    where the archive does.
    """
    folder = _folder_of(folders, path)
    return None if folder is None else folders[folder]


def sender_of(folders: Mapping[str, str], path: bytes) -> str:
    """Whose files share a budget with that one: the folder that is set for it, else the first one of its path, or the
    file itself where it lies in none.
    """
    return _folder_of(folders, path) or os.fsdecode(path).partition("/")[0]


def _folder_of(folders: Mapping[str, str], path: bytes) -> str | None:
    """The longest of the folders that it lies in."""
    if not folders:
        return None
    around = map(str, PurePosixPath(os.fsdecode(path)).parents)
    return next((folder for folder in around if folder in folders), None)


def checked_folders(folders: Mapping[str, str]) -> dict[str, str]:
    """The setting with its folders in one spelling; raises PermanentError for what is no folder of an inbox, a code
    that is no county's or prefecture's, or a folder that is set twice.
    """
    codes = {code for d in load().divisions for code in (d.county_code, d.prefecture_code)} if folders else set()
    checked: dict[str, str] = {}
    for folder, code in folders.items():
        path = PurePosixPath(folder.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise PermanentError(f"folders: {folder!r} is no folder of the inbox, like datong or datong/tianzhen")
        if code not in codes:
            raise PermanentError(f"folders: {folder!r} belongs to {code!r}, which is no county's or prefecture's code")
        if str(path) in checked:
            raise PermanentError(f"folders: {path} is set twice")
        checked[str(path)] = code
    return checked


def owns(owner: str, county_code: str) -> bool:
    """Whether an owner may report for a county: it is the county itself, or its prefecture in some year."""
    return any(d.county_code == county_code and owner in (county_code, d.prefecture_code) for d in load().divisions)
