"""How readers find the marts: the snapshot that the manifest names, resolved once.

Resolve once and read from what you got: a path that goes through a changing link is read half old, half new.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.errors import StoreError
from warehouse.store.files import Root

# Raised when names, types, units, labels or order of a mart change (codebook/marts.csv).
CONTRACT = 2


class File(BaseModel):
    """A Parquet file of a snapshot; `path` is relative to the root's marts."""

    model_config = ConfigDict(frozen=True)

    mart: str
    path: str
    rows: int
    sha256: str


class Manifest(BaseModel):
    """What a snapshot consists of; `run` is the last run whose decisions it contains."""

    model_config = ConfigDict(frozen=True)

    contract: int
    version: str
    run: str
    files: tuple[File, ...]

    @property
    def marts(self) -> list[str]:
        return sorted({file.mart for file in self.files})

    def paths(self, root: Root, mart: str) -> list[Path]:
        """The absolute paths of a mart's files."""
        return [root.marts.absolute() / file.path for file in self.files if file.mart == mart]

    def scan(self, root: Root, mart: str) -> pl.LazyFrame:
        """The mart, lazily; its columns and types are in `codebook/marts.csv`."""
        return pl.scan_parquet(self.paths(root, mart), hive_partitioning=False)


def manifest_path(root: Root) -> Path:
    return root.marts / "manifest.json"


def read_manifest(root: Root) -> Manifest | None:
    """The snapshot published last; None before the first. Raises StoreError for a damaged manifest."""
    try:
        return Manifest.model_validate_json(manifest_path(root).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(f"{manifest_path(root)} is damaged; restore it, or delete it and run again") from error
