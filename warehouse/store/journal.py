"""The journal: one immutable file a run, and its being there is what commits the run."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from warehouse.errors import StoreError
from warehouse.store.files import Root, write_durably
from warehouse.store.records import Entry


def run_name(number: int) -> str:
    return f"{number:06}"


def runs(root: Root) -> list[str]:
    """The committed runs, oldest first."""
    return sorted(path.stem for path in root.journal.glob("[0-9]*.json"))


def next_run(root: Root) -> str:
    """The name of a run that starts now; the lock on the root must be held."""
    done = runs(root)
    return run_name(int(done[-1]) + 1 if done else 1)


def commit(root: Root, entry: Entry) -> Path:
    """Writes the run's entry: from here on, what it accepted counts."""
    path = root.journal / f"{entry.run}.json"
    write_durably(path, entry.model_dump_json(indent=1).encode())
    path.chmod(0o444)
    return path


def read_entry(root: Root, run: str) -> Entry:
    """The entry of a committed run; raises StoreError for one that is damaged."""
    path = root.journal / f"{run}.json"
    try:
        return Entry.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise StoreError(
            f"{path}: not a journal entry ({error.error_count()} faults); restore it from a backup"
        ) from error
