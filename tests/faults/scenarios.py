"""What is killed in the middle, or finds the disk full: nights and requests, each from a state that is made once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from unittest.mock import patch

from expectations.data_docs.recovered_pages import publish_recovered_pages
from tests.builders import (
    GUANGLING,
    RECEIVED,
    TIANZHEN,
    YANGGAO,
    InThisProcess,
    finance,
    given,
    installation,
    loans,
    night,
    row,
    send,
    village,
)
from tests.decision_requests import decide
from tests.faults.plain_flows import SLOW, nightly_flow, rejudge_flow, submit_flow
from tests.packing import packed
from tests.period_releases import release_period, reopen
from warehouse.maintenance import operations
from warehouse.maintenance import rebuild as rebuilding
from warehouse.maintenance.backup import back_up
from warehouse.messages.errors import PermanentError
from warehouse.reports.run_summary import Summary
from warehouse.store import journal
from warehouse.store.files import Root

PERIODS = ("2017-11", "2017-12")
# More than 50000 yuan a household.
HIGH = 60_000
# So many days: also what was superseded this very moment.
AT_ONCE = -1


@dataclass(frozen=True)
class Place:
    """A folder with a root, its inbox, the disk that it is backed up to, and where that is restored."""

    folder: Path

    @property
    def root(self) -> Root:
        return Root(self.folder / "root")

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def elsewhere(self) -> Root:
        return Root(self.folder / "elsewhere")


@dataclass(frozen=True)
class Scenario:
    """What is made before, what is then done, how it is said again, and whose root readers read.

    `finishes`: said again, it has finished all by itself; else the next night may have to publish.
    """

    before: Callable[[Place], object]
    request: Callable[[Place], object]
    again: Callable[[Place], object] | None = None
    finishes: bool = True
    read: Callable[[Place], Root] = lambda place: place.root

    def said_again(self, place: Place) -> None:
        """What a person does who finds it interrupted."""
        (self.again or self.request)(place)


# --- states --------------------------------------------------------------------------------------------------------


def kept(make: Callable[[Place], object]) -> Callable[[Place], None]:
    """The state, made at a place once and kept beside it; from then on copied."""

    @wraps(make)
    def made(place: Place) -> None:
        state = place.folder.with_name("states") / make.__name__
        if not state.exists():
            make(place)
            shutil.copytree(place.folder, state, symlinks=True)
        else:
            shutil.copytree(state, place.folder, symlinks=True, dirs_exist_ok=True)

    return made


def fill(place: Place) -> None:
    """A first night's worth of returns, two of them quarantined."""
    for period in PERIODS:
        send(
            place.inbox / "1",
            given(YANGGAO, period, "finance", finance(1000)),
            given(YANGGAO, period, "relocation_villages", village("1"), village("2")),
            given(YANGGAO, period, "relocation", row("relocation", villages_planned=2)),
            given(TIANZHEN, period, "finance", finance(HIGH)),
        )


