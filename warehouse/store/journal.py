"""The journal: one immutable file a run, and its being there is what commits the run.

Each entry ends with the SHA-256 of itself, so that a byte that changed later is found whenever it is read.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from pydantic import ValidationError

from warehouse.messages.errors import StoreError
from warehouse.store.files import Root, found, write_durably
from warehouse.store.journal_records import Entry

# How an entry ends: what it says is JSON with this last line, and without it.
SEAL = re.compile(rb',\n "sha256": "([0-9a-f]{64})"\n\}$')
END = b"\n}"
RESTORE = "restore it from a backup"


def run_name(number: int) -> str:
    """A run's number with leading zeros, so that names sort as numbers do."""
    return f"{number:06}"


def runs(root: Root) -> list[str]:
    """The committed runs, oldest first."""
    return [path.stem for path in found(root.journal, "[0-9]*.json")]


def next_run(root: Root) -> str:
    """The name of a run that starts now; the lock on the root must be held."""
    done = runs(root)
    return run_name(int(done[-1]) + 1 if done else 1)


def entry_path(root: Root, run: str) -> Path:
    """Where the entry of a run is, or will be."""
    return root.journal / f"{run}.json"


def commit(root: Root, entry: Entry) -> Path:
    """Writes the run's entry: from here on, what it accepted counts."""
    path = entry_path(root, entry.run)
    body = entry.model_dump_json(indent=1).encode()
    write_durably(path, body.removesuffix(END) + f',\n "sha256": "{hashlib.sha256(body).hexdigest()}"\n}}'.encode())
    path.chmod(0o440)
    return path


def read_entry(root: Root, run: str) -> Entry:
    """The entry of a committed run; raises StoreError for one that is damaged."""
    path = entry_path(root, run)
    body, said, found = unsealed(path.read_bytes())
    if said != found:
        raise StoreError(f"{path}: a byte of it has changed (its SHA-256 is {found}, not {said}); {RESTORE}")
    try:
        return Entry.model_validate_json(body)
    except ValidationError as error:
        raise StoreError(f"{path}: not a journal entry ({error.error_count()} faults); {RESTORE}") from error


def unsealed(data: bytes) -> tuple[bytes, str | None, str | None]:
    """What an entry says, the SHA-256 that it gives itself and the one that it has.

    Both are None for an entry of before there were any; with a damaged seal what is left is no entry.
    """
    if (seal := SEAL.search(data)) is None:
        return data, None, None
    body = data[: seal.start()] + END
    return body, seal[1].decode(), hashlib.sha256(body).hexdigest()
