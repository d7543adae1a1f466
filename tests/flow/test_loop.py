"""The schedule, for real: server, work pool, deployment, worker, run, marts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
import pytest
import yaml
from markdown_it import MarkdownIt
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType

from tests.flow.conftest import BIN, HOME, SERVER_SECONDS, background, healthy, server_environment, until
from warehouse.maintenance.verify import verify
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.synthetic import build_returns, write_returns

SCHEDULE = HOME / "docs" / "how-to" / "schedule.md"
COUNTIES = ("140222", "140925", "140105")
RUN_SECONDS, SCHEDULE_SECONDS = 240, 90


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    few = [r for r in build_returns(5) if r.period == "2017-12" and r.county_code in COUNTIES]
    write_returns(folder, few)
    return folder


@pytest.fixture
def environment(tmp_path: Path, inbox: Path) -> dict[str, str]:
    home = tmp_path / "prefect"
    home.mkdir()
    return {
        **server_environment(home),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "XIANBAO_HOME": str(HOME),
        "XIANBAO_ROOT": str(tmp_path / "root"),
        "XIANBAO_INBOX": str(inbox),
    }


def prefect(environment: dict[str, str], *words: str) -> None:
    """Runs the prefect command line to its end."""
    done = subprocess.run(
        [BIN / "prefect", "--no-prompt", *words],
        cwd=HOME,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"prefect {' '.join(words)}:\n{done.stdout}\n{done.stderr}"


def with_schedules(folder: Path) -> Path:
    """prefect.yaml with the lines that the schedule's page says to add, and a destination in the folder."""
    deployed = yaml.safe_load((HOME / "prefect.yaml").read_text(encoding="utf-8"))
    (lines,) = [t.content for t in MarkdownIt().parse(SCHEDULE.read_text(encoding="utf-8")) if t.info == "yaml"]
    added = {one["name"]: one for one in yaml.safe_load(lines.replace("/mnt/backup/xianbao", str(folder / "disk")))}
    for one in deployed["deployments"]:
        one.update(added.get(one["name"], {}))
    file = folder / "prefect.yaml"
    file.write_text(yaml.safe_dump(deployed, allow_unicode=True), encoding="utf-8")
    return file


def scheduled(environment: dict[str, str], flow: str) -> list[dict[str, object]]:
    """The runs that the cron has laid out."""
    query = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}, "flows": {"name": {"any_": [flow]}}}
    answer = httpx.post(f"{environment['PREFECT_API_URL']}/flow_runs/filter", json=query)
    return list(answer.raise_for_status().json())


def run(environment: dict[str, str], deployment: str, **parameters: object) -> None:
    """Runs a deployment to its end, as its button in Prefect's pages does; a server that is busy is asked again."""
    with SyncPrefectClient(environment["PREFECT_API_URL"]) as api:
        deployed = api.read_deployment_by_name(f"{deployment}/{deployment}")
        made = api.create_flow_run_from_deployment(deployed.id, parameters=parameters).id

        def ended() -> bool:
            state = api.read_flow_run(made).state
            return state is not None and state.is_final()

        until(RUN_SECONDS, f"{deployment} ends", ended)
        assert api.read_flow_run(made).state_type == StateType.COMPLETED, deployment


def test_a_deployed_night_runs_to_published_marts_and_its_cron_fires(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with background(environment, tmp_path / "server.log", "server", "start"):
        until(SERVER_SECONDS, "the server answers", lambda: healthy(environment))
        prefect(environment, "work-pool", "create", "xianbao", "--type", "process")
        prefect(environment, "deploy", "--all", "--prefect-file", str(with_schedules(tmp_path)))
        for flow, hour in (("nightly", "18:00"), ("backup", "21:00")):
            until(SCHEDULE_SECONDS, "the cron gives scheduled runs", lambda flow=flow: scheduled(environment, flow))
            times = {str(run["expected_start_time"])[11:16] for run in scheduled(environment, flow)}
            assert times == {hour}, "02:00 in Shanghai is 18:00 UTC, 05:00 is 21:00"
        with background(environment, tmp_path / "worker.log", "worker", "start", "--pool", "xianbao"):
            run(environment, "nightly")
            one = next((tmp_path / "inbox").rglob("140222*.xlsx"))
            run(environment, "submit", file=str(one))
            run(environment, "prune", keep_days=0)
            run(environment, "compact", at_least=2)
            run(environment, "backup")
    root = Root(tmp_path / "root")
    manifest = read_manifest(root)
    assert manifest is not None
    counted = manifest.scan(root, "mart_completeness").filter(received=True).collect()
    assert set(counted["county_code"]) == set(COUNTIES)
    assert (root.marts / "marts.duckdb").exists()
    backup = verify(Root(tmp_path / "disk"))
    assert (backup.faults, backup.entries) == ((), len(journal.runs(root)))
