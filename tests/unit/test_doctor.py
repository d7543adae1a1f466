"""`xianbao doctor`: what the machine gives, and what to do where it gives less."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli.checks import machine
from flows.cli.main import app
from tests import small_store
from tests.builders import url
from warehouse.reports.run_log import RunLogEntry, State, append
from warehouse.store import ledger
from warehouse.store.files import Root


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("XIANBAO_INBOX", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    (tmp_path / "root").mkdir(mode=0o750)
    return tmp_path / "root"


def asked() -> tuple[int, dict[str, dict[str, Any]]]:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    return done.exit_code, {one["check"]: one for one in json.loads(done.stdout)}


def bad() -> list[str]:
    return [name for name, one in asked()[1].items() if not one["good"]]


def test_each_thing_is_said_in_both_languages_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "landlock_version", lambda: 7)
    code, found = asked()
    assert code == int(any(not one["good"] for one in found.values()))
    for check, one in found.items():
        assert re.fullmatch(r"[a-z_]+", check)
        assert check in ("landlock", "no_new_privs") or re.search(r"[\u4e00-\u9fff].*[a-z]", one["name"])
        assert one["good"] or one["advice"]
    assert found["landlock"]["good"]


@pytest.mark.parametrize(("version", "lacks"), [(0, "none"), (3, "TCP"), (5, "signals")])
def test_a_kernel_that_confines_less_is_told(monkeypatch: pytest.MonkeyPatch, version: int, lacks: str) -> None:
    monkeypatch.setattr(machine, "landlock_version", lambda: version)
    code, found = asked()
    assert (code, found["landlock"]["good"]) == (1, False)
    assert lacks in found["landlock"]["found"]


def test_a_root_that_others_may_read_and_a_root_user_are_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bad()
    root.chmod(0o755)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert sorted(set(bad()) - set(before)) == ["root_mode", "user"]


def test_the_file_of_settings_in_force_is_named(root: Path) -> None:
    (root / "xianbao.toml").write_text("keep_days = 3\n", encoding="utf-8")
    assert asked()[1]["settings"]["found"] == str(root / "xianbao.toml")
    assert str(root) in CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "300"}).stdout


def test_a_fault_that_is_accepted_by_its_name_is_shown_and_ends_well(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "landlock_version", lambda: 0)
    monkeypatch.setenv("XIANBAO_LEAST_FREE_BYTES", "0")
    monkeypatch.setattr("os.geteuid", lambda: root.stat().st_uid)
    accepted = [word for check in bad() for word in ("--accept", check)]
    assert "landlock" in accepted
    done = CliRunner().invoke(app, ["doctor", *accepted], env={"COLUMNS": "300"})
    assert (done.exit_code, "all is as it should be" in done.stdout) == (0, True)
    done = CliRunner().invoke(app, ["doctor", *accepted[2:]], env={"COLUMNS": "300"})
    assert (done.exit_code, "1 项需处理 to see to" in done.stdout) == (1, True)


# --- the store -----------------------------------------------------------------------------------------------------


def test_an_inbox_without_its_marker_or_open_to_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_INBOX_MARKER", ".xianbao-inbox")
    assert "lacks its marker" in asked()[1]["inbox"]["advice"]
    (tmp_path / ".xianbao-inbox").touch()
    assert ".xianbao-inbox" in asked()[1]["inbox"]["found"]
    before = bad()
    tmp_path.chmod(0o777)
    assert set(bad()) - set(before) == {"inbox_mode"}


def test_a_root_of_another_user_and_a_disk_with_too_little_space_are_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: root.stat().st_uid + 1)
    monkeypatch.setenv("XIANBAO_LEAST_FREE_BYTES", str(1 << 60))
    assert {"root_owner", "free_space"} <= {*bad()}
    monkeypatch.setattr("os.geteuid", lambda: root.stat().st_uid)
    monkeypatch.setenv("XIANBAO_LEAST_FREE_BYTES", "0")
    assert {"root_owner", "free_space"}.isdisjoint(bad())


def test_a_ledger_that_cannot_be_reached_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIANBAO_LEDGER_URL", "postgresql+psycopg://u:hunter2@127.0.0.1:1/d")
    found = asked()[1]["ledger"]
    assert (found["good"], found["found"]) == (False, "postgresql+psycopg://u:***@127.0.0.1:1/d")
    assert "Connection refused" in found["advice"]
    assert "hunter2" not in str(found)


def test_a_ledger_is_named_with_its_runs_and_none_is_good_only_before_the_first_run(root: Path) -> None:
    assert asked()[1]["ledger"]["good"]
    small_store.run(Root(root), 1, small_store.Sent(1))
    assert "ledger" in bad()
    ledger.catch_up(ledger.open_ledger(url(Root(root))), Root(root))
    assert re.fullmatch(r"sqlite:.*/ledger.db: sqlite 3[0-9.]+, 1 批次 runs", asked()[1]["ledger"]["found"])


def test_a_store_that_is_damaged_is_a_fault_and_the_other_checks_go_on(root: Path) -> None:
    small_store.run(Root(root), 1, small_store.Sent(1))
    (root / "journal" / "000001.json").write_text("{")
    found = asked()[1]
    assert (found["nights"]["good"], "000001" in found["nights"]["advice"]) == (False, True)
    assert found["prefect"]["good"]


# --- the nights ----------------------------------------------------------------------------------------------------


def ended(root: Path, hours_ago: float, flow: str = "nightly", state: State = "completed", message: str = "") -> None:
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    append(Root(root), RunLogEntry(flow=flow, started_at=at, ended_at=at, state=state, message=message))


def test_where_nothing_has_run_yet_no_night_and_no_backup_is_missed() -> None:
    assert {"last_night", "night_age", "snapshot", "backup_age"}.isdisjoint(bad())


def test_a_night_is_missed_after_twenty_six_hours_and_a_failed_one_is_told(root: Path) -> None:
    ended(root, 27)
    assert "night_age" in bad()
    ended(root, 25)
    assert {"night_age", "last_night"}.isdisjoint(bad())
    ended(root, 1, state="failed", message="the inbox is missing")
    found = asked()[1]
    assert (found["night_age"]["good"], found["last_night"]["good"]) == (True, False)
    assert found["last_night"]["found"].endswith("the inbox is missing")


def test_a_backup_is_missed_once_something_was_received(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_store.run(Root(root), 1, small_store.Sent(1))
    assert {"backup_age", "night_age", "snapshot"} <= {*bad()}
    ended(root, 30, "backup")
    assert "backup_age" in bad()
    monkeypatch.setenv("XIANBAO_STALE_BACKUP_HOURS", "31")
    assert "backup_age" not in bad()
