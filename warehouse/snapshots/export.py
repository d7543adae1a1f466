"""A snapshot copied to a folder of one's own, one file a mart: for tools that read folders, and for other formats.

Belongs here: the files that every export has, and who asks for one. Does not belong here: publishing, which an export
never does; what a format adds (`datapackage.py`).
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import File, Manifest, read_manifest
from warehouse.store.files import Root, empty_folder, make_folder
from warehouse.store.seal import sealed


class ExportResult(BaseModel):
    """What was written where: the snapshot, the folder, how many marts."""

    model_config = ConfigDict(frozen=True)

    version: str
    out: str
    marts: int


def snapshot_to_export(root: Root) -> Manifest:
    """The snapshot published last; raises PermanentError where there is none."""
    manifest = read_manifest(root)
    if manifest is None:
        raise PermanentError(f"nothing is published yet in {root.path}; the next xianbao run publishes")
    return manifest


def export_flat(root: Root, out: Path) -> ExportResult:
    """The last snapshot in a new or empty folder: `<mart>.parquet` each, and a manifest that names them.

    Raises PermanentError where the folder has something in it or nothing is published.
    """
    manifest = snapshot_to_export(root)
    files = copy_marts(root, manifest, empty_folder(out))
    (out / "manifest.json").write_bytes(sealed(manifest.model_copy(update={"files": files, "documents": {}})))
    return ExportResult(version=manifest.version, out=str(out), marts=len(files))


def copy_marts(root: Root, manifest: Manifest, folder: Path) -> tuple[File, ...]:
    """Writes each mart of a snapshot as one Parquet file of its name, rows in their order, labels in its fields; the
    files, by mart, with paths below the folder.

    Copies, not links: whoever writes in an export changes nothing that is published.
    """
    make_folder(folder)
    return tuple(_copy(manifest.paths(root, mart), folder / f"{mart}.parquet") for mart in manifest.marts)


def _copy(parts: list[Path], path: Path) -> File:
    if len(parts) == 1:
        shutil.copyfile(parts[0], path)
    else:
        _join(parts, path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(mart=path.stem, path=path.name, rows=pq.read_metadata(path).num_rows, sha256=digest)


def _join(parts: list[Path], path: Path) -> None:
    """Row group by row group, so that no more than one is in memory."""
    with pq.ParquetWriter(path, pq.read_schema(parts[0]), compression="zstd") as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(group))
