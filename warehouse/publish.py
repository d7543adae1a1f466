"""Publishing: a snapshot of all marts appears whole, or not at all.

The snapshot's files are written and synced in a folder of their own; replacing `manifest.json` by rename is the one
commit. `marts.duckdb` and the `current` link are derived from the manifest and healed by `heal`.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from warehouse.codebook import Codebook
from warehouse.codebook.model import MartColumn
from warehouse.dictionary import dictionary_csv, dictionary_html
from warehouse.errors import CodebookError
from warehouse.marts.knowledge import Knowledge
from warehouse.marts.parts import Part, build_parts, parts_of
from warehouse.program import program
from warehouse.published import (
    CONTRACT,
    MADE_OF,
    File,
    Manifest,
    made_of_path,
    manifest_path,
    read_made_of,
    read_manifest,
)
from warehouse.store.files import Root, sync_folder, write_durably
from warehouse.store.ledger import SNAPSHOTS

ROW_GROUP = 100_000
AHEAD = 24
ARROW = {
    "text": pa.string(), "whole": pa.int64(), "decimal": pa.decimal128(38, 6), "boolean": pa.bool_(),
    "date": pa.date32(),
}  # fmt: skip

# A file of the newest kind is refused by readers (command line, ODBC driver) of an older DuckDB.
OF_VIEWS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "storage_compatibility_version": "v1.0.0",
}


@dataclass(frozen=True)
class Plan:
    """A snapshot to be: the last run in it, its parts with what each is made of, and how to build those asked for."""

    run: str
    made_of: Mapping[Part, str]
    build: Callable[[Iterable[Part]], Iterable[tuple[Part, pl.DataFrame]]]

    @classmethod
    def of(cls, known: Knowledge) -> Plan:
        """The marts of what is known."""
        return cls(known.runs[-1], parts_of(known), partial(build_parts, known))


def publish(
    root: Root, plan: Plan, book: Codebook, version: str | None = None, *, from_nothing: bool = False
) -> Manifest:
    """Writes the snapshot after the last one, or `version`, and commits it.

    A folder that an uncommitted attempt left under the same version is removed first. Parts that are made of the same
    as in the last snapshot are not built: they become hard links to its files, as do files that have the same bytes.
    Where these files are not to be trusted, all is made `from_nothing`.
    """
    last = read_manifest(root)
    version = version or f"{int(last.version) + 1 if last else 1:06}"
    folder = root.marts / f"v={version}"
    shutil.rmtree(folder, ignore_errors=True)
    before = _before(root, None if from_nothing else last)
    files = write_marts(folder, plan, book, before)
    manifest = Manifest(
        contract=CONTRACT,
        version=version,
        run=plan.run,
        program=program(),
        files=tuple(file.model_copy(update={"path": f"{folder.name}/{file.path}"}) for file in files),
        documents={f"{folder.name}/{name}": digest for name, digest in _write_dictionary(folder, book).items()},
    )
    write_durably(made_of_path(root, version), MADE_OF.dump_json({p.path: of for p, of in plan.made_of.items()}))
    data = manifest.model_dump_json(indent=1).encode()
    write_durably(manifest_path(root, version), data)
    sync_folder(root.marts)
    write_durably(manifest_path(root), data)
    heal(root, book)
    return manifest


@dataclass(frozen=True)
class Before:
    """The files of the last snapshot that are there still, by their path in it, and what each part was made of."""

    marts: Path
    files: Mapping[str, File]
    made_of: Mapping[str, str]

    def same(self, part: Part, made_of: str) -> bool:
        """Whether the part is as it was: a file made of the same, or none then and now."""
        return self.made_of.get(part.path) == made_of

    def place(self, path: str, sha256: str) -> Path | None:
        """Where a file with these bytes stands already."""
        file = self.files.get(path)
        return self.marts / file.path if file and file.sha256 == sha256 else None


def _before(root: Root, last: Manifest | None) -> Before:
    files = {file.path.split("/", 1)[1]: file for file in last.files} if last else {}
    there = {path: file for path, file in files.items() if (root.marts / file.path).exists()}
    made_of = read_made_of(root, last.version) if last else {}
    return Before(root.marts, there, {path: of for path, of in made_of.items() if path in there or path not in files})


def write_marts(folder: Path, plan: Plan, book: Codebook, before: Before | None = None) -> tuple[File, ...]:
    """Writes the marts below the folder, durably, in the order of the plan; paths are relative to it.

    A mart of which no part has rows is one file without any, for readers to see its columns.
    """
    before = before or Before(folder, {}, {})
    kept = [part for part, made_of in plan.made_of.items() if before.same(part, made_of)]
    files = {part: before.files[part.path] for part in kept if part.path in before.files}
    for part, file in files.items():
        _place(folder / part.path, before.marts / file.path)
    files.update(_written(folder, plan.build([part for part in plan.made_of if part not in kept]), book, before))
    empty = {part.mart for part in plan.made_of} - {part.mart for part in files}
    for mart in empty:
        none = pl.DataFrame(schema={c.column: c.polars for c in book.marts[mart]})
        files[Part(mart)] = _write(folder, Part(mart), none, book, before)
    for parent in {path.parent for path in folder.rglob("*")}:
        sync_folder(parent)
    order = {part: place for place, part in enumerate(plan.made_of)}
    return tuple(
        file.model_copy(update={"path": part.path})
        for part, file in sorted(files.items(), key=lambda item: (item[0].mart, order.get(item[0], 0)))
    )


def _write_dictionary(folder: Path, book: Codebook) -> dict[str, str]:
    """Writes the data dictionary, as a page and as a table; the SHA-256 of each by its name."""
    documents = {"dictionary.html": dictionary_html(book), "dictionary.csv": dictionary_csv(book)}
    for name, data in documents.items():
        _place(folder / name, data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in documents.items()}


def _written(
    folder: Path, built: Iterable[tuple[Part, pl.DataFrame]], book: Codebook, before: Before
) -> Iterator[tuple[Part, File]]:
    """Writes parts that have rows in a thread beside the building of the next ones; at most AHEAD of them wait."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        ahead: deque[tuple[Part, Future[File]]] = deque()
        for part, rows in built:
            if not rows.is_empty() or not part.split:
                ahead.append((part, writer.submit(_write, folder, part, rows, book, before)))
            while len(ahead) > AHEAD:
                first, writing = ahead.popleft()
                yield first, writing.result()
        yield from ((part, writing.result()) for part, writing in ahead)


