"""A machine on which xianbao is served, as tests see it: what is started on it by the scripts of `deploy/`, told to end
and killed, and what is asked of its server. What happens is printed with its time: `make loop` shows it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Scheduled

from flows.dead_runs import NUMBER
from tests.flow.conftest import BIN, HOME, server_environment, until
from warehouse.store.files import Root

START_SECONDS, RUN_SECONDS = 240, 240


@dataclass
class Machine:
    """A folder with a root, an inbox and a place for backups; its server's port is free."""

    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        served = self.folder / "root" / "serve"
        served.mkdir(parents=True)
        self.inbox.mkdir()
        self.environment = server_environment(served) | {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_WORKER_PREFETCH_SECONDS": "1",
            "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_RUNS": "4",
            "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
            "XIANBAO_ROOT": str(self.root.path),
            "XIANBAO_INBOX": str(self.inbox),
            "XIANBAO_BACKUP_DESTINATION": str(self.disk),
        }

    @property
    def root(self) -> Root:
        return Root(self.folder / "root")

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def disk(self) -> Path:
        """Where backups go."""
        return self.folder / "disk"

    def say(self, script: str) -> str:
        """What a script of `deploy/` says, which ends well. It is started as from a shell that is no terminal's."""
        done = subprocess.run(
            [HOME / "deploy" / script], env=self.environment, capture_output=True, text=True, timeout=START_SECONDS,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}:\n{done.stdout}\n{done.stderr}"
        tell(f"{script}: {done.stdout.strip()}")
        return done.stdout

    def pid(self, name: str) -> int:
        """The number of the process that `serve` started last under that name."""
        return int((self.root.path / "serve" / f"{name}.pid").read_text())

    def log(self, name: str) -> str:
        return (self.root.path / "serve" / f"{name}.log").read_text(encoding="utf-8")

    def processes(self) -> dict[int, bytes]:
        """What is at work for this root, by its number, with its environment."""
        own = f"XIANBAO_ROOT={self.root.path}".encode()
        found = {}
        for file in Path("/proc").glob("[0-9]*/environ"):
            try:
                said = file.read_bytes()
            except (PermissionError, FileNotFoundError, ProcessLookupError):
                continue
            if own in said.split(b"\0"):
                found[int(file.parent.name)] = said
        return found

    def carries(self) -> bool:
        """Whether a process carries a run."""
        return any(NUMBER.encode() in said for said in self.processes().values())

    def lose_power(self) -> None:
        """Server, worker, run and what they started end at once, without a word."""
        while left := self.processes():
            for one in left:
                os.kill(one, signal.SIGKILL)
            time.sleep(0.1)
        tell("kill -9: server, worker, run")

    def events(self, run: UUID) -> set[str]:
        """The names of the events that a flow run has emitted."""
        asked = {"filter": {"related": {"id": [f"prefect.flow-run.{run}"]}}, "limit": 50}
        answer = httpx.post(f"{self.environment['PREFECT_API_URL']}/events/filter", json=asked, timeout=60)
        return {one["event"] for one in answer.raise_for_status().json()["events"]}

    @contextmanager
    def api(self) -> Iterator[SyncPrefectClient]:
        with SyncPrefectClient(self.environment["PREFECT_API_URL"]) as api:
            yield api

    def trigger(self, deployment: str, **parameters: object) -> UUID:
        """A run of a deployment, as its button in Prefect's pages makes it."""
        with self.api() as api:
            deployed = api.read_deployment_by_name(f"{deployment}/{deployment}").id
            made = api.create_flow_run_from_deployment(deployed, parameters=parameters)
        tell(f"{deployment} {made.name}: triggered")
        return made.id

    def miss(self, run: FlowRun, hours: float, late_start: str = "run") -> UUID:
        """Lets a run that the cron has laid out have been due so many hours ago, as when the machine was off; what is
        to be done about that is a setting.
        """
        due = datetime.now(UTC) - timedelta(hours=hours)
        with sqlite3.connect(self.root.path / "serve" / "prefect.db", timeout=60) as database:
            database.execute(
                "UPDATE flow_run SET expected_start_time = ? WHERE id = ?", (f"{due:%Y-%m-%d %H:%M:%S.%f}", str(run.id))
            )
        with self.api() as api:
            api.update_flow_run(run.id, job_variables={"env": {"XIANBAO_LATE_START": late_start}})
            api.set_flow_run_state(run.id, Scheduled(scheduled_time=due), force=True)
        tell(f"{run.name}: due {hours:g} hours ago, XIANBAO_LATE_START={late_start}")
        return run.id

    def run_of(self, number: UUID) -> FlowRun:
        with self.api() as api:
            return api.read_flow_run(number)

    def wait_for(self, number: UUID, *names: str) -> FlowRun:
        """The run, once its state has one of the names."""
        self.until(f"the run is {names}", lambda: self.run_of(number).state_name in names)
        run = self.run_of(number)
        assert run.state is not None
        tell(f"{run.name}: {run.state_name} {run.state.message or ''}")
        return run

    def do(self, deployment: str, **parameters: object) -> FlowRun:
        """Runs a deployment to its end."""
        return self.wait_for(self.trigger(deployment, **parameters), "Completed", "Failed", "Crashed")

    def scheduled(self, flow: str) -> list[FlowRun]:
        """The runs that the cron has laid out."""
        with self.api() as api:
            return api.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
                flow_run_filter=FlowRunFilter(
                    state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
                ),
            )

    def until(self, what: str, true: Callable[[], bool]) -> None:
        until(RUN_SECONDS, what, true)


def tell(what: str) -> None:
    """A line of what happens, with its time."""
    sys.stdout.write(f"{datetime.now().astimezone():%H:%M:%S} {what}\n")
    sys.stdout.flush()
