"""Verifying: whatever changed or is gone is found and named, and nothing else; nothing is written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.builders import TIANZHEN, finance, loans, marts, night, publish_new, send
from tests.decision_requests import decide
from tests.sharing import Fill
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import StoreError
from warehouse.snapshots.manifest import manifest_path, read_manifest
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.store.integrity import IntegrityFault

pytestmark = pytest.mark.usefixtures("few_marts")


def two_runs(root: Root, inbox: Path) -> None:
    """An accepted and a quarantined return, then a waiver of the latter."""
    night(root, send(inbox, loans(finance(1000)), loans(finance(60_000), county=TIANZHEN)))
    decide(root, "waive", county_code=TIANZHEN)


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    """Two runs."""
    return filled_by(two_runs)


def flip(path: Path, at: int | None = None) -> None:
    """Changes one bit of a file, in the middle unless told where."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)


def original(root: Root) -> Path:
    return next(root.archive.rglob("*.xlsx"))


def entry(root: Root) -> Path:
    return root.journal / "000001.json"


def held(root: Root) -> Path:
    return next(root.history.rglob("000001.parquet"))


def quarantined(root: Root) -> Path:
    return next(root.quarantine.rglob("*.parquet"))


def published(root: Root) -> Path:
    manifest = read_manifest(root)
    assert manifest is not None
    return manifest.paths(root, "fact_indicator")[0]


KEPT = [original, entry, held, quarantined, published]


def only(root: Root, path: Path) -> IntegrityFault:
    """The only fault of the root, which is this file's, said in both languages with what to do."""
    (fault,) = verify(root).faults
    assert fault.path == path.relative_to(root.path).as_posix()
    for message in (fault.message_zh, fault.message_en):
        assert fault.path in message
        assert fault.expected in message
        assert fault.found in message
    assert "请" in fault.message_zh
    assert "restore" in fault.message_en or "published anew" in fault.message_en
    return fault


def test_a_store_as_it_was_left_has_no_faults_and_all_of_it_was_looked_at(filled: Root) -> None:
    found = verify(filled)
    assert found.faults == ()
    manifest = read_manifest(filled)
    assert manifest is not None
    assert (found.originals, found.entries, found.rows, found.published) == (
        2,
        2,
        3,
        len(manifest.files) + len(manifest.documents),
    )
    kept = [*filled.archive.rglob("*.xlsx"), *filled.history.rglob("*.*"), *filled.quarantine.rglob("*.*")]
    kept += [path for path in filled.marts.glob("v=*/**/*") if path.is_file() and path.name != "manifest.json"]
    assert found.bytes == sum({path.stat().st_ino: path.stat().st_size for path in kept}.values())
    assert found.without_hash == 0


def test_an_empty_root_has_no_faults(root: Root) -> None:
    assert verify(root).faults == ()
    assert not root.path.exists()


@pytest.mark.parametrize("which", KEPT)
def test_a_flipped_bit_is_found_and_named(filled: Root, which: Callable[[Root], Path]) -> None:
    path = which(filled)
    flip(path)
    fault = only(filled, path)
    assert fault.kind == "changed"
    assert fault.expected.startswith("SHA-256 ")
    assert fault.found.startswith("SHA-256 ")
    assert fault.expected != fault.found


def test_every_bit_of_an_entry_counts(filled: Root) -> None:
    """Also where the entry reads as well as before, and within its own hash; and no run takes it for what was said."""
    path, dice = entry(filled), Random(5)
    kept = path.read_bytes()
    for at in (0, len(kept) - 1, len(kept) - 10, len(kept) - 75, *dice.sample(range(len(kept)), 40)):
        flip(path, at)
        assert only(filled, path).kind in {"changed", "unreadable"}
        with pytest.raises(StoreError, match=r"000001\.json.*backup"):
            journal.read_entry(filled, "000001")
        path.write_bytes(kept)


