"""What makes the marts: a digest of the code, the definitions and the libraries that their bytes follow from."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
# What marts follow from, below the package; what only reads or shows them is not in it.
PARTS = ("codebook", "marts", "store", "publish.py")
LIBRARIES = ("polars", "pyarrow")


@cache
def program() -> str:
    """The SHA-256 of the sources and definitions that marts are made by, and of the libraries' versions.

    Where it is another than a snapshot's, its marts may come out otherwise though nothing else has changed.
    """
    digest = hashlib.sha256()
    for name in LIBRARIES:
        digest.update(f"{name}=={version(name)}\n".encode())
    for path in sorted(path for part in PARTS for path in _sources(HERE / part)):
        digest.update(f"{path.relative_to(HERE).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sources(place: Path) -> list[Path]:
    return [place] if place.is_file() else [p for p in place.rglob("*") if p.suffix in (".py", ".csv")]
