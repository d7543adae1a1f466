"""Every kept file x every kind of damage: verifying sees it, and a night refuses or publishes as if there were none."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.builders import BOOK, TIANZHEN, finance, installation, loans, night, send, url
from tests.decision_requests import decide
from tests.sharing import store_of
from tests.small_store import Sent, run
from warehouse.maintenance import verify as verifying
from warehouse.maintenance.backup import back_up
from warehouse.maintenance.operations import rebuild_in_place
from warehouse.maintenance.recover import clear, free_space, prepare
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import StoreError
from warehouse.snapshots.manifest import read_manifest
from warehouse.snapshots.views import heal
from warehouse.store import integrity, journal, ledger
from warehouse.store.files import Root
from warehouse.store.integrity import IntegrityFault, file_faults
from warehouse.store.seal import sealed, unsealed

pytestmark = pytest.mark.usefixtures("few_marts")

# Nobody's, or of what runs now.
NOT_KEPT = {".lock", "ledger.db-shm", "ledger.db-wal"}


def filled_store(root: Root, inbox: Path) -> None:
    """An accepted and a quarantined return, then a waiver: two snapshots. `older` beside it is what was before that."""
    night(root, send(inbox, loans(finance(1000)), loans(finance(60_000), county=TIANZHEN)))
    rest(root)
    shutil.copytree(root.path, root.path.with_name("older"), symlinks=True)
    decide(root, "waive", county_code=TIANZHEN)
    rest(root)


def another_store(root: Root, inbox: Path) -> None:
    """Another root, of the same runs."""
    night(root, send(inbox, loans(finance(7000)), loans(finance(61_000), county=TIANZHEN)))
    decide(root, "waive", county_code=TIANZHEN)
    rest(root)


def rest(root: Root) -> None:
    """Nobody has the ledger open, and nothing of a run is left."""
    engine = sa.create_engine(url(root))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    clear(root)


@dataclass(frozen=True)
class Stores:
    """A store that nobody changes, what it was a run before, and another one."""

    whole: Root
    older: Root
    other: Root

    def copied(self, to: Path) -> Root:
        """A copy by hard links, which takes milliseconds: what is changed is replaced, but for the ledger."""
        shutil.copytree(self.whole.path, to, symlinks=True, copy_function=os.link)
        for name in ("ledger.db", "marts/marts.duckdb"):
            replace(to / name, (self.whole.path / name).read_bytes())
        for beside in ("ledger.db-wal", "ledger.db-shm"):  # empty, and not to be shared
            (to / beside).unlink(missing_ok=True)
        heal(Root(to), BOOK)
        return Root(to)


@pytest.fixture
def stores(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Stores:
    """What is filled once in a session, with three marts: one whole, one by period, one of sums."""
    monkeypatch.setattr("tests.builders.FEW", {"dim_county", "fact_indicator", "mart_finance"})
    whole, other = (store_of(tmp_path_factory, fill, "three marts") for fill in (filled_store, another_store))
    return Stores(Root(whole / "root"), Root(whole / "older"), Root(other / "root"))


@pytest.fixture
def filled(stores: Stores, tmp_path: Path) -> Root:
    """A copy of the store."""
    return stores.copied(tmp_path / "root")


def kept_files(root: Root) -> list[str]:
    """Every kept file once, whatever names it has; links apart."""
    files = {p.stat().st_ino: p for p in sorted(root.path.rglob("*")) if p.is_file() and not p.is_symlink()}
    return sorted(p.relative_to(root.path).as_posix() for p in files.values() if p.name not in NOT_KEPT)


def replace(path: Path, data: bytes) -> None:
    """Other bytes under the name, by a new file: hard links of others stay as they are."""
    path.unlink()
    path.write_bytes(data)


Damage = Callable[[Path, Path, Path], None]


def flip(path: Path, _other: Path, _older: Path) -> None:
    """One bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    replace(path, bytes(data))


