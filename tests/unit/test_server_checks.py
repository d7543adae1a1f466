"""What `xianbao doctor` makes of what a Prefect server says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import prefect
import pytest
from prefect.client.schemas.objects import DeploymentSchedule, FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows.cli.checks.server import ServerState, check_server, inspect
from flows.cli.doctor import examine
from flows.settings import Settings
from tests.documents import sections

NOW = datetime(2018, 7, 2, 3, tzinfo=UTC)


def deployment(name: str = "nightly", *, slots: int = 0, active: bool = True, **values: Any) -> DeploymentResponse:
    """One with a schedule, and as many of its slots taken."""
    schedule = DeploymentSchedule(schedule=CronSchedule(cron="0 2 * * *"), active=active)
    limit = {"id": uuid4(), "name": "deployment:x", "limit": 1, "active_slots": slots, "active": True, "created": NOW}
    limit |= {"updated": NOW, "slot_decay_per_second": 0}
    return DeploymentResponse.model_validate(
        {
            "id": uuid4(), "name": name, "flow_id": uuid4(), "schedules": [schedule.model_dump()],
            "global_concurrency_limit": limit, **values,
        }
    )  # fmt: skip


def run_of(deployment_id: UUID | None, hours: float, name: str = "nightly 2018-07-02") -> FlowRun:
    """One under way, begun so many hours ago."""
    begun = NOW - timedelta(hours=hours)
    return FlowRun(flow_id=uuid4(), deployment_id=deployment_id, name=name, start_time=begun)


def wrong(**said: Any) -> dict[str, str]:
    """What is not as it should be, by check, where the server says this and else what it must."""
    nightly = deployment()
    usual = {"version": prefect.__version__, "deployments": (nightly,), "planned": frozenset([nightly.id])}
    return {one.check: one.found for one in inspect(ServerState(**(usual | said)), Settings(), NOW) if not one.good}


def test_a_server_that_runs_its_schedules_is_as_it_should_be() -> None:
    assert wrong() == {}


def test_another_version_is_told_with_both() -> None:
    assert wrong(version="3.0.0") == {"prefect_version": f"服务 server 3.0.0, 本机 here {prefect.__version__}"}


def test_nights_that_are_not_deployed_paused_or_not_planned_are_told() -> None:
    assert wrong(deployments=()) == {"schedules": "nightly 未部署 is not deployed"}
    assert wrong(deployments=(deployment(paused=True),)) == {"schedules": "nightly 已暂停 is paused"}
    assert wrong(planned=frozenset()) == {"schedules": "nightly 没有计划 plans nothing"}
    assert wrong(deployments=(deployment(), deployment("backup", active=False)), planned=frozenset())["schedules"] == (
        "nightly 没有计划 plans nothing"
    )


def test_a_run_that_should_have_begun_is_told() -> None:
    assert wrong(late=(run_of(uuid4(), 0),)) == {"late_runs": "nightly 2018-07-02"}


def test_a_run_that_gave_signs_and_gives_none_any_more_is_gone_soon_and_one_that_never_did_after_hours() -> None:
    nightly = deployment(slots=1)
    run = run_of(nightly.id, 3)
    usual: dict[str, Any] = {"deployments": (nightly,), "planned": frozenset([nightly.id]), "running": (run,)}
    assert wrong(**usual, heartbeats={run.id: NOW - timedelta(seconds=60)}) == {}
    assert wrong(**usual, heartbeats={run.id: NOW - timedelta(minutes=11)}) == {
        "dead_runs": "nightly 2018-07-02 (0.2 h)"
    }
    assert wrong(**usual, heartbeats={run.id: None}) == {}
    assert wrong(**usual | {"running": (run_of(nightly.id, 12.1),)}) == {"dead_runs": "nightly 2018-07-02 (12.1 h)"}


def test_a_slot_that_is_taken_while_no_run_of_the_deployment_is_under_way_is_told() -> None:
    nightly, other = deployment(slots=1), deployment("prune")
    usual: dict[str, Any] = {"deployments": (nightly, other), "planned": frozenset([nightly.id, other.id])}
    said = wrong(**usual, running=(run_of(other.id, 1),))
    assert said == {"stuck_slots": f"nightly (deployment:{nightly.id})"}
    assert wrong(**usual, running=(run_of(nightly.id, 1),)) == {}


def test_a_server_is_asked_only_where_one_is_named_and_one_that_does_not_answer_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (only,) = check_server(Settings())
    assert (only.good, only.found) == (True, "未查询 not asked: PREFECT_API_URL 未设置 is not set")
    url = "http://operator:hunter2@127.0.0.1:1/api"
    monkeypatch.setenv("PREFECT_API_URL", url)
    with temporary_settings({PREFECT_API_URL: url, PREFECT_CLIENT_MAX_RETRIES: 0}):  # those here were read long ago
        (only,) = check_server(Settings())
    assert (only.good, only.found) == (False, "无应答 no answer: http://127.0.0.1:1/api")
    assert "refused" in only.advice


def test_the_page_on_monitoring_names_every_check_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("XIANBAO_INBOX", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    settings = Settings()
    made = {one.check for one in (*examine(settings), *inspect(ServerState("3"), settings, NOW))}
    table = sections("docs/how-to/monitor.md")["A check for cron, or for any monitor"]
    named = {
        name for line in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(.+?)`", line)
    }
    assert named == made - {"settings"}  # which is never a fault
