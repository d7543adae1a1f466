"""Prefect's API, asked for what the work does not hang on: briefly, and to no harm.

A run that has committed and published has done its work, whether Prefect hears of it or not. By itself Prefect asks a
server that does not answer six times, for a minute each, and then the run has failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any
from uuid import UUID

import httpx
from prefect import State
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas import OrchestrationResult
from prefect.client.schemas.actions import ArtifactCreate
from prefect.client.schemas.responses import SetStateStatus, StateAcceptDetails
from prefect.context import FlowRunContext, TaskRunContext
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from warehouse.messages.log import log

# How long an answer is waited for; a connection, which httpx tries four times, for a quarter of it.
SECONDS = 10.0
UNANSWERED = (httpx.TransportError, httpx.HTTPStatusError)
# Set for good when Prefect did not answer: what it has not been told by then, nobody waits to tell it.
unanswered = Event()


@contextmanager
def brief_client() -> Iterator[SyncPrefectClient]:
    """A client of its own that asks once and waits for SECONDS. What it raises is in UNANSWERED."""
    timeout = httpx.Timeout(SECONDS, connect=SECONDS / 4)
    with (
        temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}),
        get_client({"timeout": timeout}, sync_client=True) as client,
    ):
        yield client


def leave_artifact(client: SyncPrefectClient, kind: str, key: str, data: Any, description: str) -> UUID:
    """Leaves an artifact with the run at hand; its id."""
    task, flow = TaskRunContext.get(), FlowRunContext.get()
    artifact = ArtifactCreate(
        type=kind,
        key=key,
        description=description,
        data=json.dumps(data) if kind == "table" else data,
        task_run_id=task.task_run.id if task else None,
        flow_run_id=flow.flow_run.id if flow and flow.flow_run else None,
    )
    return client.create_artifact(artifact).id


def spare_the_end() -> None:
    """Lets the flow run at hand end as it does where Prefect cannot be told of it: that is a warning then.

    Otherwise the work would fail in the end for want of a listener, and its own error, had it one, be lost. A run of a
    deployment is told of with Prefect's own patience, for its slot hangs on it; another one briefly: somebody waits.
    """
    flow = FlowRunContext.get()
    if flow is None or flow.flow_run is None or not isinstance(flow.client, SyncPrefectClient):
        return
    patient = flow.client.set_flow_run_state if flow.flow_run.deployment_id else None

    def told(flow_run_id: UUID | str, state: State[Any], force: bool = False) -> OrchestrationResult[Any]:  # noqa: FBT001, FBT002
        try:
            if patient:
                return patient(flow_run_id, state, force)
            if not unanswered.is_set():
                with brief_client() as client:
                    return client.set_flow_run_state(flow_run_id, state, force)
        except UNANSWERED as error:
            log.warning("Prefect: %r", error)
        unanswered.set()
        log.warning(
            "运行已结束(%s),但无法告知 Prefect; the run ended as %s, and Prefect could not be told of it",
            state.name, state.name,
        )  # fmt: skip
        return OrchestrationResult(state=state, status=SetStateStatus.ACCEPT, details=StateAcceptDetails())

    flow.client.set_flow_run_state = told  # type: ignore[method-assign]
