"""`xianbao doctor` and a real Prefect server: a run that is late, a slot that nobody holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, GlobalConcurrencyLimitUpdate
from prefect.client.schemas.schedules import CronSchedule
from prefect.states import Running, Scheduled

from tests.flow.conftest import Served


@flow
def nightly() -> None:
    """Is not run here."""


def checks(own: Served) -> dict[str, Any]:
    return {one["check"]: one for one in json.loads(own.say("doctor", "--json").stdout)}


def test_what_a_real_server_says_of_late_runs_and_slots_is_told(own: Served, prefect_server: dict[str, str]) -> None:
    with SyncPrefectClient(prefect_server["PREFECT_API_URL"]) as client:
        schedule = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 2 * * *"))
        made = client.create_deployment(
            client.create_flow(nightly), "nightly", schedules=[schedule], concurrency_limit=1, entrypoint="x.py:nightly"
        )
        try:
            found = checks(own)
            assert (found["prefect"]["good"], found["prefect_version"]["good"]) == (True, True)
            assert found["schedules"]["found"] == "nightly 没有计划 plans nothing"  # this server has no scheduler
            assert all(found[check]["good"] for check in ("late_runs", "dead_runs", "stuck_slots"))
            hour_ago = datetime.now(UTC) - timedelta(hours=1)
            late = client.create_flow_run_from_deployment(
                made, name="too late", state=Scheduled(scheduled_time=hour_ago)
            )
            client.update_global_concurrency_limit(f"deployment:{made}", GlobalConcurrencyLimitUpdate(active_slots=1))
            found = checks(own)
            assert found["schedules"]["good"]
            assert found["late_runs"]["found"] == late.name
            assert found["stuck_slots"]["found"] == f"nightly (deployment:{made})"
            client.create_flow_run_from_deployment(made, state=Running())
            found = checks(own)
            assert (found["stuck_slots"]["good"], found["dead_runs"]["good"]) == (True, True)
        finally:
            client.delete_deployment(made)