@pytest.mark.parametrize("which", KEPT)
def test_a_missing_file_is_found_and_named(filled: Root, which: Callable[[Root], Path]) -> None:
    path = which(filled)
    path.unlink()
    # Without its entry, a run's rows and originals are nobody's.
    fault = only(filled, path)
    assert (fault.kind, fault.found) == ("missing", "none")


def test_a_missing_original_is_named_by_what_the_county_called_it(filled: Root) -> None:
    path = original(filled)
    path.unlink()
    assert re.match(r"the original of receipt [12] \(2017-12/1402.*\.xlsx\)", only(filled, path).expected)


def test_the_last_entry_gone_is_missed_by_what_was_published(filled: Root) -> None:
    path = filled.journal / "000002.json"
    path.unlink()
    assert only(filled, path).kind == "missing"


def test_a_damaged_manifest_is_found(filled: Root) -> None:
    path = manifest_path(filled)
    path.write_text("{")
    (fault,) = verify(filled).faults
    assert (fault.path, fault.kind) == ("marts/manifest.json", "unreadable")


def test_a_file_in_the_archive_that_is_nobodys_must_have_its_hash_too(filled: Root) -> None:
    """A crash may leave an original without a receipt; what is still being written has another name."""
    stray = filled.archive / "ab" / f"{'ab' * 32}.csv"
    stray.parent.mkdir(exist_ok=True)
    stray.write_text("x")
    (stray.parent / f".{stray.name}.77").write_text("y")
    assert only(filled, stray).kind == "changed"


def test_every_fault_is_named_at_once(filled: Root) -> None:
    paths = [which(filled) for which in KEPT]
    for path in paths:
        flip(path)
    # What only the entry names is not looked for while the entry cannot be believed.
    named = {fault.path for fault in verify(filled).faults}
    assert named == {path.relative_to(filled.path).as_posix() for path in (original(filled), entry(filled), paths[-1])}


def test_files_of_before_there_were_hashes_are_read(root: Root, inbox: Path) -> None:
    night(root, send(inbox, loans(finance(1000)), loans(finance(60_000), county=TIANZHEN)))
    old = journal.read_entry(root, "000001").model_dump(mode="json", exclude={"periods": {"__all__": {"files"}}})
    entry(root).chmod(0o644)
    entry(root).write_text(json.dumps(old), encoding="utf-8")
    shutil.rmtree(root.marts)  # whose manifest knows the entry as it was
    found = verify(root)
    assert (found.faults, found.without_hash, found.rows) == ((), 3, 2)
    held(root).write_bytes(b"PAR1")
    assert only(root, held(root)).kind == "unreadable"
    held(root).unlink()
    assert only(root, root.history / "finance/period=2017-12/000001.parquet").kind == "missing"


def test_what_to_do_about_a_mart_helps(filled: Root) -> None:
    before = marts(filled)
    flip(published(filled))
    manifest_path(filled).unlink()
    publish_new(filled)
    assert verify(filled).faults == ()
    assert all(marts(filled)[name].equals(frame) for name, frame in before.items())


def test_what_to_do_about_an_original_helps(filled: Root, inbox: Path) -> None:
    path = original(filled)
    kept = path.read_bytes()
    flip(path)
    path.unlink()
    again = next(file for file in inbox.rglob("*.xlsx") if file.read_bytes() == kept)
    again.rename(again.with_name(f"again_{again.name}"))
    night(filled, inbox)
    assert verify(filled).faults == ()


def written(root: Root) -> dict[Path, int]:
    """When each file was written, but for the memory that readers of SQLite share, which is nobody's."""
    return {path: path.stat().st_mtime_ns for path in root.path.rglob("*") if path.name != "ledger.db-shm"}


def test_verifying_writes_nothing_and_needs_no_lock(filled: Root) -> None:
    with filled.lock(0):
        before = written(filled)
        verify(filled)
        assert written(filled) == before
