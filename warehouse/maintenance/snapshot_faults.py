"""Whether snapshots are what their manifests say of each other and of the journal, and what leads readers to the last.

The files of marts themselves are looked at as all kept files are (`verify.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import duckdb

from warehouse.codebook import load
from warehouse.messages.errors import StoreError
from warehouse.snapshots.manifest import Manifest, manifest_path, read_manifest_at
from warehouse.snapshots.views import shown_otherwise
from warehouse.store import journal
from warehouse.store.files import Root, found
from warehouse.store.integrity import IntegrityFault, Kind

# Where a backup keeps the manifest of the root that it is of.
PUBLISHED = "manifest.json"
# Notes a fault: path below the root, kind, expected, found.
Note = Callable[[str, Kind, str, str], None]


def read_snapshots(root: Root, fault: Note) -> list[Manifest]:
    """The snapshots from the oldest to the last one; of a backup, which has none of their files, the last one."""
    last = manifest_path(root)
    if not root.marts.exists():
        copy = _manifest(root, fault, root.path / PUBLISHED)
        return [copy.model_copy(update={"files": (), "documents": {}})] if copy else []
    folders = sorted(path.name.removeprefix("v=") for path in found(root.marts, "v=*"))
    manifest = _manifest(root, fault, last)
    if manifest is None:
        if not last.exists() and any(manifest_path(root, version).exists() for version in folders):
            fault(_name(root, last), "missing", "the manifest of the last snapshot", "none")
        return []
    copies = [_copy(root, fault, version, sealed=False) for version in folders if version < manifest.version]
    own = _copy(root, fault, manifest.version, sealed=bool(manifest.head))
    if own is not None and own != manifest:
        fault(_name(root, last), "changed", f"what v={manifest.version}/manifest.json says", "something else")
    return [*filter(None, copies), manifest]


def head_faults(root: Root, older: Iterable[Manifest], wrong: Collection[str]) -> Iterator[IntegrityFault]:
    """Older snapshots that are of another journal than the entries there, those apart that are `wrong`."""
    for one in older:
        (head,) = journal.heads(root, [one.run]).values() or ("",)
        if one.head and one.head != head and f"journal/{one.run}.json" not in wrong:
            name = _name(root, manifest_path(root, one.version))
            yield IntegrityFault.of(name, "changed", f"run {one.run}, {head or 'none'}", f"run {one.run}, {one.head}")


def _copy(root: Root, fault: Note, version: str, *, sealed: bool) -> Manifest | None:
    """The manifest in a snapshot's folder; one of before they were sealed may have none."""
    path = manifest_path(root, version)
    copy = _manifest(root, fault, path)
    if copy is None and not path.exists() and (sealed or any(found(path.parent, "*.json"))):
        fault(_name(root, path), "missing", "a manifest", "none")
    if copy is not None and copy.version != version:
        fault(_name(root, path), "changed", f"snapshot {version}", f"snapshot {copy.version}")
        return None
    return copy


def _manifest(root: Root, fault: Note, path: Path) -> Manifest | None:
    try:
        return read_manifest_at(path)
    except StoreError as error:
        fault(_name(root, path), "unreadable", "a manifest", str(error))
        return None


def view_faults(root: Root, manifest: Manifest | None) -> Iterator[IntegrityFault]:
    """What leads readers of SQL elsewhere than to the last snapshot."""
    if manifest is None or not root.marts.exists():
        return
    try:
        other = shown_otherwise(root, manifest, load())
    except FileNotFoundError:
        yield IntegrityFault.of("marts/marts.duckdb", "missing", f"views of snapshot {manifest.version}", "none")
    except duckdb.Error:
        return  # of a file that is named itself
    else:
        if other is not None:
            yield IntegrityFault.of("marts/marts.duckdb", "changed", f"views of snapshot {manifest.version}", other)
    link = root.marts / "current"
    leads = str(link.readlink()) if link.is_symlink() else "none"
    if leads != f"v={manifest.version}":
        kind: Kind = "missing" if leads == "none" else "changed"
        yield IntegrityFault.of("marts/current", kind, f"v={manifest.version}", leads)


def _name(root: Root, path: Path) -> str:
    return path.relative_to(root.path).as_posix()
