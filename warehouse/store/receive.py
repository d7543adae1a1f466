"""Receiving: what in the inbox is new, its bytes into the archive, a receipt with the next number."""

from __future__ import annotations

import logging
import os
import shutil
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter

from warehouse.intake.records import Receipt
from warehouse.store import journal, ledger
from warehouse.store.archive import hash_file, keep
from warehouse.store.files import Root
from warehouse.store.history import remove_uncommitted

log = logging.getLogger("xianbao")
RECEIPTS = TypeAdapter(list[Receipt])
# What editors and copying programs leave while a file is open or under way.
PASSING = ("~$", ".")
PASSING_SUFFIXES = (".tmp", ".part", ".crdownload")


def prepare(root: Root, ledger_url: str) -> list[str]:
    """Makes the store whole after whatever came before: the ledger, half-written rows, old scratch.

    Returns the committed runs that the ledger lacked. The lock on the root must be held.
    """
    indexed = ledger.catch_up(ledger.open_ledger(ledger_url, renew=True), root)
    remove_uncommitted((root.history, root.quarantine), journal.runs(root))
    shutil.rmtree(root.work, ignore_errors=True)
    return indexed


def new_files(inbox: Path, known: dict[str, str]) -> dict[str, Path]:
    """The files of the inbox, by name relative to it, that last came with other bytes or never; sorted by name.

    Links are not followed, and what is still being written is left for the next run.
    """
    files = {
        readable(path.relative_to(inbox)): path
        for path in sorted(inbox.rglob("*"))
        if path.is_file() and not path.is_symlink() and not _passing(path.relative_to(inbox))
    }
    return {name: path for name, path in files.items() if _changed(path, known.get(name))}


def _changed(path: Path, submission: str | None) -> bool:
    """Whether the file's bytes are others than before; one that cannot be read now waits, and is named."""
    try:
        return hash_file(path) != submission
    except OSError as error:
        log.warning("%s cannot be read now and waits for the next run: %s", path, error.strerror)
        return False


def readable(path: Path) -> str:
    """The path as text: its bytes are UTF-8, or GB18030 as an old archive program may have left them."""
    raw = os.fsencode(path.as_posix())
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def _passing(path: Path) -> bool:
    return any(part.startswith(PASSING) for part in path.parts) or path.suffix.lower() in PASSING_SUFFIXES


def number(root: Root, ledger_url: str, files: dict[str, Path], received_at: datetime) -> list[Receipt]:
    """A receipt for each file, numbered by sorted name after the last one; its bytes are in the archive."""
    last = ledger.last_receipt(ledger.open_ledger(ledger_url))
    return [
        Receipt(
            receipt=last + place,
            submission=keep(root, files[name], name)[0],
            file=name,
            received_at=received_at,
        )
        for place, name in enumerate(sorted(files), start=1)
    ]


def save_receipts(path: Path, receipts: list[Receipt]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(RECEIPTS.dump_json(receipts))


def load_receipts(path: Path) -> list[Receipt]:
    return RECEIPTS.validate_json(path.read_bytes())
