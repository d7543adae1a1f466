"""What Prefect shows of an operation: its name, tags, state and log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.nightly import nightly
from flows.rejudge import backfill
from flows.settings import QUIET
from tests.builders import RECEIVED, TIANZHEN, YANGGAO, finance, loans, send
from tests.flow.conftest import until
from warehouse.messages.errors import TransientError
from warehouse.reports.run_log import read
from warehouse.store import journal
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")


@pytest.fixture
def api(prefect_server: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncPrefectClient]:
    """The server that flows of this process are told to; and where their settings say that root and inbox are."""
    for name, value in (("ROOT", tmp_path / "root"), ("INBOX", tmp_path / "inbox"), ("SETTLE_SECONDS", 0)):
        monkeypatch.setenv(f"XIANBAO_{name}", str(value))
    url, handler, ours = prefect_server["PREFECT_API_URL"], APILogHandler(), logging.getLogger("xianbao")
    ours.addHandler(handler)  # as PREFECT_LOGGING_EXTRA_LOGGERS does
    try:
        with temporary_settings({PREFECT_API_URL: url}), SyncPrefectClient(url) as client:
            yield client
            handler.flush()
    finally:
        ours.removeHandler(handler)


def last_run(api: SyncPrefectClient, folder: Path) -> FlowRun:
    """The flow run that the last line of the run log is of."""
    return api.read_flow_run(UUID(next(read(Root(folder / "root"))).prefect_run))


def messages(api: SyncPrefectClient, run: FlowRun) -> list[str]:
    of_it: Any = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
    return [line.message for line in api.read_logs(of_it)]


def test_a_night_is_named_tagged_and_ends_in_a_sentence_and_its_log_in_what_to_do(
    api: SyncPrefectClient, tmp_path: Path
) -> None:
    send(tmp_path / "inbox", loans(finance(1000)), loans(finance(lent=1, households=-1), county=TIANZHEN))
    assert nightly(received_at=RECEIVED).quarantined == 1
    run = last_run(api, tmp_path)
    assert run.name == f"nightly {RECEIVED.astimezone():%Y-%m-%d} run 000001"
    assert set(run.tags) == {"province:140000", "period:2017-12"}
    assert run.state is not None
    assert run.state.message == next(read(Root(tmp_path / "root"))).message
    assert str(run.state.message).startswith("2 份报表,退回 1 份")
    until(30, "its log has come", lambda: any("findings.csv" in line for line in messages(api, run)))
    lines = messages(api, run)
    assert [line for line in lines if line.startswith(f"{TIANZHEN} 2017-12 finance 退回 quarantined")]
    assert [line for line in lines if line.startswith("receive 2 files: ")]


def test_a_night_without_its_inbox_s_marker_fails_with_the_sentence_as_its_state(
    api: SyncPrefectClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inbox").mkdir()
    monkeypatch.setenv("XIANBAO_INBOX_MARKER", "MOUNTED")
    with pytest.raises(TransientError, match="lacks its marker MOUNTED") as told:
        nightly()
    state = last_run(api, tmp_path).state
    assert state is not None
    assert (state.type, state.name, state.message) == ("FAILED", "Failed", str(told.value))


def test_a_backfill_works_through_its_periods_oldest_first_a_run_each(
    api: SyncPrefectClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    send(tmp_path / "inbox", loans(finance(1000)), loans(finance(900), period="2017-11"))
    send(tmp_path / "inbox" / "b", loans(finance(7), county=TIANZHEN), loans(finance(8), period="2018-06"))
    nightly(received_at=RECEIVED)
    done = backfill("2017-11", "2017-12", counties=[f"{YANGGAO} 大同市阳高县"], received_at=RECEIVED)
    assert [line for line in caplog.messages if line in {"2017-11: 1/2", "2017-12: 2/2"}] == [
        "2017-11: 1/2",
        "2017-12: 2/2",
    ]
    assert (done.returns, done.changes) == (2, ())
    assert journal.runs(Root(tmp_path / "root")) == ["000001"], "nothing was decided otherwise"
    assert str(last_run(api, tmp_path).state.message).startswith("重新核对 2 份报表,0 份结果有变")  # type: ignore[union-attr]


def test_our_lines_are_told_to_prefect_by_the_command_line_as_by_a_worker() -> None:
    assert QUIET["PREFECT_LOGGING_EXTRA_LOGGERS"] == "xianbao"
