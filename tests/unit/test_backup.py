"""Backing up and restoring elsewhere: nothing is missing, nothing is copied twice, what is damaged is found."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.builders import TIANZHEN, YANGGAO, finance, given, lent, loans, marts, night, send, url, village
from tests.decision_requests import decide
from tests.sharing import Fill
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.sandbox import reader_pool
from warehouse.maintenance import backup as backing
from warehouse.maintenance.backup import RestoreResult, back_up, restore
from warehouse.maintenance.rebuild import Rebuild
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import journal, ledger
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")

HIGH = finance(lent=60_000)
LATER = datetime(2018, 9, 1, tzinfo=UTC)


def three_runs(root: Root, inbox: Path) -> None:
    """A faulty night, a correction, a waiver."""
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"), village("2"))
    night(root, send(inbox / "1", loans(finance(1000)), register, loans(HIGH, county=TIANZHEN)).parent)
    night(root, send(inbox / "2", loans(finance(1500))).parent)
    decide(root, "waive", LATER, county_code=TIANZHEN)


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    """Three runs."""
    return filled_by(three_runs)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "disk" / "backup"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Root:
    return Root(tmp_path / "another machine" / "root")


def restored(place: Path, root: Root) -> RestoreResult:
    root.path.mkdir(parents=True)
    return restore(place, root, url(root), Limits(), {})


def test_a_backup_has_all_that_is_kept_and_verifies(filled: Root, place: Path) -> None:
    done = back_up(filled, place)
    held = verify(filled)
    assert done.faults == ()
    assert (done.copied, done.present) == (held.originals + held.entries + held.rule_lists + held.rows, 0)
    assert done.bytes > 0
    for kept in (p for folder in ("archive", "journal", "history", "quarantine") for p in filled.path.glob(folder)):
        for path in (p for p in kept.rglob("*") if p.is_file()):
            copy = place / path.relative_to(filled.path)
            assert copy.read_bytes() == path.read_bytes()
            assert copy.stat().st_ino != path.stat().st_ino


def test_what_is_there_is_not_copied_again(filled: Root, inbox: Path, place: Path) -> None:
    first = back_up(filled, place)
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*.*") if path.name != "manifest.json"}
    assert (back_up(filled, place).copied, back_up(filled, place).present) == (0, first.copied)
    night(filled, send(inbox / "3", loans(finance(1700))).parent)
    # An original, a file of rows, an entry.
    assert back_up(filled, place).copied == 3
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_was_damaged_in_the_backup_is_copied_again(filled: Root, place: Path) -> None:
    back_up(filled, place)
    entry, original = place / "journal" / "000001.json", next(place.glob("archive/*/*"))
    for path in (entry, original):
        path.chmod(0o644)
        path.write_bytes(b"x")
    done = back_up(filled, place)
    assert done.faults == ()
    assert {place / name for name in done.repaired} == {entry, original}


def test_a_damaged_file_of_the_root_is_found_in_the_backup_and_takes_no_good_ones_place(
    filled: Root, place: Path
) -> None:
    back_up(filled, place)
    path = next(filled.archive.glob("*/*"))
    path.chmod(0o644)
    path.write_bytes(b"x")
    assert back_up(filled, place).faults == ()
    (fault,) = back_up(filled, place.with_name("second")).faults
    assert fault.path == path.relative_to(filled.path).as_posix()


def test_rows_of_a_run_that_never_was_are_not_backed_up(filled: Root, place: Path) -> None:
    stray = filled.history / "finance" / "period=2017-12" / "000099.parquet"
    stray.write_bytes(b"PAR1")
    back_up(filled, place)
    assert not (place / stray.relative_to(filled.path)).exists()


def test_a_place_in_the_root_or_around_it_is_refused(filled: Root) -> None:
    for wrong in (filled.path / "backup", filled.path, filled.path.parent):
        with pytest.raises(PermanentError, match="within each other"):
            back_up(filled, wrong)


def test_the_backup_of_another_root_is_left_alone(filled: Root, inbox: Path, place: Path, tmp_path: Path) -> None:
    back_up(filled, place)
    other = Root(tmp_path / "other")
    night(other, inbox)
    with pytest.raises(PermanentError, match="another"):
        back_up(other, place)
    night(other, send(inbox / "3", loans(finance(1))).parent)
    night(other, send(inbox / "4", loans(finance(2))).parent)
    with pytest.raises(PermanentError, match="another root"):
        back_up(other, place)


def test_an_interrupted_backup_names_only_what_it_has_and_goes_on(
    filled: Root, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(range(1000))

    def fails(source: Path, target: Path) -> None:
        if next(left) == 5:
            raise OSError("disk full")
        shutil_copied(source, target)

    shutil_copied = backing.copy_durably
    with monkeypatch.context() as patched:
        patched.setattr(backing, "copy_durably", fails)
        with pytest.raises(OSError, match="disk full"):
            back_up(filled, place)
    assert verify(Root(place)).faults == ()
    assert back_up(filled, place).present == 5
    assert verify(Root(place)).entries == 3


# --- restoring -----------------------------------------------------------------------------------------------------


def test_restored_elsewhere_all_is_as_it_was(filled: Root, place: Path, elsewhere: Root) -> None:
    back_up(filled, place)
    before, manifest = marts(filled), read_manifest(filled)
    tables = {t: ledger.read_table(ledger.open_ledger(url(filled)), t) for t in ledger.OF_A_RUN}
    shutil.rmtree(filled.path)
    done = restored(place, elsewhere)
    assert done.whole
    assert (done.rebuilt.differences, done.verified.faults) == ((), ())
    assert read_manifest(elsewhere) == manifest
    assert all(marts(elsewhere)[name].equals(frame) for name, frame in before.items())
    assert all(ledger.read_table(ledger.open_ledger(url(elsewhere)), t).equals(frame) for t, frame in tables.items())
    with duckdb.connect(str(elsewhere.marts / "marts.duckdb"), read_only=True) as database:
        assert database.execute("SELECT count(*) FROM fact_indicator").fetchone() == (before["fact_indicator"].height,)
        (sql,) = database.execute("SELECT sql FROM duckdb_views() WHERE view_name = 'fact_indicator'").fetchone() or (
            "",
        )
        assert str(elsewhere.path) in sql


def test_work_goes_on_in_the_restored_root_and_the_backup_stays_as_it_is(
    filled: Root, inbox: Path, place: Path, elsewhere: Root
) -> None:
    back_up(filled, place)
    kept = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    restored(place, elsewhere)
    night(elsewhere, send(inbox / "3", loans(finance(1700))).parent)
    assert journal.runs(elsewhere) == ["000001", "000002", "000003", "000004"]
    assert lent(elsewhere) == {YANGGAO: 1700, TIANZHEN: 60_000}
    assert {path: path.read_bytes() for path in place.rglob("*") if path.is_file()} == kept


def test_without_its_rows_a_backup_restores_all_the_same(filled: Root, place: Path, elsewhere: Root) -> None:
    back_up(filled, place)
    for name in ("history", "quarantine"):
        shutil.rmtree(place / name)
    assert restored(place, elsewhere).whole
    assert all(marts(elsewhere)[name].equals(frame) for name, frame in marts(filled).items())


def test_what_is_read_otherwise_today_is_kept_as_it_was_then(
    filled: Root, place: Path, elsewhere: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(filled, place)
    monkeypatch.setattr(reader_pool.Readers, "read", lambda *_: reader_pool.merged([], None))
    done = restored(place, elsewhere)
    assert done.whole
    assert done.rebuilt.differences
    assert all(marts(elsewhere)[name].equals(frame) for name, frame in marts(filled).items())


def test_a_backup_that_lacks_an_original_says_so(filled: Root, place: Path, elsewhere: Root) -> None:
    back_up(filled, place)
    next(place.glob("archive/*/*")).unlink()
    done = restored(place, elsewhere)
    assert not done.whole
    assert any(fault.kind == "missing" for fault in done.verified.faults)


def ledger_of(root: Root) -> pl.DataFrame:
    """The runs that the root's ledger knows."""
    return ledger.read_table(ledger.open_ledger(url(root)), ledger.RUNS)


