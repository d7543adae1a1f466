"""The schedule, for real: what `make serve` starts, its runs to published marts, and whatever happens to them in the
years in which nobody watches. One machine for all of it; a night that a test holds back waits for the lock.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.flow.conftest import BIN, HOME, healthy, until
from tests.flow.machine import Machine, tell
from warehouse.maintenance.verify import verify
from warehouse.snapshots.manifest import read_manifest
from warehouse.store import journal
from warehouse.store.files import Root
from warehouse.synthetic import build_returns, write_returns

COUNTIES = ("140222", "140925", "140105")
PATIENCE = 60
MISSED = (50, 26, 2)  # hours ago


def send(machine: Machine, period: str) -> None:
    """Three counties send their returns of a period."""
    write_returns(machine.inbox, [r for r in build_returns(5) if r.period == period and r.county_code in COUNTIES])


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine that is served. In the end it is told to end, and all does."""
    machine = Machine(tmp_path_factory.mktemp("machine"))
    send(machine, "2017-12")
    machine.say("serve")
    yield machine
    machine.say("serve-stop")
    assert machine.processes() == {}


def test_a_deployed_night_runs_to_published_marts_and_its_cron_fires(machine: Machine) -> None:
    for flow, hour in (("nightly", 18), ("backup", 21), ("verify", 22)):
        machine.until("the cron gives scheduled runs", lambda flow=flow: bool(machine.scheduled(flow)))
        hours = {run.expected_start_time.hour for run in machine.scheduled(flow) if run.expected_start_time}
        assert hours == {hour}, "02:00 in Shanghai is 18:00 UTC, 05:00 is 21:00, 06:00 is 22:00"
    one = next(machine.inbox.rglob("140222*.xlsx"))
    done = [
        machine.do("nightly"),
        machine.do("submit", file=str(one)),
        machine.do("prune", keep_days=0),
        machine.do("compact", at_least=2),
        machine.do("backup"),
    ]
    assert [run.state_name for run in done] == ["Completed"] * 5
    told = {"xianbao.night.published", "prefect.asset.materialization.succeeded"}
    machine.until("what the night emitted is kept", lambda: told <= machine.events(done[0].id))
    manifest = read_manifest(machine.root)
    assert manifest is not None
    counted = manifest.scan(machine.root, "mart_completeness").filter(received=True).collect()
    assert set(counted["county_code"]) == set(COUNTIES)
    assert (machine.root.marts / "marts.duckdb").exists()
    backup = verify(Root(machine.disk))
    assert (backup.faults, backup.entries) == ((), len(journal.runs(machine.root)))


def test_served_twice_is_served_once(machine: Machine) -> None:
    before = [machine.pid(name) for name in ("server", "worker")]
    assert machine.environment["PREFECT_API_URL"].removesuffix("/api") in machine.say("serve")
    assert [machine.pid(name) for name in ("server", "worker")] == before


def test_of_two_triggers_at_once_the_second_waits_for_the_first(machine: Machine) -> None:
    with machine.root.lock(PATIENCE):
        first, second = machine.trigger("prune"), machine.trigger("prune")
        machine.until("one waits", lambda: machine.run_of(second).state_name == "AwaitingConcurrencySlot"
                      or machine.run_of(first).state_name == "AwaitingConcurrencySlot")  # fmt: skip
    ended = [machine.wait_for(one, "Completed") for one in (first, second)]
    (_, end), (begin, _) = sorted((run.start_time, run.end_time) for run in ended if run.start_time and run.end_time)
    assert end <= begin


def test_of_three_missed_nights_one_takes_all_and_one_that_is_too_late_is_skipped_where_a_setting_says_so(
    machine: Machine,
) -> None:
    send(machine, "2016-12")
    before = len(journal.runs(machine.root))
    late, *missed = machine.scheduled("nightly")
    skipped = machine.wait_for(machine.miss(late, 72, "skip"), "Skipped")
    assert skipped.state is not None
    assert "72.0 hours late and skipped" in str(skipped.state.message)
    assert len(journal.runs(machine.root)) == before
    numbers = [machine.miss(run, hours) for run, hours in zip(missed, MISSED, strict=True)]
    messages = [str(machine.wait_for(one, "Completed").state) for one in numbers]
    assert ["hours late" in one for one in messages] == [True, True, False], "more than XIANBAO_LATE_START_HOURS"
    assert len(journal.runs(machine.root)) == before + 1


def test_a_run_goes_on_while_the_server_is_gone(machine: Machine) -> None:
    with machine.root.lock(PATIENCE):
        number = machine.trigger("prune")
        machine.wait_for(number, "Running")
        os.kill(machine.pid("server"), signal.SIGKILL)
        tell("kill -9: server")
    time.sleep(20)  # it is gone for as long; what a run says to it is said again for four minutes
    machine.say("serve")
    machine.wait_for(number, "Completed")


def test_a_worker_that_is_told_to_end_lets_the_run_in_hand_end_first(machine: Machine) -> None:
    with machine.root.lock(PATIENCE):
        number = machine.trigger("prune")
        machine.wait_for(number, "Running")
        os.kill(machine.pid("worker"), signal.SIGTERM)
        tell("SIGTERM: worker")
        machine.until("it says so", lambda: "waits for the run in hand" in machine.log("worker"))
        assert machine.carries()
    machine.wait_for(number, "Completed")
    machine.until("worker and run are gone", lambda: len(machine.processes()) == 1)


def test_a_worker_before_its_server_waits_for_it_and_told_twice_breaks_its_run_off(machine: Machine) -> None:
    machine.say("serve-stop")
    with (machine.folder / "worker.log").open("w") as log:
        worker = subprocess.Popen([HOME / "deploy" / "worker"], env=machine.environment, stdout=log, stderr=log)
    machine.until("it waits", lambda: worker.pid in machine.processes())
    server = subprocess.Popen([BIN / "prefect", "server", "start"], env=machine.environment, stdout=subprocess.DEVNULL)
    with machine.root.lock(PATIENCE):
        machine.until("the server answers", lambda: healthy(machine.environment))
        number = machine.trigger("prune")
        machine.wait_for(number, "Running")
        for _ in range(2):
            worker.send_signal(signal.SIGTERM)
            time.sleep(1)
        until(PATIENCE, "the worker is gone", lambda: worker.poll() is not None)
    machine.wait_for(number, "Crashed")
    assert not machine.carries()
    server.terminate()
    server.wait(PATIENCE)


def test_after_a_reboot_in_mid_night_the_next_night_runs_and_the_dead_run_is_marked(machine: Machine) -> None:
    machine.say("serve")
    send(machine, "2017-11")
    before = len(journal.runs(machine.root))
    broken = machine.trigger("nightly")
    machine.wait_for(broken, "Running")
    while not any(machine.root.work.glob("*/receipts.json")):
        assert machine.run_of(broken).state_name != "Completed"
    machine.lose_power()
    assert len(journal.runs(machine.root)) == before, "it had committed nothing"
    lost = time.monotonic()
    machine.say("serve")
    assert machine.do("nightly").state_name == "Completed"
    assert time.monotonic() - lost < 600
    dead = machine.wait_for(broken, "Crashed")
    assert dead.state is not None
    assert "its process is gone" in str(dead.state.message)
    assert len(journal.runs(machine.root)) == before + 1
    assert verify(machine.root).faults == ()
