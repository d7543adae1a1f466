"""A snapshot as a Frictionless Data Package: a Parquet file a mart, and `datapackage.json` that describes them.

https://datapackage.org: types, titles in Chinese and English, units, primary keys, and those foreign keys that hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.codebook import Codebook, load
from warehouse.codebook.mart_records import Mart, MartColumn, MartType
from warehouse.messages.json_text import to_json
from warehouse.snapshots.export import ExportResult, copy_marts, snapshot_to_export
from warehouse.snapshots.manifest import File, Manifest
from warehouse.store.files import Root, empty_folder

DATA, DESCRIPTOR = "data", "datapackage.json"
# The Open Definition's word for a licence that nobody has stated.
UNSTATED = "notspecified"
TYPES: dict[MartType, str] = {
    "text": "string", "whole": "integer", "decimal": "number", "boolean": "boolean", "date": "date",
}  # fmt: skip
Json = dict[str, Any]


def export_datapackage(root: Root, out: Path, licence: str = UNSTATED) -> ExportResult:
    """The last snapshot in a new or empty folder: `data/<mart>.parquet` each, and `datapackage.json`.

    Raises PermanentError where the folder has something in it or nothing is published.
    """
    manifest, book = snapshot_to_export(root), load()
    files = copy_marts(root, manifest, empty_folder(out) / DATA)
    (out / DESCRIPTOR).write_text(to_json(descriptor(book, manifest, files, out / DATA, licence)) + "\n", "utf-8")
    return ExportResult(version=manifest.version, out=str(out), marts=len(files))


def descriptor(book: Codebook, manifest: Manifest, files: Iterable[File], folder: Path, licence: str) -> Json:
    """What `datapackage.json` says of these files in a folder. Snapshots say no day: neither does it."""
    own = {file.mart: file for file in files if file.mart in book.mart_list}
    scans = {mart: pl.scan_parquet(folder / file.path, glob=False) for mart, file in own.items()}
    return {
        "profile": "data-package",
        "name": "xianbao",
        "title": "县报数据集市 Marts of county returns",
        "version": f"{manifest.contract}.{manifest.version}",
        "licenses": [{"name": licence}],
        "contract": manifest.contract,
        "run": manifest.run,
        "resources": [_resource(book, book.mart_list[mart], file, scans) for mart, file in own.items()],
    }


def _resource(book: Codebook, mart: Mart, file: File, scans: dict[str, pl.LazyFrame]) -> Json:
    columns, scan = book.marts[mart.mart], scans[mart.mart]
    counts = scan.select(pl.all().count()).collect().row(0, named=True)
    # A text may be empty, which is not null: nothing stands for what is missing.
    schema: Json = {
        "fields": [_field(book, c, blank=bool(file.rows) and not counts[c.column]) for c in columns],
        "missingValues": [],
    }
    if mart.keys and all(counts[key] == file.rows for key in mart.keys):
        schema["primaryKey"] = list(mart.keys)
    if keys := list(_foreign_keys(book, mart, scans)):
        schema["foreignKeys"] = keys
    return {
        "profile": "tabular-data-resource",
        "name": mart.mart,
        "title": f"{mart.label_zh} {mart.label_en}",
        "path": f"{DATA}/{file.path}",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "sha256": file.sha256,
        # Frictionless reads by pandas, which makes whole numbers with blanks among them floats, but categories exact.
        "dialect": {"parquet": {"categories": [c.column for c in columns if c.dtype == "whole" and c.null]}},
        "schema": schema,
    }


def _field(book: Codebook, column: MartColumn, *, blank: bool) -> Json:
    """A column as a field; one of blanks alone, which Frictionless has as floats, is no integer."""
    unit = book.units.get(column.unit)
    field: Json = {
        "name": column.column,
        "type": "number" if blank and column.dtype == "whole" else TYPES[column.dtype],
        "title": f"{column.label_zh} {column.label_en}",
        "constraints": {"required": not column.null},
    }
    if column.unit:
        field["unit"] = column.unit
        field["description"] = f"单位 unit: {unit.label_zh if unit else column.unit} {column.unit}"
    return field


def _foreign_keys(book: Codebook, mart: Mart, scans: dict[str, pl.LazyFrame]) -> Iterator[Json]:
    """The keys of dimensions that the mart has as columns of the same names, where each of its rows that has any finds
    its line.
    """
    columns = {column.column for column in book.marts[mart.mart]}
    for name, dimension in book.mart_list.items():
        keys = list(dimension.keys)
        if name.startswith("dim_") and name != mart.mart and name in scans and keys and columns.issuperset(keys):
            told = scans[mart.mart].filter(~pl.all_horizontal(pl.col(keys).is_null()))
            orphans = told.join(scans[name], on=keys, how="anti")
            if orphans.select(pl.len()).collect().item() == 0:
                yield {"fields": keys, "reference": {"resource": name, "fields": keys}}
