"""How readers find the marts: the snapshot that the manifest names, resolved once.

Resolve once and read from what you got: a path that goes through a changing link is read half old, half new.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from warehouse.messages.errors import StoreError
from warehouse.store.files import Root

INPUTS = TypeAdapter(dict[str, str])


class File(BaseModel):
    """A Parquet file of a snapshot; `path` is relative to the root's marts."""

    model_config = ConfigDict(frozen=True)

    mart: str
    path: str
    rows: int
    sha256: str


class Manifest(BaseModel):
    """What a snapshot consists of; `run` is the last run whose decisions it contains, `program` what built it
    (`marts/build_digest.py`; blank in a manifest of before it was kept). `documents` are files beside the marts, by
    path, each with its SHA-256: the data dictionary.
    """

    model_config = ConfigDict(frozen=True)

    contract: int
    version: str
    run: str
    program: str = ""
    files: tuple[File, ...]
    documents: dict[str, str] = {}

    @property
    def marts(self) -> list[str]:
        """The names of the marts that have files, sorted."""
        return sorted({file.mart for file in self.files})

    def paths(self, root: Root, mart: str) -> list[Path]:
        """The absolute paths of a mart's files."""
        return [root.marts.absolute() / file.path for file in self.files if file.mart == mart]

    def scan(self, root: Root, mart: str) -> pl.LazyFrame:
        """The mart, lazily; its columns and types are in `codebook/marts.csv`."""
        return pl.scan_parquet(self.paths(root, mart), hive_partitioning=False, glob=False)


def manifest_path(root: Root, version: str | None = None) -> Path:
    """Where the manifest of the last snapshot is, or the copy of it that the folder of a version has."""
    return (root.marts if version is None else root.marts / f"v={version}") / "manifest.json"


def read_manifest(root: Root) -> Manifest | None:
    """The snapshot published last; None before the first. Raises StoreError for a damaged manifest."""
    return _read(manifest_path(root))


def read_snapshot(root: Root, version: str) -> Manifest | None:
    """A snapshot by its version, None where its folder is gone; raises StoreError for a damaged manifest.

    A version that was written and never published has a manifest too: whoever lists versions ends at the last one.
    """
    return _read(manifest_path(root, version))


def _read(path: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(f"{path} is damaged; restore it, or delete it and run again") from error


def inputs_path(root: Root, version: str) -> Path:
    """Where a snapshot says what each of its parts is made of; nothing hangs on it but what need not be built again."""
    return root.marts / f"v={version}" / "made_of.json"


def read_inputs(root: Root, version: str) -> dict[str, str]:
    """What the parts of a snapshot are made of, by their path in it; nothing where that is not known or damaged."""
    try:
        return INPUTS.validate_json(inputs_path(root, version).read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}
