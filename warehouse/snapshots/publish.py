"""Publishing: a snapshot of all marts appears whole, or not at all.

The snapshot's files are written and synced in a folder of their own; replacing `manifest.json` by rename is the one
commit. `marts.duckdb` and the `current` link follow from the manifest (`views.py`).
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from warehouse.codebook import Codebook
from warehouse.codebook.contract_version import CONTRACT
from warehouse.codebook.dictionary import dictionary_csv, dictionary_html, indicators_csv
from warehouse.marts.as_known import AsKnown
from warehouse.marts.build_digest import build_digest
from warehouse.marts.partitions import Partition, build_partitions, partitions_of
from warehouse.snapshots.manifest import (
    INPUTS,
    OPEN_SHARE,
    File,
    Manifest,
    inputs_path,
    manifest_path,
    read_inputs,
    read_manifest,
    read_snapshot,
    written_since,
)
from warehouse.snapshots.parquet import to_parquet
from warehouse.snapshots.views import heal
from warehouse.store import journal
from warehouse.store.files import Root, make_folder, naming, remove_tree, sync_folder, write_durably
from warehouse.store.integrity import file_faults
from warehouse.store.ledger import SNAPSHOTS, read_table
from warehouse.store.seal import sealed

AHEAD = 24


@dataclass(frozen=True)
class Plan:
    """A snapshot to be: the last run in it, its parts with what each is made of, how to build those asked for, and the
    share of the counties that opened a period. Parts that are made of other marts are asked for last, with where the
    files of these are.
    """

    run: str
    inputs: Mapping[Partition, str]
    build: Callable[..., Iterable[tuple[Partition, pl.DataFrame]]]
    open_share: float = OPEN_SHARE

    @classmethod
    def of(cls, known: AsKnown) -> Plan:
        """The marts of what is known."""
        return cls(known.runs[-1], partitions_of(known), partial(build_partitions, known), known.open_share)


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
    remove_tree(folder)
    make_folder(folder)
    before = _before(root, None if from_nothing else last)
    files = write_marts(folder, plan, book, before)
    inputs = INPUTS.dump_json({part.path: of for part, of in plan.inputs.items()})
    write_durably(inputs_path(root, version), inputs)
    documents = write_dictionary(folder, book) | {inputs_path(root, version).name: hashlib.sha256(inputs).hexdigest()}
    manifest = Manifest(
        contract=CONTRACT,
        version=version,
        run=plan.run,
        head=journal.heads(root, [plan.run]).get(plan.run, ""),
        program=build_digest(),
        open_share=plan.open_share,
        files=tuple(file.model_copy(update={"path": f"{folder.name}/{file.path}"}) for file in files),
        documents={f"{folder.name}/{name}": digest for name, digest in documents.items()},
    )
    data = sealed(manifest)
    write_durably(manifest_path(root, version), data)
    sync_folder(root.marts)
    write_durably(manifest_path(root), data)
    heal(root, book)
    return manifest


@dataclass(frozen=True)
class LastSnapshot:
    """The files of the last snapshot that are there still, by their path in it, and what each part was made of."""

    marts: Path
    files: Mapping[str, File]
    inputs: Mapping[str, str]

    def same(self, part: Partition, inputs: str) -> bool:
        """Whether the part is as it was: a file made of the same, or none then and now."""
        return self.inputs.get(part.path) == inputs

    def place(self, path: str, sha256: str) -> Path | None:
        """Where a file with these bytes stands already."""
        file = self.files.get(path)
        return self.marts / file.path if file and file.sha256 == sha256 else None


def damaged(root: Root, manifest: Manifest) -> list[str]:
    """The files of the last snapshot, by their path below the root, that are gone, or have changed since it was
    published.
    """
    files = {f"marts/{path}": sha256 for path, sha256 in manifest.named.items()}
    return [fault.path for fault in file_faults(root, files, written_since(root))]


def _before(root: Root, last: Manifest | None) -> LastSnapshot:
    files = {file.path.split("/", 1)[1]: file for file in last.files} if last else {}
    wrong = set(damaged(root, last)) if last else set()
    there = {path: file for path, file in files.items() if f"marts/{file.path}" not in wrong}
    inputs = read_inputs(root, last) if last else {}
    return LastSnapshot(
        root.marts, there, {path: of for path, of in inputs.items() if path in there or path not in files}
    )


def write_marts(folder: Path, plan: Plan, book: Codebook, before: LastSnapshot | None = None) -> tuple[File, ...]:
    """Writes the marts below the folder, durably, in the order of the plan; paths are relative to it.

    A mart of which no part has rows is one file without any, for readers to see its columns.
    """
    before = before or LastSnapshot(folder, {}, {})
    kept = [part for part, inputs in plan.inputs.items() if before.same(part, inputs)]
    files = {part: before.files[part.path] for part in kept if part.path in before.files}
    for part, file in files.items():
        _place(folder / part.path, before.marts / file.path)
    wanted = [part for part in plan.inputs if part not in kept]
    of_returns = [part for part in wanted if not book.mart_list[part.mart].marts]
    files.update(_write_ahead(folder, plan.build(of_returns), book, before))
    if of_marts := [part for part in wanted if part not in of_returns]:
        files.update(_write_ahead(folder, plan.build(of_marts, partial(_written, folder)), book, before))
    empty = {part.mart for part in plan.inputs} - {part.mart for part in files}
    for mart in empty:
        none = pl.DataFrame(schema={c.column: c.polars for c in book.marts[mart]})
        files[Partition(mart)] = _write(folder, Partition(mart), none, book, before)
    for parent in {path.parent for path in folder.rglob("*")}:
        sync_folder(parent)
    order = {part: place for place, part in enumerate(plan.inputs)}
    return tuple(
        file.model_copy(update={"path": part.path})
        for part, file in sorted(files.items(), key=lambda item: (item[0].mart, order.get(item[0], 0)))
    )


def _written(folder: Path, mart: str, period: str) -> Path:
    return folder / Partition(mart, period, split=True).path


def write_dictionary(folder: Path, book: Codebook) -> dict[str, str]:
    """Writes the data dictionary, as a page and as two tables; the SHA-256 of each by its name."""
    documents = {
        "dictionary.html": dictionary_html(book),
        "dictionary.csv": dictionary_csv(book),
        "indicators.csv": indicators_csv(book),
    }
    for name, data in documents.items():
        _place(folder / name, data)
    return {name: hashlib.sha256(data).hexdigest() for name, data in documents.items()}


def _write_ahead(
    folder: Path, built: Iterable[tuple[Partition, pl.DataFrame]], book: Codebook, before: LastSnapshot
) -> Iterator[tuple[Partition, File]]:
    """Writes parts that have rows in a thread beside the building of the next ones; at most AHEAD of them wait."""
    with ThreadPoolExecutor(max_workers=1) as writer:
        ahead: deque[tuple[Partition, Future[File]]] = deque()
        for part, rows in built:
            if not rows.is_empty() or not part.split:
                ahead.append((part, writer.submit(_write, folder, part, rows, book, before)))
            while len(ahead) > AHEAD:
                first, writing = ahead.popleft()
                yield first, writing.result()
        yield from ((part, writing.result()) for part, writing in ahead)


def _write(folder: Path, part: Partition, rows: pl.DataFrame, book: Codebook, before: LastSnapshot) -> File:
    data = to_parquet(rows, book.marts[part.mart])
    digest = hashlib.sha256(data).hexdigest()
    _place(folder / part.path, before.place(part.path, digest) or data)
    return File(mart=part.mart, path=part.path, rows=rows.height, sha256=digest)


def _place(path: Path, what: Path | bytes) -> None:
    """Puts bytes, or a file that has them already, where nothing is yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(what, Path):
        os.link(what, path)
        return
    with naming(path), path.open("xb") as file:
        file.write(what)
        file.flush()  # what Python holds back, the system cannot sync
        os.fsync(file.fileno())


def record_snapshot(engine: sa.Engine, manifest: Manifest) -> None:
    """Notes the snapshot in the ledger, as the last one; noting it again changes nothing."""
    with engine.begin() as connection:
        connection.execute(sa.delete(SNAPSHOTS).where(SNAPSHOTS.c.version >= manifest.version))
        connection.execute(sa.insert(SNAPSHOTS), snapshot_row(manifest))


def record_again(engine: sa.Engine, root: Root, last: Manifest) -> None:
    """Makes the ledger say of each snapshot that is there, up to the last one, what its manifest says."""
    for row in read_table(engine, SNAPSHOTS, SNAPSHOTS.c.version <= last.version).iter_rows(named=True):
        manifest = read_snapshot(root, row["version"])
        if manifest is not None and row != (right := snapshot_row(manifest)):
            with engine.begin() as connection:
                connection.execute(sa.update(SNAPSHOTS).where(SNAPSHOTS.c.version == row["version"]).values(right))


def snapshot_row(manifest: Manifest) -> dict[str, str | int]:
    """What the ledger says of a snapshot."""
    return {
        "version": manifest.version,
        "run": manifest.run,
        "files": len(manifest.files),
        "rows": sum(file.rows for file in manifest.files),
    }
