"""Alerts, for real: a server with its triggers, a mail server, a webhook, and runs that fail, die, or never begin."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import DoNothing
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.states import Cancelled, Pending

from flows.alerts.apply import OWNER
from tests.flow.conftest import (
    BIN,
    SERVER_SECONDS,
    Served,
    background,
    commands_about,
    healthy,
    said,
    server_environment,
    until,
)
from tests.receivers import Received, mail_server, mute, webhook
from warehouse.reports.night_events import OVERDUE, PASSED, QUARANTINED, RESOURCE, THRESHOLD

SECONDS = 120
# The least that Prefect's triggers wait.
SHORT = 10
# Says in a file which process it is, for that is no child of what started it.
SLEEPER = """
from os import getpid
from pathlib import Path
from time import sleep
from prefect import flow
@flow(name="nightly")
def nightly() -> None:
    Path({pid!r}).write_text(str(getpid()))
    sleep(600)
"""


@dataclass
class Alerted:
    """A server that alerts, what its receivers have got, and how to say something to xianbao about it."""

    environment: dict[str, str]
    served: Served
    mails: Received
    posts: Received
    channels: tuple[str, str]

    @property
    def pid(self) -> Path:
        """Where the run of the sleeper says which process it is."""
        return self.served.folder / "pid"

    def say(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.served.say(*words)

    def apply(self, *more: str, heartbeat: int = 600, late: int = 600) -> dict[str, str]:
        """Applies with the two channels and more; what was done, by the name of the alert or channel."""
        settings = {
            "alert_urls": [*self.channels, *more],
            "alert_heartbeat_seconds": heartbeat,
            "alert_late_seconds": late,
            "alert_silence_seconds": SHORT,
        }
        lines = (f"{name} = {json.dumps(value)}" for name, value in settings.items())
        (self.served.folder / "root" / "xianbao.toml").write_text("\n".join(lines))
        done = self.say("automations", "apply", "--json")
        assert not done.returncode, done.stderr
        return {one["what"]: one["done"] for one in said(done)}

    def told(self, what: str, about: str = "", by: str = "mail and webhook") -> str:
        """Waits until both channels, or the webhook alone, have an alert whose subject and text have these words."""

        def texts(received: Received) -> list[str]:
            return [text for subject, text in received if what in subject and about in text]

        ways = [self.posts] if by == "webhook" else [self.posts, self.mails]
        until(SECONDS, f"{what} by {by}", lambda: all(texts(way) for way in ways))
        return texts(ways[-1])[0]

    def emit(self, event: str, **payload: object) -> None:
        """Emits a night's event whose threshold is passed."""
        resource = {"prefect.resource.id": f"{RESOURCE}140000", THRESHOLD: PASSED}
        moment = datetime.now(UTC).isoformat()
        emitted = {"occurred": moment, "event": event, "resource": resource, "payload": payload, "id": str(uuid4())}
        httpx.post(f"{self.environment['PREFECT_API_URL']}/events", json=[emitted], timeout=SECONDS).raise_for_status()


@pytest.fixture(scope="module")
def alerted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerted]:
    folder = tmp_path_factory.mktemp("alerted")
    (folder / "root").mkdir()
    (folder / "inbox").mkdir()
    (folder / "prefect").mkdir()
    environment = server_environment(folder / "prefect") | {"PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS": "1"}
    mails: Received = []
    posts: Received = []
    with ExitStack() as open_ones:
        mail, post = open_ones.enter_context(mail_server(mails)), open_ones.enter_context(webhook(posts))
        open_ones.enter_context(background(environment, folder / "server.log", "server", "start"))
        until(SERVER_SECONDS, "the server answers", lambda: healthy(environment))
        served = Served(folder, open_ones.enter_context(commands_about(environment)))
        channels = (
            f"mailto://127.0.0.1:{mail}?from=night@example.org&to=ops@example.org&mode=insecure",
            f"json://127.0.0.1:{post}/secret",
        )
        yield Alerted(environment, served, mails, posts, channels)


@pytest.fixture(scope="module")
def api(alerted: Alerted) -> Iterator[SyncPrefectClient]:
    with SyncPrefectClient(alerted.environment["PREFECT_API_URL"]) as client:
        yield client


@pytest.fixture(scope="module")
def sleeper(alerted: Alerted, api: SyncPrefectClient, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Any]:
    """Makes a run of a deployment `nightly` that lets one run at a time, and sleeps."""
    folder = tmp_path_factory.mktemp("sleeper")
    (folder / "sleeper.py").write_text(SLEEPER.format(pid=str(alerted.pid)))
    flow = api.create_flow_from_name("nightly")
    deployed = api.create_deployment(
        flow, "nightly", entrypoint="sleeper.py:nightly", path=str(folder), concurrency_limit=1
    )
    return lambda: api.create_flow_run_from_deployment(deployed)


