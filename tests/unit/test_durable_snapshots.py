"""The order in which snapshots reach the disk and leave it: whole before they are named, unnamed before they go."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.builders import BOOK, YANGGAO
from tests.durable import recorded
from tests.small_store import PERIOD, Sent, run
from warehouse.maintenance.backup import back_up
from warehouse.marts.partitions import Partition
from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.snapshots.prune import DAY, GOING, finish, prune
from warehouse.snapshots.publish import Plan, heal, publish
from warehouse.store.files import Root

ROWS = f"history/finance/period={PERIOD}"


def plan(lent: int = 0, run: str = "000001") -> Plan:
    """A snapshot of a mart without rows and one of a row."""
    columns = {c.column: c.polars for c in BOOK.marts["mart_relocation"]}
    same = dict.fromkeys(columns) | {
        "period": PERIOD, "level": "county", "code": YANGGAO, "name_zh": "阳高县", "counties_due": 1,
        "counties_counted": 1, "source": "summary", "villages_planned": lent,
        "counties_missing": 0, "counties_quarantined": 0, "complete": True, "partial": False, "held": False,
        "period_end": date(2017, 12, 31),
    }  # fmt: skip
    part = Partition("mart_relocation", PERIOD, split=True)
    empty = pl.DataFrame(schema={c.column: c.polars for c in BOOK.marts["dim_rule"]})
    made = {Partition("dim_rule"): empty, part: pl.DataFrame([same], columns)}
    return Plan(run, {one: f"{one.mart} {lent}" for one in made}, lambda wanted: ((one, made[one]) for one in wanted))


@pytest.fixture(autouse=True)
def short_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the data dictionary says is no matter here, and takes its time."""
    for kind in ("html", "csv"):
        monkeypatch.setattr(f"warehouse.snapshots.publish.dictionary_{kind}", lambda _, kind=kind: kind.encode())


def published(root: Root, *amounts: int) -> list[Manifest]:
    return [publish(root, plan(lent), BOOK) for lent in amounts]


def test_a_snapshot_is_whole_on_the_disk_before_the_manifest_names_it(root: Root) -> None:
    root.path.mkdir()
    with recorded(root) as done:
        manifest = publish(root, plan(), BOOK)
    begins, there = done.renamed_durably("marts/manifest.json")
    files = [*(f"marts/{file.path}" for file in manifest.files), *(f"marts/{name}" for name in manifest.documents)]
    made_of = "marts/v=000001/made_of.json"  # is renamed
    files.remove(made_of)
    done.at_most(done.renamed_durably(made_of)[1], begins)
    assert len(files) == 5
    for path in files:
        synced = done.last("fsync", path)
        done.at_most(done.at("open", path), done.last("write", path), synced)
        folder = done.at("fsync", str(Path(path).parent), synced)
        done.at_most(folder, begins)
    inputs, own = "marts/v=000001/made_of.json", "marts/v=000001/manifest.json"
    own_begins, own_there = done.renamed_durably(own)
    _, made_of_there = done.renamed_durably(inputs)
    done.at_most(made_of_there, own_begins, own_there, begins, there)


def test_the_folder_of_a_snapshot_is_there_for_good_before_the_manifest_names_it(root: Root) -> None:
    """Where the folder of all snapshots is not synced, a power cut leaves a manifest that names a folder of nothing."""
    root.path.mkdir()
    with recorded(root) as done:
        publish(root, plan(), BOOK)
    made = done.at("mkdir", "marts/v=000001")
    _, own_there = done.renamed_durably("marts/v=000001/manifest.json")
    begins = done.at("rename", "marts/manifest.json")
    written = done.at("open", f"marts/.manifest.json.{os.getpid()}")
    done.at_most(made, own_there, done.at("fsync", "marts", own_there), written, begins)


def test_folders_of_parts_within_a_snapshot_are_synced_from_the_files_to_the_snapshot(root: Root) -> None:
    root.path.mkdir()
    with recorded(root) as done:
        publish(root, plan(), BOOK)
    begins = done.at("rename", "marts/manifest.json")
    for folder in ("marts/v=000001", "marts/v=000001/mart_relocation", "marts/v=000001/dim_rule"):
        made = done.at("mkdir", folder)
        done.at_most(made, done.at("fsync", folder, made), begins)


def test_views_and_link_follow_the_manifest_and_never_precede_it(root: Root) -> None:
    root.path.mkdir()
    with recorded(root) as done:
        publish(root, plan(), BOOK)
    _, there = done.renamed_durably("marts/manifest.json")
    views = done.at("rename", "marts/marts.duckdb")
    synced = done.last("fsync", "marts/.marts.duckdb")
    linked_at = done.at("rename", "marts/current")
    done.at_most(there, synced, views, done.at("fsync", "marts", views), linked_at)
    assert done.at("symlink", "marts/.current") < linked_at
    assert (root.marts / "current").readlink() == Path("v=000001")


