"""The flows that look after the store, as a deployment runs them: what is bad ends as failed, with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.backup import backup
from flows.compact import compact
from flows.prune import prune
from flows.rebuild import rebuild
from flows.verify import verify
from tests.builders import RECEIVED, finance, loans, night, send
from tests.faults.scenarios import InThisProcess
from tests.sharing import Fill
from warehouse.maintenance import rebuild as rebuilding
from warehouse.maintenance.verify import verify as verify_root
from warehouse.messages.errors import PermanentError, RootBusyError, StoreError
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("server", "few_marts")


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """A Prefect server for as long as these tests take."""
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - five seconds for every worker

    with prefect_test_harness(server_startup_timeout=120):
        yield


def two(root: Root, inbox: Path) -> None:
    for number, lent in enumerate((1000, 1500)):
        night(root, send(inbox / str(number), loans(finance(lent))))


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root], monkeypatch: pytest.MonkeyPatch) -> Root:
    """A root of two nights where the settings say; what is read again is read in this process."""
    root = filled_by(two)
    monkeypatch.setattr(rebuilding, "Readers", InThisProcess)
    monkeypatch.setenv("XIANBAO_ROOT", str(root.path))
    monkeypatch.setenv("XIANBAO_LOCK_WAIT_SECONDS", "0")
    return root


def damage(root: Root) -> str:
    """Another file of rows than was kept; its path below the root."""
    path = next(root.history.rglob("000001.parquet"))
    path.write_bytes(b"PAR1")
    return path.relative_to(root.path).as_posix()


def test_a_backup_is_written_and_one_of_a_damaged_root_fails(filled: Root, tmp_path: Path) -> None:
    done = backup(tmp_path / "disk")
    assert done.copied > 0
    assert verify_root(Root(tmp_path / "disk")).faults == ()
    assert backup(tmp_path / "disk").copied == 0
    name = damage(filled)
    state = backup(tmp_path / "other", return_state=True)
    assert state.is_failed()
    assert f"1 处异常 faults; the first 首条: {name} 内容已变" in str(state.message)


def test_verifying_fails_where_something_is_not_as_it_was_kept(filled: Root) -> None:
    assert verify().entries == 2
    name = damage(filled)
    with pytest.raises(StoreError, match=f"1 处异常 faults; the first 首条: {name} 内容已变"):
        verify()


def test_rebuilding_puts_in_order_what_can_be_and_fails_where_it_comes_out_otherwise(filled: Root) -> None:
    assert rebuild().replaced is None
    name = damage(filled)
    assert rebuild(in_place=True).replaced == (name,)
    assert verify().faults == ()
    original = next(filled.archive.rglob("*.xlsx"))
    original.unlink()
    with pytest.raises(StoreError, match=r"与当初不同 files are not as they were, like (archive|history|quarantine)/"):
        rebuild(in_place=True)
    with pytest.raises(PermanentError, match="one of out and in_place"):
        rebuild(filled.path / "new", in_place=True)


def test_compacting_and_pruning_do_as_their_commands(filled: Root) -> None:
    (filled.marts / "current").unlink()
    done = compact(at_least=2, received_at=RECEIVED)
    assert (done.run, [one.kind for one in done.recovered]) == ("000003", ["views"])
    assert compact().run is None
    manifest = read_manifest(filled)
    assert manifest is not None
    assert prune(keep_days=0).kept[-1] == manifest.version
    assert verify().faults == ()


def test_who_is_at_work_is_waited_for_once(filled: Root, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with filled.lock(0), pytest.raises(RootBusyError):
        backup(tmp_path / "disk")
    assert caplog.text.count("another run is at work") == 1
    assert not (tmp_path / "disk").exists()
