"""The run log: a line an operation, whatever it came to."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.messages.errors import PermanentError
from warehouse.reports.run_log import last_completed, read, recorded
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


def test_each_operation_leaves_a_line_with_what_it_came_to_the_last_one_first(root: Root) -> None:
    with recorded(root, "nightly") as one:
        one.summary = Summary(run="000001", files=3, version="000001", late=("a file's name",))
    with recorded(root, "verify") as one:
        one.good = False
    with pytest.raises(PermanentError), recorded(root, "nightly"):
        raise PermanentError("no inbox")
    with pytest.raises(KeyboardInterrupt), recorded(root, "nightly"):
        raise KeyboardInterrupt
    found = [*read(root)]
    assert [(one.flow, one.state, one.message) for one in found] == [
        ("nightly", "interrupted", ""),
        ("nightly", "failed", "no inbox"),
        ("verify", "failed", ""),
        ("nightly", "completed", ""),
    ]
    assert all(one.started_at <= one.ended_at for one in found)
    assert last_completed(root, "nightly") == found[3]
    assert found[3].summary == Summary(run="000001", files=3, version="000001"), "no names of files"
    assert last_completed(root, "backup") is None


def test_a_line_that_a_crash_cut_short_hides_no_other(root: Root, caplog: pytest.LogCaptureFixture) -> None:
    with recorded(root, "nightly"):
        pass
    (log,) = root.run_log.iterdir()
    log.write_bytes(log.read_bytes()[:-20])
    with recorded(root, "prune"):
        pass
    assert [one.flow for one in read(root)] == ["prune"]
    assert "a line is not whole" in caplog.text


def test_a_run_log_that_cannot_be_written_fails_nothing(root: Root, caplog: pytest.LogCaptureFixture) -> None:
    root.path.mkdir()
    root.run_log.write_text("in its place")
    with recorded(root, "nightly"):
        pass
    assert "the run log cannot be written" in caplog.text
