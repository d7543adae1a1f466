"""What prefect.yaml deploys: flows that exist, one run at a time, described in Chinese and English."""

from __future__ import annotations

import os
import re
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule

HOME = Path(__file__).parents[2]
DEPLOYED: list[dict[str, Any]] = yaml.safe_load((HOME / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
EACH = pytest.mark.parametrize("one", DEPLOYED, ids=lambda one: one["name"])


def flow_of(deployment: dict[str, Any]) -> Flow[..., Any]:
    """What its entry point leads to."""
    file, name = deployment["entrypoint"].split(":")
    found = getattr(import_module(file.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(found, Flow)
    return found


@EACH
def test_a_deployment_leads_to_a_flow_of_its_name_that_takes_its_parameters(one: dict[str, Any]) -> None:
    assert (HOME / one["entrypoint"].split(":")[0]).is_file()
    flow = flow_of(one)
    assert flow.name == one["name"]
    assert one.get("parameters", {}).keys() <= flow.parameters.properties.keys()


@EACH
def test_a_deployment_runs_once_at_a_time_and_says_what_it_does_in_both_languages(one: dict[str, Any]) -> None:
    assert one["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
    assert re.search(r"[A-Za-z]{2}.*[\u4e00-\u9fff]", one["description"])


@EACH
def test_a_schedule_is_in_the_provinces_time_and_gives_its_flow_all_that_it_needs(one: dict[str, Any]) -> None:
    for schedule in one.get("schedules", []):
        assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).timezone == "Asia/Shanghai"
        flow_of(one).validate_parameters(one.get("parameters", {}))


def test_a_backup_is_scheduled_where_it_has_somewhere_to_go_to() -> None:
    (backup,) = [one for one in DEPLOYED if one["name"] == "backup"]
    assert [schedule["active"] for schedule in backup["schedules"]] == ["{{ $XIANBAO_BACKUP_SCHEDULED }}"]
    for destination, scheduled in (("", "false"), ("/mnt/backup", "true")):
        told = subprocess.run(
            ["sh", "-c", '. deploy/environment; echo "$XIANBAO_BACKUP_SCHEDULED"', HOME / "deploy" / "apply"],
            cwd=HOME, env={**os.environ, "XIANBAO_BACKUP_DESTINATION": destination}, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        assert told.stdout.strip() == scheduled
