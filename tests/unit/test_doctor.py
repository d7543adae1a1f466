"""`xianbao doctor`: what the machine gives, and what to do where it gives less."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from flows.cli import doctor
from flows.cli.main import app


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("XIANBAO_INBOX", str(tmp_path))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    (tmp_path / "root").mkdir(mode=0o750)
    return tmp_path / "root"


def asked() -> tuple[int, dict[str, dict[str, Any]]]:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    return done.exit_code, {one["name"]: one for one in json.loads(done.stdout)}


def bad() -> list[str]:
    return [name for name, one in asked()[1].items() if not one["good"]]


def test_each_thing_is_said_in_both_languages_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "landlock_version", lambda: 7)
    code, found = asked()
    assert code == int(any(not one["good"] for one in found.values()))
    for name, one in found.items():
        assert name in ("Landlock", "no_new_privs") or re.search(r"[\u4e00-\u9fff].*[a-z]", name)
        assert one["good"] or one["advice"]
    assert found["Landlock"]["good"]


@pytest.mark.parametrize(("version", "lacks"), [(0, "none"), (3, "TCP"), (5, "signals")])
def test_a_kernel_that_confines_less_is_told(monkeypatch: pytest.MonkeyPatch, version: int, lacks: str) -> None:
    monkeypatch.setattr(doctor, "landlock_version", lambda: version)
    code, found = asked()
    assert (code, found["Landlock"]["good"]) == (1, False)
    assert lacks in found["Landlock"]["found"]


def test_a_root_that_others_may_read_and_a_root_user_are_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bad()
    root.chmod(0o755)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert sorted(set(bad()) - set(before)) == ["权限 its mode", "用户 user"]


def test_the_file_of_settings_in_force_is_named(root: Path) -> None:
    (root / "xianbao.toml").write_text("keep_days = 3\n", encoding="utf-8")
    assert asked()[1]["设置文件 file of settings"]["found"] == str(root / "xianbao.toml")
    assert str(root) in CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "300"}).stdout
