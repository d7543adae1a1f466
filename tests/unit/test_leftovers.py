"""What an interrupted run leaves: files are synced whole, those of a backup go, a restore is taken up again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from expectations.data_docs.pages import render_pages
from tests.builders import finance, loans, night, receipt_of, row, send, sheet, url, write_book
from tests.sharing import Fill
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.reading import read_part, save_reading
from warehouse.intake.sandbox.reader_pool import read_isolated
from warehouse.maintenance.backup import back_up, restore
from warehouse.messages.errors import PermanentError
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root, write_durably

pytestmark = pytest.mark.usefixtures("few_marts")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", [1, 10_000, 100_000])
def test_all_of_a_file_is_there_when_it_is_synced(tmp_path: Path, size: int) -> None:
    synced: list[int] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        sync(descriptor)

    with patch.object(os, "fsync", noted):
        write_durably(tmp_path / "entry.json", b"x" * size)
    assert synced[0] == size


def test_so_it_is_for_each_file_of_a_snapshot(root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: dict[str, int] = {}
    sync = os.fsync

    def noted(descriptor: int) -> None:
        synced[str(Path(f"/proc/self/fd/{descriptor}").readlink())] = os.fstat(descriptor).st_size
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    night(root, send(inbox, loans(finance(1000))))
    manifest = read_manifest(root)
    assert manifest
    paths = [root.marts / file.path for file in manifest.files]
    assert {str(path): synced.get(str(path)) for path in paths} == {str(p): p.stat().st_size for p in paths}


def test_temporary_files_of_a_backup_go_with_the_next_one(root: Root, inbox: Path, tmp_path: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    back_up(root, tmp_path / "disk")
    before = files(tmp_path / "disk")
    (tmp_path / "disk" / "archive" / "ab").mkdir(exist_ok=True)
    for name in ("archive/ab/.abcd.xlsx.4711", ".manifest.json.4711"):
        (tmp_path / "disk" / name).write_bytes(b"half")
    assert back_up(root, tmp_path / "disk").faults == ()
    assert files(tmp_path / "disk") == before


def test_pages_have_an_index_when_all_is_written_and_not_before(
    root: Root, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    night(root, send(inbox, loans(finance(60_000))))
    index = root.reports / "000001" / "docs" / "index.html"
    whole = index.read_bytes()
    index.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            render_pages(root.reports / "000001")
    assert not index.exists()
    assert render_pages(root.reports / "000001").read_bytes() == whole


def test_what_the_reader_of_a_killed_run_still_writes_is_not_read(tmp_path: Path) -> None:
    """A child of a run that was killed may be in the middle of a part, in the work folder of the run said again."""
    name = "140221_阳高县_2017-12_{}.xlsx"
    other = write_book(tmp_path / name.format("易地搬迁"), {"易地搬迁": sheet("relocation", row("relocation"))})
    save_reading(read_part([receipt_of(other)], Limits(), {}), tmp_path / "parts" / "part-1")
    left = files(tmp_path / "parts" / "part-1")
    assert "relocation.arrow" in left
    book = write_book(tmp_path / name.format("小额信贷"), {"金融扶贫": sheet("finance", finance(1000))})
    made = read_isolated([receipt_of(book)], Limits(), {}, {}, tmp_path / "parts")
    assert made.rows["finance"].height == 1
    assert made.rows["relocation"].is_empty()
    assert files(tmp_path / "parts" / "part-1") == left


def two_nights(root: Root, inbox: Path) -> None:
    night(root, send(inbox / "1", loans(finance(1000))).parent)
    night(root, send(inbox / "2", loans(finance(2000))).parent)


@pytest.fixture
def disk(filled_by: Callable[[Fill], Root], tmp_path: Path) -> Path:
    """A backup of two nights."""
    root = filled_by(two_nights)
    back_up(root, tmp_path / "disk")
    return tmp_path / "disk"


def interrupted(disk: Path, target: Root) -> None:
    """A restore that ends with the journal in place and no marts."""
    target.path.mkdir()
    with (
        patch("warehouse.maintenance.rebuild.publish", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        restore(disk, target, url(target), Limits(), {})
    assert target.journal.exists()


def test_an_interrupted_restore_is_taken_up_again(root: Root, disk: Path, tmp_path: Path) -> None:
    target = Root(tmp_path / "elsewhere")
    interrupted(disk, target)
    (target.history / ".half.parquet.4711").write_bytes(b"half")
    assert restore(disk, target, url(target), Limits(), {}).whole
    # Also the version: it does not go back.
    assert read_manifest(target) == read_manifest(root)
    assert not (target.history / ".half.parquet.4711").exists()


def test_a_root_with_other_entries_is_in_use(disk: Path, tmp_path: Path) -> None:
    target = Root(tmp_path / "elsewhere")
    interrupted(disk, target)
    last = target.journal / "000002.json"
    last.chmod(0o644)
    last.write_bytes(last.read_bytes() + b" ")
    with pytest.raises(PermanentError, match="in use already"):
        restore(disk, target, url(target), Limits(), {})
    last.unlink()
    with pytest.raises(PermanentError, match="in use already"):
        restore(disk, target, url(target), Limits(), {})
