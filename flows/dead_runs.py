"""Flow runs that no process carries on any more, as after a power cut. Prefect calls them Running for ever, and their
deployment's slot is theirs, so that no later run of it begins.

A process that carries a run has its number in its environment, so that this can be told of every run of this machine;
all runs of the pool are, for a root belongs to one machine. Prefect has heartbeats for this, which take minutes, and an
automation that somebody has to apply.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Crashed, Scheduled

from warehouse.messages.log import log

POOL = "xianbao"
NUMBER = "PREFECT__FLOW_RUN_ID"  # in the environment of a process that carries a run
GONE = "进程已不存在(如断电、重启),下次运行会完成剩余工作; its process is gone, the next run finishes what is left"
BEGUN = (StateType.RUNNING, StateType.CANCELLING)


def mark_dead_runs(states: Collection[StateType] = BEGUN) -> list[FlowRun]:
    """Marks the runs of the pool in one of the states that have no process as Crashed, which frees their slots, and
    lays those that had not begun (PENDING) out anew; the runs, as they were. None where the server does not answer.
    """
    try:
        return _mark_dead_runs(states)
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        log.warning("无法查找中断的批次; runs that died could not be looked for: %s", error)
        return []


def _mark_dead_runs(states: Collection[StateType]) -> list[FlowRun]:
    with get_client(sync_client=True) as api:
        in_hand = {run.id for run in _in_hand(api, states)}
        without = in_hand - carried_runs()
        # Asked again: one that has just come to its end has no process either.
        dead = [run for run in _in_hand(api, states) if run.id in without] if without else []
        for run in dead:
            _settle(api, run)
    return dead


def _settle(api: SyncPrefectClient, run: FlowRun) -> None:
    """One run that has no process."""
    if run.state_type == StateType.PENDING:
        log.warning("%s 尚未开始,重新排入; had not begun and is laid out anew", run.name)
        api.set_flow_run_state(run.id, Scheduled(message="领取它的 worker 已中断; the worker that took it is gone"))
    else:
        log.warning("%s 的进程已不存在,标记为 Crashed; has no process any more: it is marked as Crashed", run.name)
        api.set_flow_run_state(run.id, Crashed(message=GONE))


def carried_runs() -> set[UUID]:
    """The numbers of the runs that processes of this machine carry, as far as this user may look."""
    found: set[UUID] = set()
    number = NUMBER.encode()
    for process in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = process.read_bytes().split(b"\0")
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue  # another's, or it has just ended
        pairs = (one.partition(b"=") for one in variables)
        found.update(UUID(value.decode()) for name, _, value in pairs if name == number)
    return found


def _in_hand(api: SyncPrefectClient, states: Collection[StateType]) -> list[FlowRun]:
    """The runs of the pool that are in one of the states."""
    return api.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[*states]))),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL])),
    )


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    mark_dead_runs((*BEGUN, StateType.PENDING))