def cut(path: Path, _other: Path, _older: Path) -> None:
    """The first half."""
    replace(path, path.read_bytes()[: path.stat().st_size // 2])


def delete(path: Path, _other: Path, _older: Path) -> None:
    """Gone."""
    path.unlink()


def anothers(path: Path, other: Path, _older: Path) -> None:
    """What another root has in its place, or bytes of no file of ours."""
    replace(path, other.read_bytes() if other.exists() else b"PAR1")


def older(path: Path, _other: Path, older: Path) -> None:
    """What this root had under the name a run before."""
    if older.exists():
        replace(path, older.read_bytes())


DAMAGES = (flip, cut, delete, anothers, older)


def damaged(stores: Stores, root: Root, name: str, damage: Damage) -> bool:
    """Damages a file of a copy; whether its bytes are others now."""
    path = root.path / name
    before = path.read_bytes()
    damage(path, stores.other.path / name, stores.older.path / name)
    return not path.exists() or path.read_bytes() != before


def says_the_same(root: Root, whole: Root, name: str) -> bool:
    """Whether it is the ledger, with a byte changed where SQLite keeps nothing."""
    if name != "ledger.db":
        return False
    dumped = (sqlite3.connect(one.path / name).iterdump() for one in (root, whole))
    return [*next(dumped)] == [*next(dumped)]


@pytest.mark.parametrize("damage", DAMAGES)
def test_verifying_sees_every_damage_of_every_kept_file(stores: Stores, filled: Root, damage: Damage) -> None:
    """And names it, or what does not agree with it. Afterwards the file is put back, and all is well."""
    assert verify(filled).faults == ()
    names, changed = kept_files(filled), 0
    assert {name.split("/")[0] for name in names} == {
        "archive", "history", "journal", "ledger.db", "marts", "quarantine", "reports",
    }  # fmt: skip
    unseen = []
    for name in names:
        kept = (filled.path / name).read_bytes()
        if damaged(stores, filled, name, damage):
            changed += 1
            unseen += [] if verify(filled).faults or says_the_same(filled, stores.whole, name) else [name]
        (filled.path / name).unlink(missing_ok=True)
        (filled.path / name).write_bytes(kept)
    assert unseen == []
    assert changed >= (3 if damage is older else len(names) // 2)
    assert verify(filled).faults == ()


# One of each kind; what is not here no night reads.
OF_A_NIGHT = (
    "journal/000001.json", "journal/000002.json", "ledger.db", "history/finance/period=2017-12/000001.parquet",
    "history/finance/period=2017-12/000002.parquet", "quarantine/finance/period=2017-12/000001.parquet",
    "marts/manifest.json", "marts/v=000001/manifest.json", "marts/v=000002/manifest.json",
    "marts/v=000002/made_of.json", "marts/v=000002/dim_county/part-0.parquet",
    "marts/v=000002/mart_finance/period=2017-12/part-0.parquet", "marts/marts.duckdb",
)  # fmt: skip


def next_run(root: Root) -> dict[str, bytes]:
    """A run that withdraws a return, which reads and judges no file, published: the files of its marts."""
    decide(root, "withdraw", county_code=TIANZHEN)
    manifest = read_manifest(root)
    assert manifest is not None
    return {file.path.split("/", 1)[1]: (root.marts / file.path).read_bytes() for file in manifest.files}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_night_never_publishes_over_damage(stores: Stores, tmp_path: Path, damage: Damage) -> None:
    """It refuses, naming a file and what to do, or publishes what it would have published without the damage."""
    wanted = next_run(stores.copied(tmp_path / "undisturbed"))
    refused: dict[str, str] = {}
    for number, name in enumerate(OF_A_NIGHT):
        root = stores.copied(tmp_path / str(number))
        damaged(stores, root, name, damage)
        try:
            assert next_run(root) == wanted, name
        except StoreError as error:
            refused[name] = str(error)
    told = re.compile(r"(journal|history|quarantine|marts)/.*请.*(restore|rebuild|delete)")
    assert [said for said in refused.values() if not told.search(said)] == []
    if damage is delete:
        assert list(refused) == [name for name in OF_A_NIGHT if name.startswith(("journal", "history", "quarantine"))]


@pytest.mark.parametrize("name", ["history/finance/period=2017-12/000001.parquet"])
def test_what_is_read_is_hashed_though_its_times_say_nothing(
    filled: Root, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A bit that turned on the disk leaves no time."""
    (filled.path / name).write_bytes((filled.path / name).read_bytes())
    flip(filled.path / name, Path(), Path())
    monkeypatch.setattr("warehouse.maintenance.recover.written_since", lambda _: 1 << 63)
    with pytest.raises(StoreError, match=r"000001\.parquet.*expected SHA-256 .* found .*rebuild --in-place"):
        next_run(filled)


@pytest.mark.parametrize("code", [errno.EACCES, errno.ESTALE, errno.EMFILE, errno.EIO])
def test_what_the_system_refuses_a_run_is_no_damage_of_a_file_but_where_its_disk_fails(
    root: Root, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Else it would be told to rebuild, or publish anew, what is as it was."""

    def refused(path: Path) -> str:
        raise OSError(code, os.strerror(code), str(path))

    root.path.mkdir()
    (root.path / "a").touch()
    for name in ("hash_file", "hash_once"):
        monkeypatch.setattr(integrity, name, refused)
    assert [one.kind for one in file_faults(root, {"a": "0"})] == ["unreadable"], "verifying goes on"
    if code == errno.EIO:
        assert [one.kind for one in file_faults(root, {"a": "0"}, 0)] == ["unreadable"]
        return
    with pytest.raises(OSError, match=r"a'$") as error:
        list(file_faults(root, {"a": "0"}, 0))
    assert error.value.errno == code


def test_an_entry_that_was_sealed_anew_is_not_the_one_that_its_successor_names(filled: Root) -> None:
    path = filled.journal / "000001.json"
    entry = journal.read_entry(filled, "000001")
    replace(path, sealed(entry.model_copy(update={"flow": "submit"})))
    (fault,) = verify(filled).faults
    assert (fault.path, fault.kind) == ("journal/000001.json", "changed")


def test_a_stray_merged_file_takes_no_place_and_is_removed(filled: Root) -> None:
    true = filled.history / "finance/period=2017-12/000001.parquet"
    stray = true.with_name("000002.compact.parquet")
    shutil.copy(true, stray)
    assert [(f.path, f.kind) for f in verify(filled).faults] == [(stray.relative_to(filled.path).as_posix(), "unnamed")]
    left = prepare(filled, url(filled))
    assert [one.kind for one in left] == ["rows"]
    assert true.exists()
    assert not stray.exists()


def test_an_edited_ledger_is_made_anew_from_the_journal_and_said(filled: Root) -> None:
    with ledger.open_ledger(url(filled)).begin() as connection:
        connection.execute(sa.update(ledger.RETURNS).values(verdict="quarantined"))
    assert [fault.path for fault in verify(filled).faults] == ["ledger.db", "ledger.db"]
    (left,) = prepare(filled, url(filled))
    assert (left.kind, left.names) == ("ledger", ("000001", "000002"))
    assert verify(filled).faults == ()
    assert prepare(filled, url(filled)) == ()


def test_entries_of_before_they_named_each_other_are_held_by_the_first_that_does(root: Root) -> None:
    """Old ones are read as ever; the first new one names the head of all of them."""
    for number in (1, 2, 3):
        run(root, number, Sent(number, 1000 * number, version=number))
        old = sealed(journal.read_entry(root, f"{number:06}")).replace(b'\n "previous": null,', b"")
        body, _, _ = unsealed(re.sub(rb'\n "previous": "[0-9a-f]+",', b"", old))
        replace(root.journal / f"{number:06}.json", body)
    run(root, 4, Sent(4, 4000, version=4))
    before = journal.heads(root, journal.runs(root))
    assert journal.named_heads(root) == {"000003": before["000003"]}
    path = root.journal / "000001.json"
    replace(path, path.read_bytes().replace(b'"accepted"', b'"quarantined"'))
    assert journal.heads(root, ["000003"])["000003"] != before["000003"]
    assert journal.heads(root, ["000004"]) == {"000004": before["000004"]}


def test_rebuilding_in_place_keeps_the_chain_and_mends(filled: Root) -> None:
    path = filled.history / "finance/period=2017-12/000001.parquet"
    kept, heads = path.read_bytes(), journal.heads(filled, journal.runs(filled))
    flip(path, Path(), Path())
    assert rebuild_in_place(installation(filled)).replaced == (path.relative_to(filled.path).as_posix(),)
    assert path.read_bytes() == kept
    assert journal.heads(filled, journal.runs(filled)) == heads
    assert verify(filled).faults == ()
    assert prepare(filled, url(filled)) == ()


def test_what_the_ledger_says_of_a_snapshot_is_held_against_its_manifest(filled: Root) -> None:
    with ledger.open_ledger(url(filled)).begin() as connection:
        connection.execute(sa.update(ledger.SNAPSHOTS).where(ledger.SNAPSHOTS.c.version == "000001").values(rows=1))
    assert [fault.path for fault in verify(filled).faults] == ["ledger.db"]
    prepare(filled, url(filled))
    assert verify(filled).faults == ()


@pytest.mark.parametrize("taken", [r',\n "sha256": "\w+"', r'("head": ")\w+|,\n "sha256": "\w+"'])
def test_a_manifest_with_another_count_of_rows_is_none_though_its_seal_was_taken_off(filled: Root, taken: str) -> None:
    """With its head too it reads like an old one, but says something else than the one in the snapshot's folder."""
    path = filled.marts / "manifest.json"
    replace(
        path, re.sub(taken, r"\1" if "(" in taken else "", path.read_text()).replace('"rows": ', '"rows": 1').encode()
    )
    assert {fault.path for fault in verify(filled).faults} >= {"marts/manifest.json"}
    with pytest.raises(StoreError, match=r"marts/manifest\.json"):
        prepare(filled, url(filled))


def lost_tail(root: Root) -> set[str]:
    """The last entry is gone, and with it the last manifest and the ledger; the files of rows that are there."""
    for name in ("journal/000002.json", "marts/manifest.json", "ledger.db"):
        (root.path / name).unlink()
    return {name for name in kept_files(root) if name.startswith(("history", "quarantine"))}


def test_a_lost_tail_is_known_by_the_snapshot_that_has_it(filled: Root) -> None:
    """Nothing is removed for not being named any more."""
    rows = lost_tail(filled)
    for begin in (lambda: prepare(filled, url(filled)), lambda: free_space(filled)):
        with pytest.raises(StoreError, match=r"journal/000002\.json is missing"):
            begin()
    assert {name for name in kept_files(filled) if name.startswith(("history", "quarantine"))} == rows


@pytest.mark.parametrize("say", ["rebuild", "back up"])
def test_rows_of_a_lost_entry_are_not_removed_by_rebuilding_or_backing_up(
    filled: Root, tmp_path: Path, say: str
) -> None:
    (filled.journal / "000002.json").unlink()
    rows = filled.history / "finance/period=2017-12/000002.parquet"
    if say == "rebuild":
        with pytest.raises(StoreError, match=r"journal/000002\.json is missing"):
            rebuild_in_place(installation(filled))
    else:
        faults = back_up(filled, tmp_path / "backup").faults
        assert [fault.path for fault in faults] == ["journal/000002.json"]
    assert rows.exists()


def test_what_is_published_while_it_is_verified_is_no_damage(filled: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    look, times = verifying.file_faults, []

    def meanwhile(*arguments: Any) -> Iterator[IntegrityFault]:
        times.append(1)
        if len(times) == 1:
            next_run(filled)
        return look(*arguments)

    monkeypatch.setattr(verifying, "file_faults", meanwhile)
    assert verify(filled).faults == ()
    assert len(times) == 2


def test_a_report_that_is_being_written_is_not_damaged(filled: Root) -> None:
    (filled.reports / "000002" / "SHA256SUMS").unlink()
    assert [fault.path for fault in verify(filled).faults] == ["reports/000002/SHA256SUMS"]
    (filled.work / "000002").mkdir(parents=True)
    assert verify(filled).faults == ()
