"""What is derived from a manifest for readers of SQL: `marts.duckdb`, views over a snapshot, and the `current` link.

Does not belong here: deciding which snapshot counts (`publish.py`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
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
    connection.execute("\n".join(_definitions(marts, book, snapshot)))  # one by one takes a tenth more


def _definitions(marts: Mapping[str, list[Path]], book: Codebook, snapshot: str) -> Iterator[str]:
    for mart, files in marts.items():
        paths = ", ".join(_quoted(_literal(path.resolve())) for path in files)
        yield f"CREATE VIEW {mart} AS SELECT * FROM read_parquet([{paths}], hive_partitioning = false);"  # noqa: S608
        yield f"COMMENT ON VIEW {mart} IS {_quoted(_about(book.mart_list[mart]))};"
        for column in book.marts[mart]:
            label = " / ".join(part for part in (column.label_zh, column.label_en, column.unit) if part)
            yield f'COMMENT ON COLUMN {mart}."{column.column}" IS {_quoted(label)};'
    yield f"CREATE VIEW snapshot AS SELECT {snapshot};"


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
        _define(meant, paths, book, f"{_quoted(manifest.version)} AS version")
        expected = _catalog(meant)
    database = root.marts / "marts.duckdb"
    database.stat()
    try:
        with duckdb.connect(str(database), read_only=True) as there:
            found = _catalog(there)
    except duckdb.Error as error:
        return str(error)
    different = sorted(expected ^ found)
    return " ".join(different[0][:2]) if different else None


def _catalog(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, ...]]:
    """All that a database defines: what it is, its name, what it says."""
    return {
        tuple(map(str, row))
        for query in (
            "SELECT 'view', view_name, sql, comment FROM duckdb_views() WHERE NOT internal",
            "SELECT 'table', table_name, sql FROM duckdb_tables() WHERE NOT internal",
            "SELECT 'column', table_name || '.' || column_name, comment FROM duckdb_columns() WHERE NOT internal",
            "SELECT 'macro', function_name, macro_definition FROM duckdb_functions() WHERE NOT internal",
        )
        for row in connection.execute(query).fetchall()
    }


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
