"""A root of five runs that is compacted, as several tests need it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from expectations.data_docs.recovered_pages import publish_recovered_pages
from tests.builders import (
    GUANGLING,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    installation,
    loans,
    night,
    send,
    village,
)
from tests.decision_requests import decide
from warehouse.intake.formats.preflight import Limits
from warehouse.maintenance.operations import compact_rows
from warehouse.maintenance.rebuild import Rebuild, RebuildResult, rebuild
from warehouse.maintenance.recover import clear
from warehouse.maintenance.verify import verify
from warehouse.store.compact import CompactResult
from warehouse.store.files import Root

HIGH = finance(lent=60_000)  # more than 50000 yuan a household
LATER = datetime(2018, 9, 1, tzinfo=UTC)
LAST = datetime(2018, 10, 1, tzinfo=UTC)
MERGED = "history/finance/period=2017-12/000006.compact.parquet"


def days(number: int) -> datetime:
    return RECEIVED + timedelta(days=number)


def five_runs(root: Root, inbox: Path) -> None:
    """Four nights with corrections and quarantined returns, and a waiver."""
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"), village("2"))
    night(root, send(inbox / "1", loans(finance(1000)), register, loans(HIGH, county=TIANZHEN)).parent, days(1))
    night(root, send(inbox / "2", loans(finance(1500)), loans(HIGH, county=GUANGLING)).parent, days(2))
    night(root, send(inbox / "3", loans(finance(7), county=GUANGLING), loans(finance(3), period="2018-06")), days(3))
    decide(root, "waive", LATER, county_code=TIANZHEN)
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"), village("3"))
    night(root, send(inbox / "5", register, loans(finance(1700))).parent, LATER + timedelta(days=1))
    clear(root)


def compacted(root: Root, at_least: int = 2) -> CompactResult:
    return compact_rows(installation(root), at_least, LAST, publish_recovered_pages)


def files(root: Root) -> dict[str, str]:
    """The files of rows with their hashes."""
    paths = root.path.glob("[hq]*/*/*/*.parquet")
    return {p.relative_to(root.path).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(paths)}


def again(root: Root) -> tuple[RebuildResult, Root]:
    out = root.path.with_name("rebuilt")
    return rebuild(Rebuild.into(root, out, Limits(), {})), Root(out)


def same(root: Root) -> RebuildResult:
    """Rebuilds, and holds every file of rows against what is there."""
    done, other = again(root)
    assert (done.differences, done.marts_compared) == ((), True)
    assert files(other) == files(root)
    assert done.rows == len(files(root))
    assert verify(other).faults == ()
    return done
