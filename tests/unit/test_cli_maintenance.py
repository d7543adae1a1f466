"""The commands that look after the store: what they say, to people and machines, and how they exit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli.main import app
from tests.builders import TIANZHEN, finance, loans, night, send
from tests.sharing import Fill
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import PermanentError, RootBusyError
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

Say = Callable[..., Result]
pytestmark = pytest.mark.usefixtures("in_this_process")


def two_nights(root: Root, inbox: Path) -> None:
    for number, amount in enumerate((1000, 1500)):
        sent = send(inbox / str(number), loans(finance(amount)), loans(finance(60_000), county=TIANZHEN))
        night(root, sent.parent)


@pytest.fixture
def say(filled_by: Callable[[Fill], Root], monkeypatch: pytest.MonkeyPatch) -> Say:
    """The command line over a root with two nights."""
    root = filled_by(two_nights)
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    monkeypatch.setenv("XIANBAO_LOCK_WAIT_SECONDS", "0")
    return lambda *words: CliRunner().invoke(app, [*map(str, words)])


def held(root: Root) -> Path:
    return next(root.history.rglob("000001.parquet"))


def test_a_rebuild_says_that_all_is_the_same_and_is_made_anew_each_time(root: Root, say: Say) -> None:
    for _ in range(2):
        done = say("rebuild")
        assert done.exit_code == 0, done.output
        assert "2 entries replayed, 4 originals read" in done.output
        assert "byte for byte" in done.output
    assert verify(Root(root.path / "rebuild")).faults == ()
    assert verify(root).faults == ()


def test_a_rebuild_that_differs_exits_with_1_and_names_file_hashes_and_return(root: Root, say: Say) -> None:
    next(root.archive.rglob("*.xlsx")).unlink()
    done = say("rebuild")
    assert done.exit_code == 1
    assert "与当初不同" in done.output
    assert "found none" in done.output
    assert "receipt" in done.output
    told = json.loads(say("rebuild", "--json").output)
    assert told["replaced"] is None
    assert {one["path"].split("/")[0] for one in told["differences"]} > {"archive"}
    assert say("rebuild", "--in-place").exit_code == 1


def test_a_rebuild_in_place_mends_what_verify_finds(root: Root, say: Say) -> None:
    held(root).write_bytes(b"PAR1")
    (root.path / "ledger.db").unlink()
    assert "rebuild --in-place" in verify(root).faults[0].message_en
    told = json.loads(say("rebuild", "--in-place", "--json").output)
    assert told["replaced"] == [held(root).relative_to(root.path).as_posix()]
    assert verify(root).faults == ()
    done = say("rebuild", "--in-place")
    assert done.exit_code == 0
    assert "0 files were not as they must be" in done.output
    assert not (root.path / "rebuild").exists()


def test_a_rebuild_in_place_waits_for_who_is_at_work(root: Root, say: Say) -> None:
    with root.lock(0):
        assert isinstance(say("rebuild", "--in-place").exception, RootBusyError)
        assert say("rebuild").exit_code == 0


def test_a_rebuild_leaves_a_folder_with_something_in_it_alone(root: Root, say: Say, tmp_path: Path) -> None:
    for place in (root.path, root.history, held(root)):
        assert isinstance(say("rebuild", "--out", place).exception, PermanentError)
    assert verify(root).faults == ()
    assert say("rebuild", "--out", tmp_path / "new").exit_code == 0
    assert say("rebuild", "--out", tmp_path / "new2", "--in-place").exit_code == 2


def test_marts_as_of_a_day_are_written_and_others_are_refused(root: Root, say: Say, tmp_path: Path) -> None:
    done = say("marts", "--as-of", "2018-07-05", "--out", tmp_path / "then")
    assert done.exit_code == 0, done.output
    assert "after run 000002" in done.output
    manifest = read_manifest(root)
    assert manifest
    told = json.loads(say("marts", "--as-of", "2018-07-05T04:00", "--out", tmp_path / "j", "--json").output)
    assert {one["sha256"] for one in told["files"]} == {file.sha256 for file in manifest.files}
    assert say("marts", "--as-of", "someday", "--out", tmp_path / "k").exit_code == 2
    assert isinstance(say("marts", "--as-of", "2018-07-04", "--out", tmp_path / "k").exception, PermanentError)


def test_where_nothing_was_received_it_is_asked_whether_the_root_is_right(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "wrong"))
    for words in (("rebuild",), ("rebuild", "--in-place"), ("backup", tmp_path / "backup")):
        done = say(*words)
        assert isinstance(done.exception, PermanentError)
        assert "XIANBAO_ROOT" in str(done.exception)
    assert not (tmp_path / "backup").exists()


def test_pruning_says_what_stays(say: Say) -> None:
    done = say("prune", "--keep-days", 0)
    assert done.exit_code == 0
    assert "removed 已删除: none" in done.output
    assert json.loads(say("prune", "--json").output)["kept"] == ["000001", "000002"]
    assert say("prune", "--keep-days", -1).exit_code == 2


def test_compacting_says_how_many_files_became_how_many_and_what_had_been_left(root: Root, say: Say) -> None:
    stray = held(root).with_name("000003.parquet")
    stray.write_bytes(b"PAR1")
    assert "Nothing to merge" in say("compact").output
    assert not stray.exists()
    (root.marts / "current").unlink()
    told = json.loads(say("compact", "--at-least", 2, "--json").output)
    assert (told["run"], told["files_before"], told["files_after"]) == ("000003", 4, 2)
    assert [one["kind"] for one in told["recovered"]] == ["views"]
    assert json.loads(say("status", "--json").output)["up_to_date"]
    assert verify(root).faults == ()
    assert say("compact", "--at-least", 1).exit_code == 2


def test_compacting_waits_for_who_is_at_work(root: Root, say: Say) -> None:
    with root.lock(0):
        assert isinstance(say("compact").exception, RootBusyError)


def test_a_backup_is_made_and_restored_elsewhere(
    root: Root, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = say("backup", tmp_path / "backup")
    assert done.exit_code == 0, done.output
    assert "0 were there" in done.output
    assert json.loads(say("backup", tmp_path / "backup", "--json").output)["copied"] == 0
    assert isinstance(say("restore", tmp_path / "backup").exception, PermanentError)
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "elsewhere"))
    done = say("restore", tmp_path / "backup")
    assert done.exit_code == 0, done.output
    assert "Restored" in done.output
    assert read_manifest(Root(tmp_path / "elsewhere")) == read_manifest(root)
