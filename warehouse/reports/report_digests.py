"""The hashes of a report's files, kept in the report as `sha256sum` reads and writes them."""

from __future__ import annotations

import re
from pathlib import Path

from warehouse.store.archive import hash_file
from warehouse.store.files import write_durably

# `cd <report> && sha256sum --check SHA256SUMS` says the same as verifying.
SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")
WHOLE = re.compile(f"(?:{LINE.pattern})*")


def seal_report(folder: Path) -> None:
    """Writes the hashes of all files of a report folder; done again, it leaves the same."""
    lines = (f"{hash_file(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder))
    write_durably(folder / SUMS, "".join(lines).encode())


def named_in_report(folder: Path) -> dict[str, str] | None:
    """The SHA-256 of each file of a report by its path in the folder; of their list alone, which cannot have it, where
    that is damaged. None for a report whose hashes were never kept.
    """
    try:
        said = (folder / SUMS).read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return None
    return {name: sha256 for sha256, name in LINE.findall(said)} if WHOLE.fullmatch(said) else {SUMS: "of lines"}


def unnamed_in_report(folder: Path, named: dict[str, str]) -> list[str]:
    """The files of a report folder, by their path in it, that its hashes do not name."""
    names = (path.relative_to(folder).as_posix() for path in _files(folder))
    return [name for name in names if name not in named]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS and path.name[0] != ".")
