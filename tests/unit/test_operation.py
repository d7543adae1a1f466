"""An operation without a server: its sentence in the run log, one that begins too late, the lines of its log."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect import State
from prefect.client.schemas.objects import FlowRun
from prefect.logging.formatters import JsonFormatter

from flows import operation as module
from flows.operation import operation
from warehouse.messages.errors import PermanentError, TransientError
from warehouse.messages.log import log, log_fields
from warehouse.reports.run_log import RunLogEntry, read
from warehouse.reports.run_summary import Summary
from warehouse.store.files import Root


@operation("work")
def work(summary: Summary) -> Summary:
    """Comes to what it is told."""
    log.info("at work", extra={"county": "140222"})
    return summary


@operation("count", says=lambda number: f"{number} 个; {number} of them")
def count(number: int) -> int:
    """Raises what the codebook would, for 0; hangs for a negative number."""
    if number < 0:
        time.sleep(60)
    if not number:
        raise PermanentError("没有; there is none")
    return number


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))


def last(folder: Path) -> RunLogEntry:
    return next(read(Root(folder / "root")))


def test_what_it_came_to_is_in_the_run_log_and_the_last_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert work.fn(Summary(run="000001", accepted=3)).accepted == 3
    assert last(tmp_path).message == "3 份报表; 3 returns"
    assert caplog.messages[-2:] == ["3 份报表; 3 returns", "无需处理; nothing to do"]
    assert count.fn(2) == 2
    assert last(tmp_path).message == caplog.messages[-1] == "2 个; 2 of them"


def test_a_fault_is_raised_as_it_is_and_stands_in_the_run_log(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="there is none"):
        count.fn(0)
    assert (last(tmp_path).state, last(tmp_path).message) == ("failed", "没有; there is none")


def test_an_operation_that_hangs_fails_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_RUN_TIMEOUT_SECONDS", "0.05")
    with pytest.raises(TransientError, match=r"count 超过 0\.05 秒\(XIANBAO_RUN_TIMEOUT_SECONDS\)"):
        count.fn(-1)
    assert last(tmp_path).state == "failed"


@pytest.mark.parametrize(("hours", "skipped"), [(11.9, False), (72.0, True)])
def test_one_that_begins_too_late_is_skipped_where_a_setting_says_so_and_says_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hours: float,
    skipped: bool,  # noqa: FBT001
) -> None:
    monkeypatch.setattr(module, "_hours_late", lambda: hours)
    monkeypatch.setenv("XIANBAO_LATE_START", "skip")
    done: object = count.fn(2)
    if not skipped:
        assert (done, last(tmp_path).state) == (2, "completed")
        return
    assert isinstance(done, State)
    assert (done.name, done.type) == ("Skipped", "COMPLETED")
    assert done.message == last(tmp_path).message
    assert last(tmp_path).state == "skipped"
    assert "72.0 hours late and skipped" in last(tmp_path).message


def test_one_that_begins_late_says_so_where_it_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_hours_late", lambda: 72.0)
    assert count.fn(2) == 2
    assert last(tmp_path).message == "2 个; 2 of them; 晚 72.0 小时开始 started 72.0 hours late"


@pytest.mark.parametrize(("laid_out", "hours"), [(True, 72), (False, 0)])
def test_only_what_a_schedule_laid_out_is_late(
    monkeypatch: pytest.MonkeyPatch,
    laid_out: bool,  # noqa: FBT001
    hours: float,
) -> None:
    due = datetime.now(UTC) - timedelta(days=3)
    run = FlowRun(flow_id=uuid4(), auto_scheduled=laid_out, expected_start_time=due)
    monkeypatch.setattr(module.FlowRunContext, "get", lambda: SimpleNamespace(flow_run=run))
    assert module._hours_late() == pytest.approx(hours, abs=0.1)


def test_a_line_of_the_log_has_its_flow_run_and_county_as_fields_for_machines(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setenv("XIANBAO_LOG_FORMAT", "json")
    plain = [(handler, handler.formatter) for handler in logging.getLogger().handlers]
    try:
        with log_fields(run="000001"):
            work.fn(Summary())
        assert all(isinstance(handler.formatter, JsonFormatter) for handler, _ in plain)
        said = [json.loads(JsonFormatter("default", "", "%").format(record)) for record in caplog.records]
    finally:
        for handler, formatter in plain:
            handler.setFormatter(formatter)
    (line,) = [one for one in said if one["msg"] == "at work"]
    assert (line["flow"], line["run"], line["county"]) == ("work", "000001", "140222")


def test_a_line_with_a_per_cent_sign_is_taken_as_it_stands(caplog: pytest.LogCaptureFixture) -> None:
    log.warning("%s", "5% s\nof it")
    assert caplog.messages == ["5% s of it"]
