"""Rebuilding in place: only what is not as it must be is replaced; marts of another program are made anew."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.builders import (
    finance,
    loans,
    mart,
    marts,
    night,
    send,
    url,
)
from tests.rebuilding import HELD, again, faulty, hashes, indexed
from tests.sharing import Fill
from warehouse.maintenance.replace_store import put_in_place
from warehouse.maintenance.verify import verify
from warehouse.marts.build_digest import build_digest
from warehouse.messages.errors import StoreError
from warehouse.snapshots.manifest import manifest_path, read_manifest
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.seal import sealed

pytestmark = pytest.mark.usefixtures("few_marts", "in_this_process")


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    """A faulty night."""
    return filled_by(faulty)


# --- in place ------------------------------------------------------------------------------------------------------


def test_in_place_what_is_damaged_or_gone_is_replaced_and_nothing_else(filled: Root) -> None:
    root = filled
    before, tables, published = hashes(root), indexed(root), marts(root)
    manifest = read_manifest(root)
    assert manifest
    mart = manifest.paths(root, "fact_indicator")[0]
    for path in (root.path / HELD, mart):
        path.write_bytes(b"PAR1")
    shutil.rmtree(root.quarantine)
    (root.path / "ledger.db").unlink()
    sound = root.history / "finance/period=2018-06/000001.parquet"
    inode = sound.stat().st_ino
    done, other = again(root)
    assert done.differences == ()
    replaced = put_in_place(other, root, url(root))
    assert min(replaced) == HELD
    assert mart.relative_to(root.path).as_posix() in replaced
    assert hashes(root) == before
    assert all(indexed(root)[name].equals(frame) for name, frame in tables.items())
    assert all(marts(root)[name].equals(frame) for name, frame in published.items())
    assert sound.stat().st_ino == inode
    assert not other.path.exists()
    assert verify(root).faults == ()


@pytest.mark.parametrize("stop", range(4))
def test_in_place_interrupted_anywhere_and_done_again(filled: Root, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    root = filled
    before, tables = hashes(root), indexed(root)
    for path in (*root.history.rglob("*.parquet"), *root.quarantine.rglob("*.parquet")):
        path.write_bytes(b"PAR1")
    _, other = again(root)
    move, moves = Path.replace, iter(range(100))

    def fails(path: Path, target: Path) -> Path:
        if path.is_relative_to(other.path) and next(moves) == stop:
            raise OSError("no")
        return move(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fails)
        with pytest.raises(OSError, match="no"):
            put_in_place(other, root, url(root))
    shutil.rmtree(other.path)
    assert put_in_place(again(root)[1], root, url(root))
    assert hashes(root) == before
    assert all(indexed(root)[name].equals(frame) for name, frame in tables.items())


def test_in_place_a_snapshot_that_is_behind_is_published(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    manifest_path(root).unlink()
    before = hashes_of_rows(root)
    done, other = again(root)
    assert not done.marts_compared
    put_in_place(other, root, url(root))
    assert hashes_of_rows(root) == before
    assert verify(root).faults == ()
    assert read_manifest(root)


def hashes_of_rows(root: Root) -> dict[str, str]:
    """Every file of history and quarantine, by its hash."""
    return {p.as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in root.path.glob("[hq]*/*/*/*.parquet")}


def test_a_ledger_that_is_none_is_said(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000))))
    _, other = again(root)
    for path in root.path.glob("ledger.db*"):
        path.unlink()
    (root.path / "ledger.db").write_text("this is no database at all, " * 50)
    with pytest.raises(StoreError, match="delete it"):
        put_in_place(other, root, url(root))


# --- another program -----------------------------------------------------------------------------------------------


def made_by_another(root: Root) -> None:
    """The last snapshot as another version of the program would have left it: one mart otherwise."""
    manifest = read_manifest(root)
    assert manifest
    path = manifest.paths(root, "mart_relocation")[0]
    pl.read_parquet(path).head(0).write_parquet(path)
    files = [
        file.model_copy(update={"sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
        if (root.marts / file.path) == path
        else file
        for file in manifest.files
    ]
    other = manifest.model_copy(update={"program": "another", "files": tuple(files)})
    for version in (None, manifest.version):
        manifest_path(root, version).write_bytes(sealed(other))


def test_marts_of_another_program_are_made_anew_and_not_compared(filled: Root) -> None:
    root = filled
    before = hashes(root)
    made_by_another(root)
    done, other = again(root)
    assert (done.same, done.other_program, done.marts_compared) == (True, True, False)
    put_in_place(other, root, url(root))
    assert {path.split("/", 2)[-1]: sha256 for path, sha256 in hashes(root).items()} == {
        path.split("/", 2)[-1]: sha256 for path, sha256 in before.items()
    }
    manifest = read_manifest(root)
    assert manifest
    assert (manifest.version, manifest.program) == ("000002", build_digest())
    assert verify(root).faults == ()


def test_what_is_published_in_place_links_nothing_that_may_be_damaged(filled: Root) -> None:
    root = filled
    manifest = read_manifest(root)
    assert manifest
    damaged = manifest.paths(root, "fact_indicator")[0]
    damaged.write_bytes(b"PAR1")
    manifest_path(root).write_bytes(sealed(manifest.model_copy(update={"program": "another"})))
    put_in_place(again(root)[1], root, url(root))
    # The snapshot before keeps it until it is pruned.
    assert [fault.path for fault in verify(root).faults] == [damaged.relative_to(root.path).as_posix()]
    assert not mart(root, "fact_indicator").is_empty()


def test_rows_that_are_only_written_otherwise_are_harmless(filled: Root) -> None:
    root = filled
    path = next(root.history.glob("finance/*/*.parquet"))
    pl.read_parquet(path, hive_partitioning=False).write_parquet(path, compression="snappy")
    entry = journal.read_entry(root, "000001")
    told = hashlib.sha256(path.read_bytes()).hexdigest()
    name = path.relative_to(root.path).as_posix()
    periods = [
        p.model_copy(update={"files": p.files | ({name: told} if name in p.files else {})}) for p in entry.periods
    ]
    journal.entry_path(root, "000001").chmod(0o644)
    journal.commit(root, entry.model_copy(update={"periods": tuple(periods)}))
    manifest_path(root).unlink()  # it knows the entry as it was
    done, other = again(root)
    (difference,) = done.differences
    assert (difference.path, difference.harmless, done.same) == (name, True, True)
    assert (other.path / name).read_bytes() == path.read_bytes()
