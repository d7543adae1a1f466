"""What is derived from a manifest for readers of SQL: `marts.duckdb`, views over a snapshot, and the `current` link.

Does not belong here: deciding which snapshot counts (`publish.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb

from warehouse.codebook import Codebook
from warehouse.codebook.mart_records import Mart
from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.store.files import Root, naming, sync_folder

# A file of the newest kind is refused by readers (command line, ODBC driver) of an older DuckDB.
OF_VIEWS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "storage_compatibility_version": "v1.0.0",
    "threads": 1,  # names and labels, no rows
}

VIEWS = "SELECT 'view', view_name, sql FROM duckdb_views() WHERE NOT internal"
BESIDES = (
    "SELECT 'view', view_name, comment FROM duckdb_views() WHERE NOT internal AND comment IS NOT NULL",
    "SELECT 'table', table_name, sql FROM duckdb_tables() WHERE NOT internal",
    """SELECT 'column', table_name || '."' || column_name || '"', coalesce(comment, '') FROM duckdb_columns()
    WHERE NOT internal AND NOT (table_name = 'snapshot' AND comment IS NULL)""",
    "SELECT 'macro', function_name, coalesce(macro_definition, '') FROM duckdb_functions() WHERE NOT internal",
)


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
    sync_folder(root.marts)


def write_views(database: Path, marts: Mapping[str, list[Path]], book: Codebook, snapshot: str) -> None:
    """A small database of views over the absolute paths of the marts' files, put in place by rename; its view
    `snapshot` has what that SQL says. The comment on a view has its labels and what tells its rows apart, that on a
    column its labels and unit.
    """
    temporary = database.with_name(f".{database.name}")
    temporary.unlink(missing_ok=True)
    with duckdb.connect(str(temporary), config=OF_VIEWS) as connection:
        connection.begin()  # one for all: a transaction for each comment takes twice as long
        _define(connection, marts, book, snapshot)
        connection.commit()
        connection.execute("CHECKPOINT")  # closing would do it too, and say nothing of a full disk
    with naming(database), temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(database)
    sync_folder(database.parent)


def _literal(path: Path) -> str:
    """The path as DuckDB takes it for that one file: signs of patterns stand in brackets."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def _define(
    connection: duckdb.DuckDBPyConnection, marts: Mapping[str, list[Path]], book: Codebook, snapshot: str
) -> None:
    comments = (f"COMMENT ON {kind} {name} IS {_quoted(text)};" for kind, name, text in _comments(marts, book))
    # One by one takes a tenth more.
    connection.execute("\n".join((*_views(marts, snapshot), *comments)))


def _views(marts: Mapping[str, list[Path]], snapshot: str) -> Iterator[str]:
    for mart, files in marts.items():
        paths = ", ".join(_quoted(_literal(path.resolve())) for path in files)
        yield f"CREATE VIEW {mart} AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false);"  # noqa: S608
    yield f"CREATE VIEW snapshot AS SELECT {snapshot};"


def _comments(marts: Iterable[str], book: Codebook) -> Iterator[tuple[str, str, str]]:
    """What is said of each view and column: its kind, its name, its labels."""
    for mart in marts:
        yield "VIEW", mart, _about(book.mart_list[mart])
        for column in book.marts[mart]:
            label = " / ".join(part for part in (column.label_zh, column.label_en, column.unit) if part)
            yield "COLUMN", f'{mart}."{column.column}"', label


def _about(mart: Mart) -> str:
    """The labels of a mart and its grain."""
    grain = f"每行 one row per {' x '.join(mart.keys)}" if mart.keys else "每行一条 one row each"
    return f"{mart.label_zh} / {mart.label_en} / {grain}"


def shown_otherwise(root: Root, manifest: Manifest, book: Codebook) -> str | None:
    """What `marts.duckdb` has other than the manifest and the codebook say, by name; None where it is as it must be.

    Raises duckdb.Error where a file of the snapshot cannot be read, and FileNotFoundError where there is no database.
    """
    paths = {mart: manifest.paths(root, mart) for mart in manifest.marts}
    with duckdb.connect(config=OF_VIEWS) as meant:
        meant.execute("\n".join(_views(paths, f"{_quoted(manifest.version)} AS version")))
        expected = _catalog(meant, VIEWS)
    # What is to be said is known without asking DuckDB to take it in.
    expected |= {(kind.lower(), name, text) for kind, name, text in _comments(paths, book)}
    database = root.marts / "marts.duckdb"
    database.stat()
    try:
        with duckdb.connect(str(database), read_only=True) as there:
            found = _catalog(there, VIEWS, *BESIDES)
    except duckdb.Error as error:
        return str(error)
    different = sorted(expected ^ found)
    return " ".join(different[0][:2]) if different else None


def _catalog(connection: duckdb.DuckDBPyConnection, *queries: str) -> set[tuple[str, ...]]:
    """What a database defines: what it is, its name, what it says."""
    return {tuple(row) for query in queries for row in connection.execute(query).fetchall()}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
