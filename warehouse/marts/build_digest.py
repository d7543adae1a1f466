"""What makes the marts: a digest of the code, the definitions and the libraries that their bytes follow from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

from warehouse.messages.errors import CodebookError

WAREHOUSE = Path(__file__).parents[1]
# What the bytes of marts follow from, below the package; what only reads or shows them is not in it.
SOURCES = ("codebook", "marts", "store", "snapshots/publish.py", "snapshots/parquet.py")
LIBRARIES = ("polars", "pyarrow")


@cache
def build_digest() -> str:
    """The SHA-256 of the sources and definitions that marts are made by, and of the libraries' versions.

    Where it is another than a snapshot's, its marts may come out otherwise though nothing else has changed. Raises
    CodebookError where one of SOURCES is gone: marts of other code would pass for those of this one.
    """
    digest = hashlib.sha256()
    for name in LIBRARIES:
        digest.update(f"{name}=={version(name)}\n".encode())
    for path in sorted(path for source in SOURCES for path in source_files(WAREHOUSE / source)):
        digest.update(f"{path.relative_to(WAREHOUSE).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def source_files(place: Path) -> Iterator[Path]:
    """The file, or the code and definitions in a folder. Raises CodebookError for what is neither."""
    if place.is_file():
        yield place
    elif place.is_dir():
        yield from (path for path in place.rglob("*") if path.suffix in (".py", ".csv"))
    else:
        raise CodebookError(f"{place} is gone; SOURCES in marts/build_digest.py names what the marts follow from")
