"""Publishing: a snapshot of all marts appears whole, or not at all.

The snapshot's files are written and synced in a folder of their own; replacing `manifest.json` by rename is the one
commit. `marts.duckdb` and the `current` link are derived from the manifest and healed by `heal`.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from warehouse import marts
from warehouse.codebook import Codebook
from warehouse.codebook.model import MartColumn
from warehouse.marts.sources import Sources
from warehouse.published import CONTRACT, File, Manifest, manifest_path, read_manifest
from warehouse.store.files import Root, sync_folder, write_durably
from warehouse.store.ledger import SNAPSHOTS

ROW_GROUP = 100_000
ARROW = {
    "text": pa.string(), "whole": pa.int64(), "decimal": pa.decimal128(38, 6), "boolean": pa.bool_(),
    "date": pa.date32(),
}  # fmt: skip


def build_marts(sources: Sources) -> dict[str, pl.DataFrame]:
    """Every mart, one after the other: each is parallel in itself, and to look for what thirty of them share takes
    longer than to read it twice.
    """
    return {name: marts.build(name, sources).collect() for name in marts.names()}


def publish(
    root: Root, built: dict[str, pl.DataFrame], book: Codebook, run: str, version: str | None = None
) -> Manifest:
    """Writes the snapshot after the last one, or `version`, and commits it; `run` is the last run that it contains.

    A folder that an uncommitted attempt left under the same version is removed first. Files whose bytes the last
    snapshot already has become hard links to them.
    """
    last = read_manifest(root)
    version = version or f"{int(last.version) + 1 if last else 1:06}"
    folder = root.marts / f"v={version}"
    shutil.rmtree(folder, ignore_errors=True)
    before = {(f.sha256, f.path.split("/", 1)[1]): root.marts / f.path for f in last.files} if last else {}
    written = write_marts(folder, built, book, before)
    sync_folder(root.marts)
    files = tuple(file.model_copy(update={"path": f"{folder.name}/{file.path}"}) for file in written)
    manifest = Manifest(contract=CONTRACT, version=version, run=run, files=files)
    write_durably(manifest_path(root), manifest.model_dump_json(indent=1).encode())
    heal(root, book)
    return manifest


def write_marts(
    folder: Path, built: dict[str, pl.DataFrame], book: Codebook, before: Mapping[tuple[str, str], Path]
) -> list[File]:
    """Writes the marts below the folder, durably; paths are relative to it.

    `before` says where files with the same bytes stand already, by hash and path.
    """
    files = []
    for name, frame in built.items():
        for part, rows in _parts(name, frame):
            data = to_parquet(rows, book.marts[name])
            digest = hashlib.sha256(data).hexdigest()
            path = f"{name}/{part}"
            _place(folder / path, data, before.get((digest, path)))
            files.append(File(mart=name, path=path, rows=rows.height, sha256=digest))
    for parent in {path.parent for path in folder.rglob("*")}:
        sync_folder(parent)
    return files


def _parts(name: str, frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The files of a mart, with the rows of each: one a period for a mart that is in the order of periods.

    Dimensions stay whole, and marts whose order says something else: the scorecard's is that of the article.
    """
    if name.startswith("dim_") or "period" not in frame.columns or frame.is_empty() or not frame["period"].is_sorted():
        yield "part-0.parquet", frame
        return
    for (period,), rows in frame.partition_by("period", as_dict=True, maintain_order=True).items():
        yield f"period={period or 'none'}/part-0.parquet", rows


def to_parquet(frame: pl.DataFrame, columns: tuple[MartColumn, ...]) -> bytes:
    """The frame as Parquet, with labels and unit of each column in its field's metadata; same rows, same bytes."""
    schema = pa.schema(
        pa.field(c.column, ARROW[c.dtype], metadata={"label_zh": c.label_zh, "label_en": c.label_en, "unit": c.unit})
        for c in columns
    )
    sink = io.BytesIO()
    pq.write_table(frame.to_arrow().cast(schema), sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue()


def _place(path: Path, data: bytes, same: Path | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if same is not None and same.exists():
        os.link(same, path)
        return
    with path.open("xb") as file:
        file.write(data)
        os.fsync(file.fileno())


def heal(root: Root, book: Codebook) -> None:
    """Makes `marts.duckdb` and the `current` link say what the manifest says; does nothing before the first one."""
    manifest = read_manifest(root)
    if manifest is None:
        return
    paths = {mart: manifest.paths(root, mart) for mart in manifest.marts}
    write_views(root.marts / "marts.duckdb", paths, book, f"{_quoted(manifest.version)} AS version")
    link = root.marts / ".current"
    link.unlink(missing_ok=True)
    link.symlink_to(f"v={manifest.version}")
    link.replace(root.marts / "current")


def record_snapshot(engine: sa.Engine, manifest: Manifest) -> None:
    """Notes the snapshot in the ledger; noting it again changes nothing."""
    row = {
        "version": manifest.version,
        "run": manifest.run,
        "files": len(manifest.files),
        "rows": sum(file.rows for file in manifest.files),
    }
    with engine.begin() as connection:
        connection.execute(sa.delete(SNAPSHOTS).where(SNAPSHOTS.c.version == manifest.version))
        connection.execute(sa.insert(SNAPSHOTS), row)


def write_views(database: Path, marts: Mapping[str, list[Path]], book: Codebook, snapshot: str) -> None:
    """A small database of views over the absolute paths of the marts' files, labels as comments, put in place by
    rename; its view `snapshot` has what that SQL says.
    """
    temporary = database.with_name(f".{database.name}")
    temporary.unlink(missing_ok=True)
    with duckdb.connect(str(temporary), config={"autoinstall_known_extensions": "false"}) as connection:
        connection.begin()  # one for all: a transaction for each comment takes twice as long
        for mart, files in marts.items():
            paths = ", ".join(_quoted(str(path.resolve())) for path in files)
            connection.execute(
                f"CREATE VIEW {mart} AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false)"  # noqa: S608
            )
            for column in book.marts[mart]:
                label = " / ".join(part for part in (column.label_zh, column.label_en, column.unit) if part)
                connection.execute(f'COMMENT ON COLUMN {mart}."{column.column}" IS {_quoted(label)}')
        connection.execute(f"CREATE VIEW snapshot AS SELECT {snapshot}")
        connection.commit()
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(database)
    sync_folder(database.parent)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
