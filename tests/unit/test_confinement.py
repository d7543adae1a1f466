"""What a process that reads submissions cannot do, whatever a file makes it do: a reader that tries is told no."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests import attempts
from tests.builders import finance, loans, read_file, receipt_of, send
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.sandbox import confinement
from warehouse.intake.sandbox.confinement import Sandbox
from warehouse.intake.sandbox.inspect_process import inspect_isolated
from warehouse.intake.sandbox.landlock import landlock_version
from warehouse.intake.sandbox.reader_pool import read_isolated

SECRETS = {"XIANBAO_LEDGER_URL": "postgresql://u:p@h/d", "PREFECT_API_KEY": "k", "LD_LIBRARY_PATH": "/nowhere"}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of each attempt, and what was left behind."""
    folder = tmp_path_factory.mktemp("confined")
    (folder / "archive").mkdir()
    (folder / "archive" / "original").write_text("figures", encoding="utf-8")
    (folder / "secret").write_text("secret", encoding="utf-8")
    name = f"\0xianbao-{os.getpid()}"
    with (
        pytest.MonkeyPatch.context() as patched,
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as nameless,
    ):
        nameless.bind(name)
        nameless.listen()
        for variable, value in SECRETS.items():
            patched.setenv(variable, value)
        told = {
            "outside": str(folder), "original": str(folder / "archive" / "original"), "socket": name,
            "port": server.getsockname()[1],
        }  # fmt: skip
        kept = Sandbox(folder / "archive", folder / "work" / "own", 1 << 26, 20)
        with kept.start(attempts.__name__) as child:
            said, _ = child.communicate(json.dumps(told).encode() + b"\n", timeout=60)
    assert said, kept.last_error
    return {**json.loads(said), "exit": child.returncode, "place": folder}


def test_a_reader_reads_its_original_and_writes_to_its_own_folder(tried: dict[str, Any]) -> None:
    assert tried["came of"]["read its original"] == "done"
    assert tried["came of"]["write to its own"] == "done"


@pytest.mark.parametrize("attempt", [name for name in attempts.ATTEMPTS if name != "write without end"])
def test_whatever_else_it_tries_is_denied(tried: dict[str, Any], attempt: str) -> None:
    if landlock_version() < attempts.ATTEMPTS[attempt]:
        pytest.skip(f"the kernel's Landlock is of version {landlock_version()}: see xianbao doctor")
    assert tried["came of"][attempt] != "done"


def test_what_it_tried_left_nothing_behind(tried: dict[str, Any]) -> None:
    if not landlock_version():
        pytest.skip("the kernel has no Landlock: see xianbao doctor")
    names = {path.name for path in tried["place"].iterdir()}
    assert names == {"archive", "secret", "work"}
    assert (tried["place"] / "archive" / "original").read_text(encoding="utf-8") == "figures"


def test_one_that_writes_without_end_is_ended(tried: dict[str, Any]) -> None:
    assert tried["exit"] == -signal.SIGXFSZ


def test_it_knows_nothing_of_the_environment_and_stands_in_its_own_folder(tried: dict[str, Any]) -> None:
    assert tried["environment"] == {**confinement.ENVIRONMENT, **_of_the_c_locale(tried)}
    assert tried["folder"] == str(tried["place"] / "work" / "own")
    assert "" not in tried["path"]


def _of_the_c_locale(tried: dict[str, Any]) -> dict[str, str]:
    """What Python itself sets where no locale is."""
    return {name: value for name, value in tried["environment"].items() if name == "LC_CTYPE"}


def test_nothing_in_the_working_directory_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by what the children are told to start nor by what they load: any module of theirs may lie there."""
    path = next(send(tmp_path / "in", loans(finance())).rglob("*.xlsx"))
    mark = tmp_path / "ran"
    for name in ("polars", "json", "typing_extensions", "sitecustomize", "warehouse", "encodings", "openpyxl"):
        (path.parent / f"{name}.py").write_text(f"open({str(mark)!r}, 'w')\nraise SystemExit(3)\n", encoding="utf-8")
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("PYTHONPATH", str(path.parent))
    own = read_file(path)
    shown, _ = inspect_isolated(receipt_of(path), Limits(), {})
    reading = read_isolated([receipt_of(path)], Limits(), {}, {}, tmp_path / "parts")
    assert [one.county_code for one in reading.return_headers] == [one.county_code for one in own.return_headers]
    assert shown.findings == ()
    assert not mark.exists()


def test_a_kernel_without_landlock_is_named_once_and_reading_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(confinement, "landlock_version", lambda: 0)
    confinement.say_what_is_missing.cache_clear()
    path = next(send(tmp_path / "in", loans(finance())).rglob("*.xlsx"))
    for number in (1, 2):
        assert read_isolated([receipt_of(path)], Limits(), {}, {}, tmp_path / str(number)).return_headers
    assert len([line for line in caplog.messages if "no Landlock" in line]) == 1
    confinement.say_what_is_missing.cache_clear()
