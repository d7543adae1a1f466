"""How readers find the marts: the snapshot that the manifest names, resolved once.

Resolve once and read from what you got: a path that goes through a changing link is read half old, half new.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from warehouse.messages.errors import StoreError
from warehouse.store.files import Root, found
from warehouse.store.seal import unsealed

# Of the counties that owe a return for a period: how many must have sent one for it to be open (`marts/opening.py`).
OPEN_SHARE = 0.5
INPUTS = TypeAdapter(dict[str, str])
DAMAGED = (
    "{path} 已损坏({why}):请从备份恢复,或删除后运行 xianbao run 重新发布; "
    "it is damaged; restore it, or delete it and say xianbao run, which publishes all anew"
)


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
    path, each with its SHA-256: the data dictionary, and what each part is made of.

    `open_share` is the share of the counties due that opened a period.

    `head` is the journal's at `run`, which stands for all entries up to it (`journal.heads`; blank in a manifest of
    before it was kept). One with a head is sealed: it ends with the SHA-256 of itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    contract: int
    version: str
    run: str
    head: str = ""
    program: str = ""
    open_share: float = OPEN_SHARE
    files: tuple[File, ...]
    documents: dict[str, str] = {}

    @property
    def named(self) -> dict[str, str]:
        """The files of the snapshot, marts and documents, with the SHA-256 of each, by their path below the marts."""
        return {file.path: file.sha256 for file in self.files} | self.documents

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
    return read_manifest_at(manifest_path(root))


def read_snapshot(root: Root, version: str) -> Manifest | None:
    """A snapshot by its version, None where its folder is gone; raises StoreError for a damaged manifest.

    A version that was written and never published has a manifest too: whoever lists versions ends at the last one.
    """
    return read_manifest_at(manifest_path(root, version))


def read_manifest_at(path: Path) -> Manifest | None:
    """The manifest in a file, None where there is none; raises StoreError for a damaged one."""
    try:
        body, said, digest = unsealed(path.read_bytes())
        manifest = Manifest.model_validate_json(body)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StoreError(DAMAGED.format(path=path, why=f"{error.error_count()} faults")) from error
    if said != digest or (manifest.head and not said):
        raise StoreError(DAMAGED.format(path=path, why=f"SHA-256: expected 应为 {said}, found 实为 {digest}"))
    return manifest


def versions(root: Root, last: str) -> list[str]:
    """The versions of the snapshots that are there, up to the `last`, oldest first."""
    there = (path.parent.name.removeprefix("v=") for path in found(root.marts, "v=*/manifest.json"))
    return [version for version in there if version <= last]


def open_share(manifest: Manifest | None) -> float:
    """The share that opened the periods of a snapshot; before the first, what is set where nobody sets it."""
    return manifest.open_share if manifest else OPEN_SHARE


def written_since(root: Root) -> int:
    """When the last snapshot was published, in nanoseconds; 0 where none was. What has not changed since then was as
    it must be: the run that published looked, and wrote the rest.

    Of the two manifests that say so the earlier counts: whoever touches one of them hides nothing.
    """
    try:
        manifest = read_manifest(root)
        copies = [manifest_path(root), manifest_path(root, manifest.version)] if manifest else []
        return min((path.stat().st_ctime_ns for path in copies), default=0)
    except FileNotFoundError:
        return 0


def inputs_path(root: Root, version: str) -> Path:
    """Where a snapshot says what each of its parts is made of; nothing hangs on it but what need not be built again."""
    return root.marts / f"v={version}" / "made_of.json"


def read_inputs(root: Root, manifest: Manifest) -> dict[str, str]:
    """What the parts of a snapshot are made of, by their path in it; nothing where that is not known or has changed."""
    try:
        data = inputs_path(root, manifest.version).read_bytes()
        path = inputs_path(root, manifest.version).relative_to(root.marts).as_posix()
        as_named = hashlib.sha256(data).hexdigest() == manifest.documents.get(path)
        return INPUTS.validate_json(data) if as_named or not manifest.head else {}
    except (FileNotFoundError, ValidationError):
        return {}
