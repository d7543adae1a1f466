"""Rebuilding, backing up and restoring what was compacted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from expectations.suites import finance as suite
from tests.builders import (
    GUANGLING,
    YANGGAO,
    finance,
    judge_again,
    loans,
    night,
    send,
    url,
)
from tests.compacting import HIGH, LAST, MERGED, again, compacted, files, same
from warehouse.intake.formats.preflight import Limits
from warehouse.maintenance import backup as backing
from warehouse.maintenance.backup import back_up, restore
from warehouse.maintenance.replace_store import put_in_place
from warehouse.maintenance.verify import verify
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.history import remove_superseded
from warehouse.store.rejudging import Scope

pytestmark = pytest.mark.usefixtures("few_marts", "in_this_process")


def test_a_rebuild_comes_to_the_same_bytes(filled: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compacted(filled)
    night(filled, send(inbox / "7", loans(finance(1900)), loans(HIGH, county=GUANGLING)).parent, LAST)
    monkeypatch.setattr(suite, "RULES", tuple(r for r in suite.RULES if r.rule != "loan_cap"))
    assert judge_again(filled, Scope(), LAST)
    monkeypatch.undo()
    compacted(filled)
    assert journal.runs(filled)[-1] == "000009"
    same(filled)


def test_what_is_read_otherwise_today_is_named_and_the_merged_file_of_then_stays(
    filled: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted(filled)
    monkeypatch.setattr("warehouse.maintenance.rebuild.replay", _doubled)
    done, other = again(filled)
    (difference,) = done.differences
    assert (difference.path, difference.kept) == (MERGED, True)
    # The first version of three: later files of the county are read as then.
    assert difference.returns == (f"{YANGGAO} 2017-12 finance, receipt 1 (1/2017-12/{YANGGAO}_阳高县_2017-12.xlsx)",)
    assert files(other) == files(filled)


def _doubled(entry: Any, reading: Any, target: Root) -> dict[str, str]:
    """A replay by a reader that reads the loans of the first run's Yanggao as twice as much."""
    from warehouse.store.replay import replay  # noqa: PLC0415

    if entry.run == "000001":
        mine = pl.col("county_code") == YANGGAO
        amount = pl.when(mine).then(pl.col("loan_amount_yuan") * 2).otherwise("loan_amount_yuan")
        reading.rows["finance"] = reading.rows["finance"].with_columns(loan_amount_yuan=amount)
    return replay(entry, reading, target)


def test_without_the_merged_file_of_then_the_difference_is_not_kept(
    filled: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    compacted(filled)
    (filled.path / MERGED).unlink()
    monkeypatch.setattr("warehouse.maintenance.rebuild.replay", _doubled)
    first = again(filled)[0].differences[0]
    assert (first.path, first.kept) == (MERGED, False)
    assert first.returns


def test_a_backup_goes_on_over_a_compaction(filled: Root, tmp_path: Path, inbox: Path) -> None:
    place, elsewhere = tmp_path / "backup", Root(tmp_path / "elsewhere")
    back_up(filled, place)
    compacted(filled)
    night(filled, send(inbox / "7", loans(finance(1900))).parent, LAST)
    done = back_up(filled, place)
    # Three merged files, a file of rows, an original, two entries.
    assert (done.faults, done.copied) == ((), 7)
    assert files(Root(place)) == files(filled)
    elsewhere.path.mkdir()
    restored = restore(place, elsewhere, url(elsewhere), Limits(), {})
    assert (restored.whole, restored.rebuilt.differences) == (True, ())
    assert files(elsewhere) == files(filled)


def test_a_backup_that_broke_off_within_the_journal_is_made_whole_by_the_next_and_can_be_restored(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, elsewhere = tmp_path / "backup", Root(tmp_path / "elsewhere")
    compacted(filled)
    copy = backing.copy_durably

    def fails(source: Path, target: Path) -> None:
        if target.name == "000003.json":
            raise OSError("disk full")
        copy(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(backing, "copy_durably", fails)
        with pytest.raises(OSError, match="disk full"):
            back_up(filled, place)
    assert {fault.kind for fault in verify(Root(place)).faults} == {"missing"}
    elsewhere.path.mkdir()
    assert restore(place, elsewhere, url(elsewhere), Limits(), {}).whole
    assert journal.runs(elsewhere) == ["000001", "000002"]
    assert back_up(filled, place).faults == ()


def test_a_restore_of_what_was_compacted_that_broke_off_is_taken_up_again(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, elsewhere = tmp_path / "backup", Root(tmp_path / "elsewhere")
    compacted(filled)
    back_up(filled, place)
    elsewhere.path.mkdir()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("warehouse.maintenance.rebuild.publish", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(place, elsewhere, url(elsewhere), Limits(), {})
    assert files(elsewhere) == files(filled)
    done = restore(place, elsewhere, url(elsewhere), Limits(), {})
    assert (done.whole, done.rebuilt.differences) == (True, ())
    assert files(elsewhere) == files(filled)


def test_a_backup_keeps_old_files_until_what_stands_for_them_is_verified(
    filled: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "backup"
    back_up(filled, place)
    before = files(Root(place))
    compacted(filled)
    (filled.path / MERGED).write_bytes(b"PAR1")
    done = back_up(filled, place)
    assert [fault.path for fault in done.faults] == [MERGED]
    assert before.items() <= files(Root(place)).items()
    monkeypatch.setattr("warehouse.maintenance.backup.remove_superseded", lambda *_: [])
    put_in_place(again(filled)[1], filled, url(filled))
    assert back_up(filled, place).faults == ()
    assert verify(Root(place)).faults == ()
    assert remove_superseded([Root(place).history], journal.runs(filled))
