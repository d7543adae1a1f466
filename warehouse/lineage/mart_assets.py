"""The marts as assets, and where each comes from: the inbox, the returns of a dataset, other marts. Derived from
`codebook/mart_list.csv` and the manifests. Does not belong here: telling Prefect of them (`tasks/tell.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from warehouse.codebook import Codebook
from warehouse.codebook.mart_records import Mart
from warehouse.snapshots.manifest import Manifest, read_snapshot, versions
from warehouse.store.files import Root


@dataclass(frozen=True)
class AssetChange:
    """Something that was made anew: its key, like a URI, what it is called, the keys of what it is made of, and what
    else is to be said of it.
    """

    key: str
    name: str
    sources: tuple[str, ...]
    metadata: Mapping[str, Any]


def asset_changes(
    root: Root, book: Codebook, version: str | None, datasets: Mapping[str, int], run: str | None
) -> Iterator[AssetChange]:
    """One for each of the `datasets` of which a run decided returns, with how many, and one for each mart of which a
    file is another than in the snapshot before; none of these where no `version` was published.
    """
    for dataset, returns in datasets.items():
        label = f"{book.datasets[dataset].label_zh} {book.datasets[dataset].label_en}"
        yield AssetChange(
            _key(book, "returns", dataset), label, (_key(book, "inbox"),), {"run": run, "returns": returns}
        )
    pair = (
        [manifest for one in versions(root, version)[-2:] if (manifest := read_snapshot(root, one))] if version else []
    )
    for name in _changed(*pair):
        mart, files = book.mart_list[name], [file for file in pair[-1].files if file.mart == name]
        said = {"version": version, "files": len(files), "rows": sum(file.rows for file in files)}
        yield AssetChange(_key(book, "marts", name), f"{mart.label_zh} {mart.label_en}", _sources(book, mart), said)


def _changed(*manifests: Manifest) -> list[str]:
    """The marts of which the last manifest names a file that those before do not."""
    if not manifests:
        return []
    *before, last = ({(file.mart, file.path.split("/", 1)[1], file.sha256) for file in one.files} for one in manifests)
    return sorted({mart for mart, *_ in last.difference(*before)})


def _sources(book: Codebook, mart: Mart) -> tuple[str, ...]:
    """What a mart is made of: other marts, else the returns of its datasets, or of all."""
    if mart.marts:
        return tuple(_key(book, "marts", name) for name in mart.marts)
    named: Collection[str] = book.datasets if "*" in mart.datasets else mart.datasets
    return tuple(_key(book, "returns", dataset) for dataset in named)


def _key(book: Codebook, *path: str) -> str:
    return "/".join((f"xianbao://{book.province}", *path))