def test_a_root_in_use_or_what_is_no_backup_is_refused(filled: Root, place: Path, tmp_path: Path) -> None:
    back_up(filled, place)
    # SQLite itself tidies the ledger's files up when a reader is gone; what stands in it is compared instead.
    kept = [path for path in filled.path.rglob("*") if not path.name.startswith("ledger.db")]
    before, known = {path: path.stat().st_mtime_ns for path in kept}, ledger_of(filled)
    with pytest.raises(PermanentError, match="in use"):
        restore(place, filled, url(filled), Limits(), {})
    found = [path for path in filled.path.rglob("*") if not path.name.startswith("ledger.db")]
    assert {path: path.stat().st_mtime_ns for path in found} == before
    assert ledger_of(filled).equals(known)
    with pytest.raises(PermanentError, match="no backup"):
        restore(tmp_path, Root(tmp_path / "new"), url(filled), Limits(), {})


def test_a_ledger_that_knows_other_runs_is_refused(filled: Root, place: Path, elsewhere: Root) -> None:
    back_up(filled, place)
    with pytest.raises(PermanentError, match="knows runs"):
        restore(place, elsewhere, url(filled), Limits(), {})
    assert not elsewhere.journal.exists()


def test_an_interrupted_restore_can_be_said_again(
    filled: Root, place: Path, elsewhere: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(filled, place)
    with monkeypatch.context() as patched:
        patched.setattr("warehouse.maintenance.rebuild.transfer_journal", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restored(place, elsewhere)
    assert restore(place, elsewhere, url(elsewhere), Limits(), {}).whole
    assert Rebuild.into(elsewhere, elsewhere.path, Limits(), {}).manifest == read_manifest(filled)
