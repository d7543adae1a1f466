"""What prefect.yaml deploys: flows that exist, one run at a time, described in Chinese and English."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule

HOME = Path(__file__).parents[2]
DEPLOYED: list[dict[str, Any]] = yaml.safe_load((HOME / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
SCHEDULE = HOME / "docs" / "how-to" / "schedule.md"
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


def test_the_schedules_to_add_are_of_deployments_without_one_and_give_their_flows_what_they_need() -> None:
    (lines,) = [t.content for t in MarkdownIt().parse(SCHEDULE.read_text(encoding="utf-8")) if t.info == "yaml"]
    by_name = {one["name"]: one for one in DEPLOYED}
    added = yaml.safe_load(lines)
    assert [one["name"] for one in added] == ["backup", "verify"]
    for one in added:
        assert "schedules" not in by_name[one["name"]]
        flow_of(by_name[one["name"]]).validate_parameters(one.get("parameters", {}))
        (schedule,) = one["schedules"]
        assert CronSchedule(**schedule).timezone == "Asia/Shanghai"