def test_what_is_linked_from_the_last_snapshot_is_in_a_folder_that_is_synced(root: Root) -> None:
    published(root, 1)
    with recorded(root) as done:
        publish(root, plan(1), BOOK)
    linked_at = done.at("link", "marts/v=000002/dim_rule/part-0.parquet")
    begins = done.at("rename", "marts/manifest.json")
    done.at_most(linked_at, done.at("fsync", "marts/v=000002/dim_rule", linked_at), begins)


def test_a_snapshot_that_was_never_published_is_cleared_away_before_another_is_written(root: Root) -> None:
    left = root.marts / "v=000001" / "left.txt"
    left.parent.mkdir(parents=True)
    left.write_text("x")
    with recorded(root) as done:
        publish(root, plan(), BOOK)
    gone = done.at("rmdir", "marts/v=000001")
    assert gone < done.at("mkdir", "marts/v=000001")
    assert not left.exists()


def test_the_same_rows_published_again_write_no_mart_file(root: Root) -> None:
    published(root, 1)
    with recorded(root) as done:
        publish(root, plan(1), BOOK)
    assert not done.paths("open", "*.parquet")
    with recorded(root) as other:
        publish(root, plan(2), BOOK)
    assert other.paths("open", "*.parquet") == ["marts/v=000003/mart_relocation/period=2017-12/part-0.parquet"]


def test_healing_touches_neither_manifest_nor_marts(root: Root) -> None:
    published(root, 1)
    with recorded(root) as done:
        heal(root, BOOK)
    assert set(done.paths("rename", "*")) == {"marts/marts.duckdb", "marts/current"}
    assert not done.paths("open", "*.json")


# --- pruning -------------------------------------------------------------------------------------------------------


def test_a_snapshot_goes_whole_by_a_rename_that_is_for_good_before_its_files_go(root: Root) -> None:
    published(root, 1, 2, 3)
    manifest = read_manifest(root)
    with recorded(root) as done:
        assert prune(root, 0, now=4e9).removed == ("000001",)
    renamed = done.at("rename", f"marts/{GOING}v=000001")
    synced = done.at("fsync", "marts", renamed)
    removed = [place for place, call in enumerate(done.made) if call.kind in ("unlink", "rmdir")]
    assert removed
    assert renamed < synced < min(removed)
    assert done.paths("rename", "*") == [f"marts/{GOING}v=000001"]
    assert read_manifest(root) == manifest


def test_a_removal_that_broke_off_is_finished_before_anything_else_goes(root: Root) -> None:
    published(root, 1, 2, 3)
    going = root.marts / f"{GOING}v=000000"
    going.mkdir()
    (going / "part.parquet").write_bytes(b"x")
    with recorded(root) as done:
        prune(root, 0, now=4e9)
    assert done.at("rmdir", f"marts/{GOING}v=000000") < done.at("rename", f"marts/{GOING}v=000001")
    assert finish(root) == []


def test_a_snapshot_goes_when_the_next_one_is_older_than_the_days_say_and_not_before(root: Root) -> None:
    published(root, 1, 2, 3)
    superseded = (root.marts / "v=000002").stat().st_mtime
    assert prune(root, 7, now=superseded + 7 * DAY).removed == ()
    assert prune(root, 7, now=superseded + 7 * DAY + 1).removed == ("000001",)


def test_the_current_snapshot_the_one_before_it_and_a_later_folder_stay_for_ever(root: Root) -> None:
    published(root, 1, 2, 3, 4)
    (root.marts / "v=000005").mkdir()
    done = prune(root, 0, now=4e9)
    assert done.removed == ("000001", "000002")
    assert done.kept == ("000003", "000004")
    assert sorted(path.name for path in root.marts.glob("v=*")) == ["v=000003", "v=000004", "v=000005"]


def test_bytes_that_other_snapshots_have_do_not_come_free(root: Root) -> None:
    published(root, 1, 1, 1)
    shared = root.marts / "v=000001" / "dim_rule" / "part-0.parquet"
    assert shared.stat().st_nlink == 3
    assert prune(root, 0, now=4e9).bytes == 0


def test_bytes_that_no_other_snapshot_has_come_free(root: Root) -> None:
    published(root, 1, 2, 3)
    alone = (root.marts / "v=000001/mart_relocation/period=2017-12/part-0.parquet").stat()
    assert alone.st_nlink == 1
    assert prune(root, 0, now=4e9).bytes == alone.st_size


def test_the_manifest_of_a_backup_comes_after_the_entries_that_it_speaks_of(root: Root) -> None:
    run(root, 1, Sent(1))
    published(root, 1)
    backup = Root(root.path.with_name("backup"))
    with recorded(backup) as done:
        back_up(root, backup.path)
    assert done.at("rename", "journal/000001.json") < done.at("rename", "manifest.json")
