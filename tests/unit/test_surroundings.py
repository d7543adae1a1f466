"""What a night does not depend on: the name of its root, locale, umask, working directory, who runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from flows.settings import load_settings
from tests.builders import YANGGAO, finance, lent, loans, mart, night, send
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")
NAMES = ("县报 根", "a'b\"", "a[1]b", "a*b", "a#b %20", "{a}&;")


@pytest.mark.parametrize("name", NAMES)
def test_a_root_may_have_any_name_and_its_neighbours_are_not_read(tmp_path: Path, name: str) -> None:
    neighbour, root = Root(tmp_path / "a1bb" / "root"), Root(tmp_path / name / "root")
    night(neighbour, send(tmp_path / "other", loans(finance(7))))
    assert night(root, send(tmp_path / "in", loans(finance(1000)))).accepted == 1
    assert night(root, tmp_path / "in").run is None
    assert lent(root) == {YANGGAO: 1000}
    with duckdb.connect(str(root.marts / "marts.duckdb"), read_only=True) as views:
        (rows,) = views.execute("SELECT count(*) FROM mart_finance").fetchall()
    assert rows == (mart(root, "mart_finance").height,)
    assert verify(root).faults == ()


@pytest.mark.parametrize("name", ["a?b", "a\udcffb"])
def test_a_root_that_a_database_cannot_open_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", f"/srv/{name}")
    with pytest.raises(PermanentError, match="root"):
        load_settings()


# --- where settings come from --------------------------------------------------------------------------------------


def test_a_file_of_settings_in_the_working_directory_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xianbao.toml").write_text("keep_days = 1\n", encoding="utf-8")
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    assert load_settings().keep_days == 7
    assert "XIANBAO_CONFIG" in caplog.text


def test_it_is_taken_from_the_root_or_where_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "xianbao.toml").write_text("keep_days = 1\n", encoding="utf-8")
    monkeypatch.setenv("XIANBAO_ROOT", str(tmp_path / "root"))
    assert load_settings().keep_days == 1
    monkeypatch.delenv("XIANBAO_ROOT")
    (tmp_path / "own.toml").write_text("keep_days = 2\nroot = 'r'\n", encoding="utf-8")
    monkeypatch.setenv("XIANBAO_CONFIG", str(tmp_path / "own.toml"))
    assert (load_settings().keep_days, load_settings().root) == (2, tmp_path / "r")
    monkeypatch.setenv("XIANBAO_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(PermanentError, match=r"none\.toml"):
        load_settings()


def test_a_relative_root_stays_where_it_is_when_the_working_directory_is_left(tmp_path: Path) -> None:
    """Prefect takes `.env`, `prefect.toml` and modules from there; those of an inbox are a sender's."""
    code = (
        "import os; from flows.settings import load_settings, quiet_environment; s = load_settings();"
        "quiet_environment(s); import json; print(json.dumps([os.getcwd(), str(load_settings().root),"
        "str(load_settings().inbox_folder), oct(os.stat('.').st_mode & 0o777)]))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XIANBAO_", "PREFECT_"))}
    done = subprocess.run(
        ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh", sys.executable, "-P", "-c", code], cwd=tmp_path,
        env=environment | {"XIANBAO_ROOT": "r"}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    root = str(tmp_path / "r")
    assert json.loads(done.stdout) == [root, root, f"{root}/inbox", "0o750"]
