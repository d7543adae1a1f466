"""The archive: every submission byte for byte, under its SHA-256, never changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from warehouse.store.files import Root, write_durably


def hash_file(path: Path) -> str:
    """The SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def archived(root: Root, submission: str, name: str) -> Path:
    """Where the original of a submission is kept; its suffix is the one it came with."""
    suffix = Path(name).suffix.lower()
    return root.archive / submission[:2] / f"{submission}{suffix}"


def keep(root: Root, path: Path, name: str) -> tuple[str, Path]:
    """Keeps the bytes of `path`; returns their SHA-256 and where they are kept. What is kept already stays."""
    data = path.read_bytes()
    submission = hashlib.sha256(data).hexdigest()
    kept = archived(root, submission, name)
    if not kept.exists():
        write_durably(kept, data)
        kept.chmod(0o444)
    return submission, kept