def _write(folder: Path, part: Part, rows: pl.DataFrame, book: Codebook, before: Before) -> File:
    data = to_parquet(rows, book.marts[part.mart])
    digest = hashlib.sha256(data).hexdigest()
    _place(folder / part.path, before.place(part.path, digest) or data)
    return File(mart=part.mart, path=part.path, rows=rows.height, sha256=digest)


def to_parquet(frame: pl.DataFrame, columns: tuple[MartColumn, ...]) -> bytes:
    """The frame as Parquet, with labels and unit of each column in its field's metadata; same rows, same bytes.

    Raises CodebookError for a null where the contract says that there is none.
    """
    _check_nulls(frame, columns)
    schema = pa.schema(
        pa.field(
            c.column,
            ARROW[c.dtype],
            nullable=c.null,
            metadata={"label_zh": c.label_zh, "label_en": c.label_en, "unit": c.unit},
        )
        for c in columns
    )
    sink = io.BytesIO()
    pq.write_table(frame.to_arrow().cast(schema), sink, compression="zstd", row_group_size=ROW_GROUP)
    return sink.getvalue()


def _check_nulls(frame: pl.DataFrame, columns: tuple[MartColumn, ...]) -> None:
    for column in columns:
        if not column.null and (blank := frame[column.column].null_count()):
            raise CodebookError(
                f"marts.csv, {column.mart}.{column.column}: is never null, the mart gives {blank} of {frame.height}"
                " rows without a value; mend the mart, or let it be null and raise the contract's version"
            )


def _place(path: Path, what: Path | bytes) -> None:
    """Puts bytes, or a file that has them already, where nothing is yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(what, Path):
        os.link(what, path)
        return
    with path.open("xb") as file:
        file.write(what)
        file.flush()  # what Python holds back, the system cannot sync
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
    with duckdb.connect(str(temporary), config=OF_VIEWS) as connection:
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
        connection.execute("CHECKPOINT")  # closing would do it too, and say nothing of a full disk
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(database)
    sync_folder(database.parent)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
