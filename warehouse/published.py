"""For analysts: the published marts from Python, by one module that stays where it is.

`read_manifest(Root(folder))` is the snapshot published last (None before the first), resolved once; `snapshot.scan(
root, "mart_finance")` is a mart as a LazyFrame of Polars, `snapshot.paths(root, mart)` its files for any other reader.
Does not belong here: anything but these names.
"""

from __future__ import annotations

from warehouse.snapshots.manifest import File, Manifest, read_manifest, read_snapshot
from warehouse.store.files import Root

__all__ = ["File", "Manifest", "Root", "read_manifest", "read_snapshot"]
