"""What prefect.yaml deploys: flows that exist, one run at a time, described in Chinese and English."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.client.schemas.schedules import CronSchedule
from prefect.utilities.callables import parameter_schema

from flows.rejudge import backfill
from warehouse.codebook import load

HOME = Path(__file__).parents[2]
DEPLOYED: list[dict[str, Any]] = yaml.safe_load((HOME / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
BOTH = re.compile(r"[A-Za-z]{2}.*[\u4e00-\u9fff]|[\u4e00-\u9fff].*[A-Za-z]{2}")
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
    assert BOTH.search(one["description"])


def asked(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a form asks, a field each; of a model its fields."""
    for of in ({"properties": schema["properties"]}, *schema["definitions"].values()):
        yield from of["properties"].items()


@EACH
def test_a_form_asks_in_both_languages_and_lets_be_left_blank_what_may_be(one: dict[str, Any]) -> None:
    """As `prefect deploy` makes it. A default of None is sent back by the form, and refused as no text."""
    for name, field in asked(parameter_schema(flow_of(one)).model_dump()):
        assert "$ref" in field or BOTH.search(field["title"]), name
        assert BOTH.search(f"{field.get('title')} {field.get('description', '')}"), name
        assert "anyOf" not in field, name
        assert field.get("default", "") is not None, name


def test_a_form_offers_counties_by_name_and_datasets_of_the_codebook() -> None:
    schema = backfill.parameters.model_dump()["properties"]
    assert "140222 大同市天镇县" in schema["counties"]["items"]["enum"]
    assert [one.split(" ")[0] for one in schema["datasets"]["items"]["enum"]] == [*load().datasets]
    assert schema["first"]["pattern"].startswith("^[0-9]{4}-")
    assert backfill.parameters.required == ["first", "last"]


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
