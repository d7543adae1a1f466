"""A flow that is interrupted while it waits for the root: as a command, and as a worker runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from flows.cli.interrupt import SENTENCE
from tests.flow.conftest import HOME, SERVER_SECONDS, environment_of, until
from warehouse.reports.run_log import read
from warehouse.store.files import Root

COMMAND = ["-m", "flows.cli", "run", "--json"]
# Prefect's own way to run a flow: nothing of the command line is there.
AS_A_WORKER = ["-c", "from flows.nightly import nightly; nightly()"]


def flow_runs(server: dict[str, str], state: str) -> set[str]:
    """The flow runs in a state."""
    asked = {"flow_runs": {"state": {"type": {"any_": [state]}}}}
    answer = httpx.post(f"{server['PREFECT_API_URL']}/flow_runs/filter", json=asked)
    return {one["id"] for one in answer.json()}


@pytest.mark.parametrize(
    ("words", "number", "code"),
    [(COMMAND, signal.SIGINT, 130), (COMMAND, signal.SIGTERM, 143), (AS_A_WORKER, signal.SIGTERM, -signal.SIGTERM)],
)
def test_an_interrupted_flow_is_crashed_stands_in_the_run_log_and_frees_the_root(
    prefect_server: dict[str, str], tmp_path: Path, words: list[str], number: signal.Signals, code: int
) -> None:
    root = Root(tmp_path / "root")
    (tmp_path / "inbox").mkdir()
    environment = {**environment_of(tmp_path), **prefect_server}
    before = flow_runs(prefect_server, "RUNNING")
    with root.lock(0):
        process = subprocess.Popen(
            [sys.executable, *words], env=environment, cwd=HOME, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        until(SERVER_SECONDS, "the flow runs", lambda: bool(flow_runs(prefect_server, "RUNNING") - before))
        (own,) = flow_runs(prefect_server, "RUNNING") - before
        process.send_signal(number)
        _, complained = process.communicate(timeout=60)
    assert process.returncode == code
    assert words == AS_A_WORKER or complained == SENTENCE
    assert own in flow_runs(prefect_server, "CRASHED")
    assert [(one.flow, one.state, one.prefect_run) for one in read(root)] == [("nightly", "interrupted", own)]
    with root.lock(0):
        assert [*root.work.glob("*")] == []
