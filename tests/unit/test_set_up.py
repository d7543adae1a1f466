"""What `deploy/` sets up: Prefect is told what its settings are called, the units and the compose file say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from prefect.settings import Settings

from flows.dead_runs import NUMBER, carried_runs
from tests.documents import HOME

DEPLOY = HOME / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SHARED = dict(
    line.split("=", 1)
    for line in (DEPLOY / "prefect.env").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
ONE_RUN = UUID("48f8b919-77f0-41e3-94bf-2366f3437686")


def unit(file: Path) -> dict[str, dict[str, str]]:
    """The sections of a unit, with those that its kind has in common; of a key that is said twice, the last."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read([DEPLOY / "systemd" / "xianbao-.service.d" / "common.conf", file], encoding="utf-8")
    return {name: dict(parser[name]) for name in parser.sections()}


def test_prefect_knows_each_setting_that_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    before = Settings().to_environment_variables(exclude_unset=False)
    for name, value in SHARED.items():
        monkeypatch.setenv(name, value)
    told = Settings()
    after = told.to_environment_variables(exclude_unset=False)
    ours = {name for name in SHARED if name.startswith("PREFECT_")}
    assert {name for name in ours if before.get(name) == after.get(name)} == set(), "unknown, or the default"
    assert told.server.concurrency.lease_storage.endswith(".filesystem")
    assert told.server.services.db_vacuum.enabled_vacuum_types >= {"events", "flow_runs"}


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.stem)
def test_a_unit_comes_again_runs_in_any_order_and_has_the_shared_settings_and_the_secrets(file: Path) -> None:
    said = unit(file)
    assert said["Service"]["Restart"] in {"always", "on-failure"}
    assert said["Unit"]["StartLimitIntervalSec"] == "0", "it is tried for ever"
    assert not {"Requires", "BindsTo", "Requisite"} & said["Unit"].keys()
    assert said["Service"]["EnvironmentFile"] == "/etc/xianbao/xianbao.env"
    program = said["Service"]["ExecStart"].split()[0].removeprefix("/opt/xianbao/")
    assert program.startswith(".venv/bin/") or os.access(HOME / program, os.X_OK)
    assert said["Install"] == {"WantedBy": "multi-user.target"}


def test_a_worker_is_given_longer_to_end_than_a_night_may_take() -> None:
    from flows.settings import Settings as Ours  # noqa: PLC0415

    (worker,) = [unit(file)["Service"] for file in UNITS if "worker" in file.stem]
    assert worker["KillMode"] == "mixed", "only the script is told, which waits for the run"
    for given in (worker["TimeoutStopSec"], COMPOSE["services"]["worker"]["stop_grace_period"]):
        assert int(given.removesuffix("h")) * 3600 > Ours().run_timeout_seconds


def test_the_compose_file_has_the_shared_settings_and_no_secret() -> None:
    ours = {name: one for name, one in COMPOSE["services"].items() if name != "database"}
    assert {one["env_file"] for one in ours.values()} == {"prefect.env"}
    assert all((HOME / one["command"][0]).exists() or one["command"][0] == "prefect" for one in ours.values())
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"(?i)passw\w+: (\S+)", text) == ["${PREFECT_DATABASE_PASSWORD:?a"]


def test_a_run_is_carried_as_long_as_a_process_has_its_number() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env={**os.environ, NUMBER: str(ONE_RUN)}
    ) as process:
        while ONE_RUN not in carried_runs():
            assert process.poll() is None
        process.communicate(b"\n")
    assert ONE_RUN not in carried_runs()
