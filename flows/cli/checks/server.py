"""The Prefect server: can it be asked, of which version is it, do its schedules run, does a dead run hold a slot.

Asked only where `PREFECT_API_URL` names one: a server that Prefect starts for a command has nothing to tell.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.cli.checks.inspected import Inspected
from flows.settings import QUIET, Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.client.schemas.responses import DeploymentResponse

URL = "PREFECT_API_URL"
NAME = "Prefect 服务 server"
SECONDS = 10
HEARTBEAT = "prefect.flow-run.heartbeat"
HOUR = 3600


@dataclass(frozen=True)
class ServerState:
    """What a server says: its version, our deployments, runs that are under way with when each was last heard of, runs
    that are to begin, and which of these should have begun.
    """

    version: str
    deployments: tuple[DeploymentResponse, ...] = ()
    running: tuple[FlowRun, ...] = ()
    heartbeats: Mapping[UUID, datetime | None] = field(default_factory=dict)
    planned: frozenset[UUID | None] = frozenset()
    late: tuple[FlowRun, ...] = ()


def check_server(settings: Settings, now: datetime | None = None) -> list[Inspected]:
    """One entry that says why, where there is no server to ask or it does not answer."""
    if URL not in os.environ:
        return [Inspected("prefect", NAME, f"未查询 not asked: {URL} 未设置 is not set", good=True)]
    for name, value in (QUIET | {"PREFECT_CLIENT_MAX_RETRIES": "0"}).items():
        os.environ.setdefault(name, value)
    from httpx import HTTPError
    from prefect.client.orchestration import get_client

    moment = now or datetime.now(UTC)
    try:
        with get_client(httpx_settings={"timeout": SECONDS}, sync_client=True) as client:
            state = ask(client, moment - timedelta(seconds=settings.alert_late_seconds))
    except (HTTPError, ValueError) as error:  # another one may answer there, in no words of Prefect's
        advice = f"启动服务或更正 {URL}; start it, or correct {URL} ({' '.join(str(error).split())})"
        return [Inspected("prefect", NAME, f"无应答 no answer: {_url()}", good=False, advice=advice)]
    return inspect(state, settings, moment)


def _url() -> str:
    """Where it is, without a password that the URL may have."""
    import httpx

    return str(httpx.URL(os.environ.get(URL, "")).copy_with(userinfo=b""))


def ask(client: SyncPrefectClient, late_before: datetime) -> ServerState:
    """What the server says now; runs that were to begin earlier are late. Raises httpx.HTTPError."""
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter

    def runs(*states: str, **more: Any) -> tuple[FlowRun, ...]:
        chosen = {"state": {"type": {"any_": states}}, "deployment_id": {"is_null_": False}, **more}
        return tuple(client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(chosen)))

    def heard(run: FlowRun) -> datetime | None:
        of = EventResourceFilter(id=[f"prefect.flow-run.{run.id}"])
        events = client.read_events(EventFilter(event=EventNameFilter(name=[HEARTBEAT]), resource=of), limit=1).events
        return events[0].occurred if events else None

    running = runs("RUNNING", "PENDING", "CANCELLING")
    return ServerState(
        version=client.api_version(),
        deployments=tuple(client.read_deployments()),
        running=running,
        heartbeats={run.id: heard(run) for run in running},
        planned=frozenset(run.deployment_id for run in runs("SCHEDULED")),
        late=runs("SCHEDULED", expected_start_time={"before_": late_before}),
    )


def inspect(state: ServerState, settings: Settings, now: datetime) -> list[Inspected]:
    """The server's version, schedules, late runs, dead runs, slots that no run holds."""
    import prefect

    return [
        Inspected("prefect", NAME, _url(), good=True),
        Inspected(
            "prefect_version", "Prefect 版本 version", f"服务 server {state.version}, 本机 here {prefect.__version__}",
            state.version == prefect.__version__, "服务与本机用同一版本; the same version for both",
        ),
        _of("schedules", "排程 schedules", _unplanned(state),
            "prefect deploy --all; 或恢复排程 or resume them; 见 see docs/how-to/schedule.md"),
        _of("late_runs", "逾时未开始 late runs", (run.name for run in state.late),
            "启动 worker; start a worker: prefect worker start --pool xianbao"),
        _of("dead_runs", "失联的运行 runs that are gone", _gone(state, settings, now),
            "确认进程已不在,再标为 Crashed; see that its process is gone, then set its state to Crashed in the UI"),
        _of("stuck_slots", "无主的并发名额 slots that no run holds", _stuck(state),
            "prefect gcl update deployment:<id> --active-slots 0; 之后运行继续 runs go on then"),
    ]  # fmt: skip


def _of(check: str, name: str, wrong: Iterable[str], advice: str) -> Inspected:
    """Good where there is nothing wrong."""
    found = ", ".join(wrong)
    return Inspected(check, name, found or "无 none", not found, advice)


def _unplanned(state: ServerState) -> Iterator[str]:
    """Deployments whose schedule is stopped or plans nothing; that of the nights where it is not there."""
    if "nightly" not in {one.name for one in state.deployments}:
        yield "nightly 未部署 is not deployed"
    for one in state.deployments:
        if one.paused and one.schedules:
            yield f"{one.name} 已暂停 is paused"
        elif one.id not in state.planned and any(schedule.active for schedule in one.schedules):
            yield f"{one.name} 没有计划 plans nothing"


def _gone(state: ServerState, settings: Settings, now: datetime) -> Iterator[str]:
    """Runs under way that have been silent for too long, and where they give no sign at all, that take too long."""
    for run in state.running:
        if run.start_time is None:
            continue
        beat = state.heartbeats.get(run.id)
        most = settings.alert_heartbeat_seconds if beat else settings.run_timeout_seconds
        silent = (now - (beat or run.start_time)).total_seconds()
        if silent > most:
            yield f"{run.name} ({silent / HOUR:.1f} h)"


def _stuck(state: ServerState) -> Iterator[str]:
    """Deployments more of whose slots are taken than runs of theirs are under way."""
    for one in state.deployments:
        limit = one.global_concurrency_limit
        held = sum(run.deployment_id == one.id for run in state.running)
        if limit is not None and limit.active_slots > held:
            yield f"{one.name} (deployment:{one.id})"
