"""What a run that broke off left is found by the next, finished or removed, and said; else nothing is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.builders import (
    BOOK,
    TIANZHEN,
    YANGGAO,
    finance,
    given,
    knowledge,
    lent,
    loans,
    night,
    page,
    send,
    url,
    village,
)
from tests.sharing import Fill
from warehouse.maintenance.recover import clear, prepare
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import StoreError
from warehouse.snapshots import prune as pruning
from warehouse.snapshots import publish as publishing
from warehouse.snapshots.manifest import manifest_path, read_manifest
from warehouse.snapshots.prune import prune
from warehouse.snapshots.publish import Plan, publish
from warehouse.store import journal, ledger
from warehouse.store.files import Root
from warehouse.store.leftovers import NAMED, Leftover

pytestmark = pytest.mark.usefixtures("few_marts")


def found(root: Root) -> dict[str, tuple[str, ...]]:
    """What preparing finds, by kind, once; the second time there is nothing more."""
    with root.lock(0):
        left = prepare(root, url(root))
        again = prepare(root, url(root))
    assert [one.kind for one in again if one.kind != "unpublished"] == []
    return {one.kind: one.names for one in left}


def two_nights(root: Root, inbox: Path) -> None:
    """Two nights that came to their end."""
    night(root, send(inbox / "1", loans(finance(1000)), loans(finance(60_000), county=TIANZHEN)).parent)
    night(root, send(inbox / "2", loans(finance(1500))).parent)
    clear(root)


@pytest.fixture
def whole(filled_by: Callable[[Fill], Root]) -> Root:
    """A root after them."""
    return filled_by(two_nights)


def test_where_nothing_was_left_nothing_is_said(whole: Root, inbox: Path) -> None:
    assert found(whole) == {}
    assert night(whole, inbox).recovered == ()


def test_an_empty_root_has_nothing_to_recover(root: Root) -> None:
    root.path.mkdir()
    assert found(root) == {}


def test_what_a_committed_run_leaves_in_its_scratch_is_removed_without_a_word(whole: Root) -> None:
    (whole.work / "000002" / "read").mkdir(parents=True)
    assert found(whole) == {}
    assert not whole.work.exists()


def test_rows_of_a_run_that_never_counted_are_removed(whole: Root) -> None:
    names = ("history/finance/period=2017-12/000003.parquet", "quarantine/policy/period=2018-06/000003.parquet")
    for name in names:
        (whole.path / name).parent.mkdir(parents=True, exist_ok=True)
        (whole.path / name).write_bytes(b"PAR1")
    assert found(whole) == {"rows": names}
    assert not any((whole.path / name).exists() for name in names)


TEMPORARY = (
    "archive/ab/.abcd.xlsx.77",
    "history/finance/period=2017-12/.000003.parquet.77",
    "journal/.000003.json.77",
    "marts/.manifest.json.77",
    "marts/.marts.duckdb",
    "marts/v=000002/.manifest.json.77",
    "quarantine/finance/period=2017-12/.000003.parquet.77",
    "reports/000002/.findings.csv.77",
)


@pytest.mark.parametrize("name", TEMPORARY)
def test_a_temporary_file_is_removed_wherever_it_lies(whole: Root, name: str) -> None:
    (whole.path / name).parent.mkdir(parents=True, exist_ok=True)
    (whole.path / name).write_bytes(b"half")
    assert found(whole) == {"temporary": (name,)}
    assert verify(whole).faults == ()


def test_a_half_made_link_is_removed_and_what_it_leads_to_stays(whole: Root) -> None:
    (whole.marts / ".current").symlink_to("v=000002")
    assert found(whole) == {"temporary": ("marts/.current",)}
    assert (whole.marts / "v=000002").is_dir()


def test_a_file_of_somebody_else_that_begins_with_a_dot_is_left_alone(whole: Root) -> None:
    for name in ("marts/.nfs0001", "history/.DS_Store", "archive/.gitkeep", ".hidden"):
        (whole.path / name).write_bytes(b"")
    assert found(whole) == {}
    assert (whole.path / ".hidden").exists()


def test_a_journal_that_an_interrupted_restore_put_together_is_removed_once_there_is_one(whole: Root) -> None:
    (whole.path / ".journal").mkdir()
    (whole.path / ".journal" / "000001.json").write_bytes(b"{}")
    assert found(whole) == {"temporary": (".journal",)}
    assert journal.runs(whole) == ["000001", "000002"]


def test_where_there_is_no_journal_what_a_restore_put_together_stays(root: Root) -> None:
    (root.path / ".journal").mkdir(parents=True)
    assert found(root) == {}
    assert (root.path / ".journal").exists()


def test_a_run_that_the_ledger_lacks_is_indexed(whole: Root) -> None:
    (whole.path / "ledger.db").unlink()
    assert found(whole)["indexed"] == ("000001", "000002")
    assert ledger.last_receipt(ledger.open_ledger(url(whole))) == 3


def test_a_removal_that_broke_off_is_finished(whole: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    night(whole, send(inbox / "3", loans(finance(1700))).parent)
    clear(whole)

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pruning.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            prune(whole, 0, 4e9)
    assert found(whole) == {"removal": ("000001",)}
    assert list(whole.marts.glob(".gone-*")) == []


def test_a_snapshot_that_was_never_published_is_removed(whole: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(path: Path, _data: bytes) -> None:
        if path == manifest_path(whole):
            raise KeyboardInterrupt
        path.write_bytes(_data)

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "write_durably", killed)
        with pytest.raises(KeyboardInterrupt):
            publish(whole, Plan.of(knowledge(whole)), BOOK)
    assert (whole.marts / "v=000003" / "manifest.json").exists()
    assert found(whole) == {"snapshot": ("000003",)}
    assert not (whole.marts / "v=000003").exists()
    assert verify(whole).faults == ()


def test_where_the_manifest_was_deleted_snapshots_that_are_whole_stay(whole: Root) -> None:
    manifest_path(whole).unlink()
    (whole.marts / "v=000003").mkdir()
    assert found(whole) == {"snapshot": ("000003",), "unpublished": ("000001", "000002")}
    assert (whole.marts / "v=000002" / "manifest.json").exists()


def test_what_counts_and_is_not_published_is_said_and_left_to_publishing(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tests.builders.publish", killed)
        with pytest.raises(KeyboardInterrupt):
            night(root, send(inbox / "2", loans(finance(1500))).parent)
    assert lent(root) == {YANGGAO: 1000}
    summary = night(root, inbox)
    assert (summary.run, summary.version) == (None, "000002")
    assert {one.kind: one.names for one in summary.recovered} == {"unpublished": ("000002",), "report": ("000002",)}
    assert lent(root) == {YANGGAO: 1500}
    assert night(root, inbox).recovered == ()


@pytest.mark.parametrize("state", ["old", "missing", "damaged"])
def test_a_database_that_does_not_show_the_last_snapshot_is_made_anew(whole: Root, state: str) -> None:
    database = whole.marts / "marts.duckdb"
    database.unlink()
    if state == "old":
        with duckdb.connect(str(database)) as connection:
            connection.execute("CREATE VIEW snapshot AS SELECT '000001' AS version")
    if state == "damaged":
        database.write_bytes(b"nothing")
    assert found(whole) == {"views": ("marts/marts.duckdb",)}
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("SELECT version FROM snapshot").fetchone() == ("000002",)


@pytest.mark.parametrize("leads", ["v=000001", None])
def test_a_link_that_does_not_lead_to_the_last_snapshot_is_put_right(whole: Root, leads: str | None) -> None:
    link = whole.marts / "current"
    link.unlink()
    if leads:
        link.symlink_to(leads)
    assert found(whole) == {"views": ("marts/current",)}
    assert link.readlink() == Path("v=000002")


def test_the_report_of_the_last_run_is_written_where_it_is_not_whole(whole: Root) -> None:
    folder = whole.reports / "000002"
    before = (folder / "findings.csv").read_bytes(), (folder / "findings.md").read_bytes()
    shutil.rmtree(whole.reports / "000001")
    (folder / "findings.md").unlink()
    (folder / "findings.csv").write_bytes(b"half")
    assert found(whole) == {"report": ("000002",)}
    assert ((folder / "findings.csv").read_bytes(), (folder / "findings.md").read_bytes()) == before


def test_the_pages_of_the_last_run_are_made_while_its_validations_are_there(whole: Root) -> None:
    made: list[tuple[Path, Path]] = []
    shutil.rmtree(whole.reports / "000002" / "docs")
    validations = whole.work / "000002" / "validations"
    validations.mkdir(parents=True)
    left = prepare(whole, url(whole), lambda *paths: made.append(paths))
    assert made == [(validations, whole.reports / "000002")]
    assert [(one.kind, one.names) for one in left] == [("report", ("000002",))]
    assert prepare(whole, url(whole), lambda *paths: made.append(paths)) == ()


def test_an_original_without_a_receipt_is_kept_and_received_by_the_next_run(
    whole: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tests.builders.save_receipts", killed)
        with pytest.raises(KeyboardInterrupt):
            night(whole, send(inbox / "3", loans(finance(1700))).parent)
    known = set(ledger.read_table(ledger.open_ledger(url(whole)), ledger.RECEIPTS)["submission"])
    (strange,) = (p for p in whole.archive.glob("*/*") if p.stem not in known)
    summary = night(whole, inbox)
    told = {one.kind: one.names for one in summary.recovered}
    assert told == {"unreceived": (strange.relative_to(whole.path).as_posix(),), "interrupted": ("work",)}
    assert summary.files == 1
    assert lent(whole)[YANGGAO] == 1700


def test_the_scratch_of_a_run_that_did_not_count_is_removed(whole: Root) -> None:
    (whole.work / "000003").mkdir(parents=True)
    (whole.work / "keep.77").write_bytes(b"half")
    assert found(whole) == {"interrupted": ("work/000003", "work/keep.77")}
    assert not whole.work.exists()


def test_all_that_one_night_left_is_said_at_once_in_both_languages(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    register = given(YANGGAO, "2017-12", "relocation_villages", village("1"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(journal, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            night(root, send(inbox / "2", loans(finance(1500)), register).parent)
    summary = night(root, inbox)
    told = {one.kind: one for one in summary.recovered}
    assert list(told) == ["rows", "unreceived", "interrupted"]
    for one in told.values():
        assert one.names[0] in one.message_zh
        assert one.names[0] in one.message_en
        assert any("\u4e00" <= sign <= "\u9fff" for sign in one.message_zh)
    assert summary.accepted == 2
    assert pl.concat([pl.read_parquet(p) for p in root.history.rglob("000002.parquet")], how="diagonal").height == 2


def test_a_damaged_manifest_is_an_error_before_anything_is_taken_in(whole: Root) -> None:
    manifest_path(whole).write_text("{")
    with pytest.raises(StoreError, match=r"manifest\.json"):
        prepare(whole, url(whole))


def test_a_sentence_names_the_first_few_and_the_record_all() -> None:
    many = [f"history/{number}.parquet" for number in range(NAMED + 3)]
    one = Leftover.of("rows", many)
    assert one.names == tuple(many)
    assert f"{NAMED + 3} " in one.message_en
    assert many[NAMED - 1] in one.message_zh
    assert many[NAMED] not in one.message_zh + one.message_en


def test_the_summary_has_it_as_a_list_and_the_page_of_the_run_as_a_sentence(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    (root.marts / "current").unlink()
    summary = night(root, inbox)
    (one,) = summary.model_dump(mode="json")["recovered"]
    assert (one["kind"], one["names"]) == ("views", ["marts/current"])
    assert one["message_en"] in page(summary).replace("\\", "")
    assert read_manifest(root)
