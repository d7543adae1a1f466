"""A root rebuilt beside itself, and what it is held against: shared by the tests of rebuilding."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from tests.builders import (
    GUANGLING,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    loans,
    night,
    row,
    send,
    url,
    village,
)
from warehouse.intake.formats.preflight import Limits
from warehouse.maintenance.rebuild import Rebuild, RebuildResult, rebuild
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import ledger
from warehouse.store.files import Root

HELD = "history/finance/period=2017-12/000001.parquet"
HIGH = finance(lent=60_000)  # more than 50000 yuan a household


def again(root: Root) -> tuple[RebuildResult, Root]:
    """The root rebuilt beside itself."""
    out = root.path.with_name("rebuilt")
    return rebuild(Rebuild.into(root, out, Limits(), {})), Root(out)


def hashes(root: Root) -> dict[str, str]:
    """Every file of history, quarantine and the last snapshot, by its hash."""
    manifest = read_manifest(root)
    assert manifest
    paths = [*root.history.rglob("*.parquet"), *root.quarantine.rglob("*.parquet")]
    paths += [root.marts / file.path for file in manifest.files]
    return {p.relative_to(root.path).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}


def indexed(root: Root) -> dict[str, pl.DataFrame]:
    """Every table of the ledger about runs, rows in the order they stand in."""
    engine = ledger.open_ledger(url(root))
    return {table.name: ledger.read_table(engine, table) for table in ledger.OF_A_RUN}


def faulty(root: Root, inbox: Path) -> None:
    """A night with what may come: accepted, quarantined and nil returns, several forms, a bundle with a stray row."""
    night(
        root,
        send(
            inbox,
            loans(finance(1000)),
            given(YANGGAO, "2017-12", "relocation_villages", village("1"), village("2")),
            loans(HIGH, county=TIANZHEN),
            given(GUANGLING, "2017-12", "relocation"),
            given(GUANGLING, "2018-06", "finance", finance(7)),
            given(GUANGLING, "2018-06", "ecology", row("ecology")),
        ),
    )
