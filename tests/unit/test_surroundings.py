"""What a night does not depend on: the name of its root, locale, umask, working directory, who runs it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest

from flows.settings import MODES, load_settings
from tests.builders import RECEIVED, YANGGAO, apart, finance, installation, lent, loans, mart, night, publish_few, send
from warehouse.maintenance.operations import rebuild_into, write_as_of
from warehouse.maintenance.verify import verify
from warehouse.messages.errors import PermanentError
from warehouse.store.files import Root

pytestmark = pytest.mark.usefixtures("few_marts")
HOME = Path(__file__).parents[2]
NOBODY = 65534
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


@pytest.mark.parametrize(
    ("name", "said"),
    [("a?b", r"root: /srv/a\?b: 路径中不能有 \?.*rename the folder"), ("a\udcffb", "root: .*surrogates")],
)
def test_a_root_that_a_database_cannot_open_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    monkeypatch.setenv("XIANBAO_ROOT", f"/srv/{name}")
    with pytest.raises(PermanentError, match=said):
        load_settings()


def test_a_place_that_a_database_cannot_open_is_refused_for_what_is_rebuilt_or_written_as_of_a_moment(
    tmp_path: Path,
) -> None:
    root = Root(tmp_path / "root")
    night(root, send(tmp_path / "in", loans(finance(7))))
    at, there = installation(root), tmp_path / "a?b"
    for write in (lambda: rebuild_into(at, there), lambda: write_as_of(at, RECEIVED, there)):
        with pytest.raises(PermanentError, match=r"a\?b: 路径中不能有 \?"):
            write()
    assert {path.name for path in tmp_path.iterdir()} == {"root", "in"}


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
        "import os; synced, plain = [], os.fsync;"
        "os.fsync = lambda at: (synced.append(os.readlink(f'/proc/self/fd/{at}')), plain(at));"
        "from flows.settings import load_settings, quiet_environment; s = load_settings();"
        "quiet_environment(s); import json; print(json.dumps([os.getcwd(), str(load_settings().root),"
        "str(load_settings().inbox_folder), oct(os.stat('.').st_mode & 0o777), synced]))"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XIANBAO_", "PREFECT_"))}
    done = subprocess.run(
        ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh", sys.executable, "-P", "-c", code], cwd=tmp_path,
        env=environment | {"XIANBAO_ROOT": "r"}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    root = str(tmp_path / "r")
    assert json.loads(done.stdout) == [root, root, f"{root}/inbox", "0o750", [str(tmp_path)]]


# --- whole nights --------------------------------------------------------------------------------------------------

# What the command begins with, then two nights.
NIGHTS = """
from flows.cli.main import _speak_utf8
_speak_utf8()
import json, sqlite3, sys
from flows.settings import load_settings
from tests.builders import night, publish_few
from warehouse.store import journal
publish_few()
settings = load_settings()
first, second = (night(settings.store, settings.inbox_folder, in_children=True) for _ in "12")
files = [one.receipt.file for one in journal.read_entry(settings.store, "000001").receipts]
json.dump([first.accepted, second.run, files], sys.stdout)
"""
# A locale of Chinese alone; where the system has none such, its names are ASCII.
GB18030 = {"LC_ALL": "zh_CN.GB18030", "PYTHONIOENCODING": "gb18030", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def test_a_night_is_the_same_in_another_locale_with_any_umask_and_begun_in_the_inbox(tmp_path: Path) -> None:
    """Names are in the journal as they were sent, and nothing is taken in twice; what is made is not for others."""
    inbox, root = send(tmp_path / "收件箱", loans(finance(1000))), tmp_path / "root"
    (inbox / "json.py").write_text("raise SystemExit('a file of a sender was run')", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XIANBAO_", "PYTHON", "LC_"))}
    own = {"XIANBAO_ROOT": str(root), "XIANBAO_INBOX": str(inbox), "PYTHONPATH": str(HOME)}
    done = subprocess.run(
        ["/bin/sh", "-c", 'umask 0; exec "$@"', "sh", sys.executable, "-P", "-c", NIGHTS], cwd=inbox,
        env=kept | own | GB18030, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    sent = sorted(path.relative_to(inbox).as_posix() for path in inbox.rglob("*.*"))
    assert json.loads(done.stdout) == [1, None, sent]
    assert modes(root) <= {0o750, 0o640, 0o440}


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_cannot_show_a_character_is_shown_its_number(encoding: str) -> None:
    """Once the night broke off at the first one that it had to show."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XIANBAO_", "PYTHON"))}
    own = {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(HOME)}
    words = [sys.executable, "-P", "-m", "flows.cli", "rules", "--dataset", "finance"]
    done = subprocess.run(words, env=kept | own, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert r"\u" in done.stdout.decode(encoding)


def modes(root: Path) -> set[int]:
    """The permissions of a root and of all that is in it."""
    return {stat.S_IMODE(path.lstat().st_mode) for path in (root, *root.rglob("*")) if not path.is_symlink()}


def nights_of_nobody(warm: Path, place: Path) -> None:
    """Two nights of another user. Before, one that imports what that user may have no leave to read."""
    publish_few()
    night(Root(warm / "root"), warm / "inbox")
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.umask(MODES)
    first, second = (night(Root(place / "root"), place / "inbox") for _ in "12")
    said = {"accepted": first.accepted, "waiting": first.waiting, "again": [second.run, second.waiting]}
    (place / "said.json").write_text(json.dumps(said), encoding="utf-8")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run as another user")
def test_another_user_than_root_takes_in_what_he_may_read_and_names_the_rest(tmp_path: Path) -> None:
    with TemporaryDirectory() as folder:
        place, inbox = Path(folder), send(Path(folder) / "inbox", loans(finance(1000)))
        # Whatever umask other tests have left to this process.
        for path in (place, *place.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        for name, mode in (("closed", 0o700), ("listed", 0o744), ("secret.csv", 0o600)):
            (inbox / name).write_bytes(b"x") if "." in name else send(inbox / name, loans(finance(1)))
            (inbox / name).chmod(mode)
        os.chown(place, NOBODY, NOBODY)
        process = apart(nights_of_nobody, send(tmp_path / "inbox", loans(finance(1000))).parent, place)
        process.join()
        assert process.exitcode == 0
        said = json.loads((place / "said.json").read_text(encoding="utf-8"))
        assert said == {"accepted": 1, "waiting": 3, "again": [None, 3]}
        made = [place / "root", *(place / "root").rglob("*")]
        assert {path.lstat().st_uid for path in made} == {NOBODY}
        assert modes(place / "root") <= {0o750, 0o640, 0o440}
