"""Whether the ledger says what the journal says: looked at as it is, for verifying writes nothing and takes no lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import sqlalchemy as sa

from warehouse.snapshots.manifest import Manifest
from warehouse.snapshots.publish import snapshot_row
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.integrity import IntegrityFault
from warehouse.store.ledger_file import damage

NAME = "ledger.db"


def ledger_faults(
    root: Root, url: str | None, snapshots: Iterable[Manifest]
) -> tuple[list[IntegrityFault], dict[str, str]]:
    """What is wrong with the ledger (by default the one in the root), and the journal's heads that it can vouch for.

    One that lacks what is not published yet is right as far as it goes: the next run brings it up. A backup has none.
    """
    if not root.marts.exists():
        return [], {}
    try:
        engine = ledger.open_to_look(url or f"sqlite:///{root.path / NAME}")
    except FileNotFoundError:
        return [_fault("missing", "a database", "none")] if journal.runs(root) else [], {}
    try:
        return _look(root, engine, {one.version: one for one in snapshots})
    except sa.exc.DatabaseError as error:
        return [_fault("unreadable", "a database", str(error.orig))], {}
    finally:
        engine.dispose()


def _fault(kind: Literal["changed", "missing", "unreadable"], expected: str, found: str) -> IntegrityFault:
    return IntegrityFault.of(NAME, kind, expected, found)


def _look(
    root: Root, engine: sa.Engine, snapshots: Mapping[str, Manifest]
) -> tuple[list[IntegrityFault], dict[str, str]]:
    if ledger.outdated(engine):
        return [], {}  # the next run makes it anew
    if (wrong := damage(engine)) is not None:
        return [_fault("unreadable", "a whole database", wrong)], {}
    heads, said = ledger.heads_as_indexed(engine), ledger.runs_said(engine)
    faults = [
        _fault("changed", f"run {run} as it was indexed", "something else") for run in sorted(said - heads.keys())
    ]
    named = journal.named_heads(root)
    others = sorted(run for run, head in heads.items() if named.get(run, head) != head)
    faults += [_fault("changed", f"run {run} with head {named[run]}", f"head {heads[run]}") for run in others]
    last = max([*said, *(one.run for one in snapshots.values())], default="")
    left_out = sorted(run for run in journal.runs(root) if run <= last and run not in said)
    faults += [_fault("changed", f"run {run}", "none") for run in left_out]
    faults += _snapshots(engine, snapshots)
    return faults, {} if others else heads


def _snapshots(engine: sa.Engine, snapshots: Mapping[str, Manifest]) -> Iterator[IntegrityFault]:
    """Snapshots of which the ledger says something else than their manifests, or that are later than the last one."""
    for row in ledger.read_table(engine, ledger.SNAPSHOTS).sort("version").iter_rows(named=True):
        manifest = snapshots.get(row["version"])
        if manifest is not None and row != snapshot_row(manifest):
            yield _fault("changed", f"snapshot {snapshot_row(manifest)}", str(row))
        if snapshots and row["version"] > max(snapshots):
            yield IntegrityFault.of("marts/manifest.json", "changed", f"snapshot {row['version']}", max(snapshots))