def test_applied_twice_nothing_changes_and_what_others_made_is_left_alone(
    alerted: Alerted, api: SyncPrefectClient
) -> None:
    trigger = EventTrigger(posture=Posture.Reactive, expect={"nothing"})
    other = AutomationCore(name="县报 xianbao: theirs", trigger=trigger, actions=[DoNothing()])
    kept = api.create_automation(other)
    api.create_automation(other.model_copy(update={"name": "of an earlier version", "owner_resource": OWNER}))
    first = alerted.apply("json://127.0.0.1:9/")
    assert first.pop("of an earlier version") == "removed"
    numbers = {one.name: one.id for one in api.read_automations()}
    paused = next(one for one in first if "late" in one or "begun" in one)
    api.pause_automation(numbers[paused])
    assert set(alerted.apply("json://127.0.0.1:9/").values()) == {"unchanged"}
    assert alerted.apply()["xianbao-alert-3"] == "removed"
    after = {one.name: one for one in api.read_automations()}
    assert after.keys() == numbers.keys()
    assert (after["县报 xianbao: theirs"].id, after[paused].enabled) == (kept, False)
    api.resume_automation(numbers[paused])


def test_a_trial_says_which_channels_took_it_and_the_others_say_which_did_not(alerted: Alerted) -> None:
    with mute() as port:
        alerted.apply(f"json://127.0.0.1:{port}/secret")
        trial = alerted.say("automations", "test", "--json")
    assert trial.returncode == 1
    assert [one["delivered"] for one in said(trial)] == [True, True, False]
    assert "secret" not in trial.stdout + trial.stderr
    assert "Nothing is to be done" in alerted.told("试发")
    assert "xianbao-alert-3" in alerted.told("未能送达", by="webhook")
    assert "secret" not in (alerted.served.folder / "server.log").read_text()


def test_a_night_that_fails_is_told_with_what_it_says_and_where_and_a_good_one_later_that_none_has_completed(
    alerted: Alerted,
) -> None:
    alerted.apply("json://127.0.0.1:9/")
    assert alerted.say("run").returncode == 0, "whatever becomes of an alert"
    alerted.told("久未完成", "Completed")
    entry = alerted.served.folder / "root" / "journal" / "000001.json"
    entry.parent.mkdir(exist_ok=True)
    entry.write_text("no entry")
    assert alerted.say("run").returncode == 1
    entry.unlink()
    text = alerted.told("夜间任务失败")
    assert "000001.json" in text
    assert "http://127.0.0.1:" in text
    assert "/runs/flow-run/" in text


def test_a_run_whose_process_is_killed_is_marked_as_crashed_and_told_and_its_slot_is_free(
    alerted: Alerted, api: SyncPrefectClient, sleeper: Callable[[], Any]
) -> None:
    alerted.apply(heartbeat=15)
    run, following = sleeper(), sleeper()
    api.set_flow_run_state(run.id, Pending())  # as a worker does, which takes the slot
    assert api.set_flow_run_state(following.id, Pending()).state.name == "AwaitingConcurrencySlot"
    with killed_at_the_end(alerted, run.id):
        until(SECONDS, "its heart beats", lambda: "heartbeat" in _events(alerted, run.id) and alerted.pid.is_file())
        assert api.read_flow_run(run.id).state_type == StateType.RUNNING
    until(SECONDS, "it is marked", lambda: api.read_flow_run(run.id).state_type == StateType.CRASHED)
    assert api.set_flow_run_state(following.id, Pending()).state.type == StateType.PENDING
    assert "marked as crashed" in alerted.told("夜间任务中断", run.name)
    api.set_flow_run_state(following.id, Cancelled())


def test_a_night_that_nobody_begins_is_told_and_one_that_a_worker_took_and_left_is_marked_as_crashed(
    alerted: Alerted, api: SyncPrefectClient, sleeper: Callable[[], Any]
) -> None:
    alerted.apply(late=SHORT)
    left, late = sleeper(), sleeper()
    api.set_flow_run_state(left.id, Pending())
    alerted.told("没有开始", late.name)
    until(SECONDS, "it is marked", lambda: api.read_flow_run(left.id).state_type == StateType.CRASHED)


def test_many_returns_quarantined_and_counties_overdue_are_told(alerted: Alerted) -> None:
    alerted.apply()
    alerted.emit(QUARANTINED, message="3 of 4 returns quarantined")
    alerted.emit(OVERDUE, message="12 counties owe returns")
    alerted.told("退回比例", "3 of 4")
    alerted.told("逾期", "12 counties")


@contextmanager
def killed_at_the_end(alerted: Alerted, run: Any) -> Iterator[None]:
    """The run in a process, and what started it, until the block ends: then both are killed, first who would tell."""
    command = [BIN / "prefect", "flow-run", "execute", str(run)]
    with (alerted.served.folder / "killed.log").open("w") as log:
        starter = subprocess.Popen(command, env=alerted.environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            starter.kill()
            starter.wait()
            if alerted.pid.is_file():
                os.kill(int(alerted.pid.read_text()), signal.SIGKILL)


def _events(alerted: Alerted, run: Any) -> str:
    """What the server has of a run's events."""
    about = {"filter": {"resource": {"id": [f"prefect.flow-run.{run}"]}}}
    return httpx.post(f"{alerted.environment['PREFECT_API_URL']}/events/filter", json=about, timeout=SECONDS).text