def correct(place: Place) -> None:
    """A second night's: a correction, one that is let in now, one that is quarantined, a file that is none."""
    send(
        place.inbox / "2",
        loans(finance(2000)),
        loans(finance(1), county=TIANZHEN),
        loans(finance(HIGH), county=GUANGLING),
    )
    (place.inbox / "2" / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")


@kept
def first(place: Place) -> None:
    fill(place)
    run(place)


def second(place: Place) -> None:
    first(place)
    correct(place)


@kept
def both(place: Place) -> None:
    second(place)
    run(place)


@kept
def four(place: Place) -> None:
    both(place)
    for lent in (3000, 4000):
        send(place.inbox / str(lent), loans(finance(lent)))
        run(place)


def damaged(place: Place) -> None:
    """Rows of both kinds, the ledger and a mart are not as they must be."""
    both(place)
    root = place.root
    next(root.history.glob("finance/*/000001.parquet")).unlink()
    next(root.quarantine.glob("finance/*/000002.parquet")).write_bytes(b"PAR1 once")
    (root.path / "ledger.db").unlink()
    damage = next(root.marts.glob("v=000002/mart_finance/*/part-0.parquet"))
    damage.unlink()
    damage.write_bytes(b"PAR1 once")


def locked(place: Place) -> None:
    """A period approved, for which a correction waits."""
    first(place)
    release_period(place.root)
    correct(place)
    run(place)


def in_two_turns(place: Place) -> None:
    """What is slow is an archive, with a return and what is none."""
    second(place)
    (book,) = send(place.folder / "packed", given(GUANGLING, "2017-11", "finance", finance(7))).rglob("*.xlsx")
    packed(place.inbox / f"{SLOW}.zip", (book.name, book.read_bytes()), ("none.csv", b"0"))
    shutil.rmtree(place.folder / "packed")


def one_sent(place: Place) -> None:
    first(place)
    send(place.inbox / "2", loans(finance(2000)))


def summary_first(place: Place) -> None:
    """A summary that its register, which came a night later, would have borne out."""
    for name, part in (
        ("1", given(YANGGAO, "2018-07", "relocation", row("relocation", villages_planned=1))),
        ("2", given(YANGGAO, "2018-07", "relocation_villages", village("1"))),
    ):
        send(place.inbox / name, part)
        run(place)


def without_views(place: Place) -> None:
    both(place)
    (place.root.marts / "marts.duckdb").write_bytes(b"")
    (place.root.marts / "current").unlink()


def backed_up(place: Place) -> None:
    first(place)
    back_up(place.root, place.disk)
    correct(place)
    run(place)


def gone(place: Place) -> None:
    """A backup of two nights, and an empty place."""
    both(place)
    back_up(place.root, place.disk)
    place.elsewhere.path.mkdir()


# --- requests ---------------------------------------------------------------------------------------------------------


def run(place: Place) -> Summary:
    return night(place.root, place.inbox, RECEIVED)


def run_in_children(place: Place) -> Summary:
    return night(place.root, place.inbox, RECEIVED, in_children=True)


def run_elsewhere(place: Place) -> Summary:
    return night(place.elsewhere, place.inbox, RECEIVED)


def withdraw(place: Place) -> None:
    """The last of two returns, so that done twice is not the same as done."""
    decide(place.root, "withdraw")


def waive(place: Place) -> None:
    decide(place.root, "waive", county_code=TIANZHEN)


def approve(place: Place) -> None:
    release_period(place.root)


def open_again(place: Place) -> None:
    reopen(place.root)


def unless_done(request: Callable[[Place], object]) -> Callable[[Place], object]:
    """The request said again, which is refused where it had come to its end."""

    def again(place: Place) -> None:
        with suppress(PermanentError):
            request(place)

    return again


def rebuild_in_place(place: Place) -> None:
    """What is read here is read in this process."""
    with patch.object(rebuilding, "Readers", InThisProcess):
        done = operations.rebuild_in_place(installation(place.root))
    assert done.differences == (), done.differences


def prune_all(place: Place) -> None:
    operations.prune_root(installation(place.root), AT_ONCE, AT_ONCE)


def compact_all(place: Place) -> None:
    operations.compact_rows(installation(place.root), 2, RECEIVED, publish_recovered_pages)


def backup(place: Place) -> None:
    assert operations.back_up(installation(place.root), place.disk).faults == ()


def restore_elsewhere(place: Place) -> None:
    with patch.object(rebuilding, "Readers", InThisProcess):
        assert operations.restore(installation(place.elsewhere), place.disk).whole


def submit_or_run(place: Place) -> None:
    """What was committed is not sent again: the night sees to the rest."""
    (run if len(journal.runs(place.root)) > 1 else submit_flow)(place)


def elsewhere(place: Place) -> Root:
    return place.elsewhere


# What `make faults` has besides.
MORE = {
    "night in two turns": Scenario(in_two_turns, nightly_flow),
    "submit": Scenario(one_sent, submit_flow, submit_or_run),
    "rejudge": Scenario(summary_first, rejudge_flow),
    "night that makes the views anew": Scenario(without_views, run),
    "release": Scenario(both, approve),
    "reopen": Scenario(locked, open_again),
}
SCENARIOS = MORE | {
    "night": Scenario(second, run),
    "first night": Scenario(fill, run),
    "night, files read by children": Scenario(second, run_in_children, run),
    "withdraw": Scenario(both, withdraw),
    "waive": Scenario(first, waive),
    "prune": Scenario(four, prune_all),
    "compact": Scenario(four, compact_all),
    "backup": Scenario(backed_up, backup),
    "rebuild --in-place": Scenario(damaged, rebuild_in_place),
    "restore": Scenario(gone, restore_elsewhere, unless_done(restore_elsewhere), finishes=False, read=elsewhere),
}
