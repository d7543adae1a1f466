"""What follows the publishing and cannot be written: a warning, for the night has published; the next one makes up."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import report as reporting
from tests.builders import finance, loans, send
from tests.faults.plain_flows import nightly_flow
from tests.faults.scenarios import Place
from warehouse.messages.errors import DiskError
from warehouse.reports.run_summary import Summary
from warehouse.snapshots.manifest import read_manifest

pytestmark = pytest.mark.usefixtures("few_marts")


@pytest.fixture
def night(tmp_path: Path) -> Callable[[], Summary]:
    """A night over an inbox of one return: the flow, without Prefect."""
    place = Place(tmp_path)
    send(place.inbox, loans(finance(1000)))

    def passes() -> Summary:
        done = nightly_flow(place)
        assert isinstance(done, Summary)
        return done

    return passes


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_report_that_a_full_disk_refuses_is_written_by_the_next_night(
    tmp_path: Path, night: Callable[[], Summary], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = Place(tmp_path).root
    with monkeypatch.context() as patch:
        patch.setattr(reporting, "write_findings", full)
        done = night()
    assert (done.good, done.version, done.unwritten) == (True, "000001", ("report",))
    assert read_manifest(root) is not None
    (warning,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert "报告未能写完" in warning
    assert "磁盘已满" in warning
    assert not (root.reports / "000001" / "findings.csv").exists()
    again = night()
    assert [(one.kind, one.names) for one in again.recovered] == [("report", ("000001",))]
    assert (root.reports / "000001" / "docs" / "index.html").exists(), "its pages too, of what the first had left"
    assert (again.run, again.unwritten) == (None, ())


@pytest.mark.parametrize(
    ("name", "what"), [("find_lapsed", "comparison"), ("overdue_of", "comparison"), ("tell_run", "artifacts")]
)
def test_so_is_all_that_follows_a_warning(
    name: str, what: str, night: Callable[[], Summary], monkeypatch: pytest.MonkeyPatch
) -> None:
    # plain_flows puts the function in the place of a task: what is patched afterwards is what the flow calls.
    monkeypatch.setattr(f"flows.pipeline.{name}", full)
    done = night()
    assert (done.run, done.version, done.unwritten) == ("000001", "000001", (what,))


def test_what_fails_before_is_a_failure(night: Callable[[], Summary], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.publish.publish", full)
    with pytest.raises(DiskError, match="No space"):
        night()
