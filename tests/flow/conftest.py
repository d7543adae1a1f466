"""What is made once for all tests of flows: a whole clean province, taken in by the command line as a user would, and
a Prefect server for those that are not about starting one.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.context import refresh_global_settings_context

from tests.builders import apart
from tests.sharing import made_once
from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.store.files import Root

HOME = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
# Notes every name looked up and every address called that is not this machine; imported by every Python below.
WATCHMAN = """
import os, socket
HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "", None, socket.gethostname()}
def note(what):
    with open(os.environ["WATCHED"], "a") as log:
        log.write(f"{what}\\n")
def host(name):
    return name.decode() if isinstance(name, bytes) else name
class Watched(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX and host(address[0]) not in HERE:
            note(address)
        return super().connect(address)
    def connect_ex(self, address):
        if self.family != socket.AF_UNIX and host(address[0]) not in HERE:
            note(address)
        return super().connect_ex(address)
socket.socket = Watched
looked_up = socket.getaddrinfo
def getaddrinfo(name, *rest, **more):
    if host(name) not in HERE:
        note(name)
    return looked_up(name, *rest, **more)
socket.getaddrinfo = getaddrinfo
"""


@dataclass(frozen=True)
class Province:
    """A root that a night has filled, and how to say something to xianbao about it."""

    folder: Path
    night: subprocess.CompletedProcess[str]

    @property
    def root(self) -> Root:
        return Root(self.folder / "root")

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def watched(self) -> Path:
        """Where calls to other machines are noted."""
        return self.folder / "watched"

    @property
    def manifest(self) -> Manifest:
        manifest = read_manifest(self.root)
        assert manifest is not None
        return manifest

    def say(self, *words: str) -> subprocess.CompletedProcess[str]:
        return xianbao(self.folder, *words)


def xianbao(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line with root and inbox in `folder`, watched for calls to other machines."""
    environment = {
        **environment_of(folder),
        "PYTHONPATH": str(folder / "watchman"),
        "WATCHED": str(folder / "watched"),
    }
    return subprocess.run(
        [BIN / "xianbao", *words], env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def environment_of(folder: Path) -> dict[str, str]:
    """The environment of a command about a root and an inbox in `folder`."""
    own = {"XIANBAO_ROOT": str(folder / "root"), "XIANBAO_INBOX": str(folder / "inbox"), "COLUMNS": "120"}
    return bare_environment() | own


def bare_environment() -> dict[str, str]:
    """The environment without what it says of Prefect and of xianbao."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "XIANBAO_"))}


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    """The clean province of one seed after its night; tests leave its store as it is."""
    folder = made_once(tmp_path_factory, "province", take_in)
    return Province(folder, subprocess.CompletedProcess(**json.loads((folder / "night.json").read_text())))


def take_in(folder: Path) -> None:
    """Writes the province and runs its night; what that said is in `night.json`."""
    (folder / "watchman").mkdir()
    (folder / "watchman" / "sitecustomize.py").write_text(WATCHMAN)
    sample = xianbao(folder, "sample", "--out", str(folder / "inbox"), "--seed", "3")
    assert sample.returncode == 0, sample.stderr
    night = xianbao(folder, "run")
    said_by_it = {"args": ["run"], "returncode": night.returncode, "stdout": night.stdout, "stderr": night.stderr}
    (folder / "night.json").write_text(json.dumps(said_by_it))


# --- a Prefect server ----------------------------------------------------------------------------------------------

SERVER_SECONDS = 120


@dataclass(frozen=True)
class Served:
    """A folder for a root of its own, and how to say something to xianbao about it with a server that runs already, in
    a process that has imported everything already.
    """

    folder: Path
    commands: Connection

    def say(self, *words: str) -> subprocess.CompletedProcess[str]:
        self.commands.send((self.folder, words))
        assert self.commands.poll(300), f"{words}: not within 300 s"
        code = self.commands.recv()
        said_by_it = ((self.folder / name).read_text(encoding="utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(words, code, *said_by_it)


def do_commands(commands: Connection, server: dict[str, str]) -> None:
    """What the console script does, in this process, for one command after the other."""
    environment = bare_environment() | {"PREFECT_API_URL": server["PREFECT_API_URL"]}
    os.environ.clear()
    os.environ.update(environment)
    # Other tests' processes may have had Prefect imported in the one that this was forked from: with their settings.
    refresh_global_settings_context()
    while True:
        folder, words = commands.recv()
        commands.send(do_command(folder, words))


def do_command(folder: Path, words: tuple[str, ...]) -> object:
    """The exit code of a command; what it says goes to files in the folder, where it is done."""
    os.chdir(folder)
    # A command leaves in the environment which file of settings it found.
    os.environ.pop("XIANBAO_CONFIG", None)
    os.environ.update(environment_of(folder))
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        with Path(name).open("w") as file:
            os.dup2(file.fileno(), descriptor)
    sys.argv = ["xianbao", *words]
    from flows.cli.main import main  # noqa: PLC0415 - what it reads of the environment it reads now

    try:
        main()
    except SystemExit as ended:
        return ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


@pytest.fixture
def own(tmp_path: Path, commands: Connection) -> Served:
    """An empty folder, served."""
    folder = tmp_path / "own"
    folder.mkdir()
    return Served(folder, commands)


@pytest.fixture(scope="session")
def commands(prefect_server: dict[str, str]) -> Iterator[Connection]:
    """To a process that does commands about the server that they all share."""
    with commands_about(prefect_server) as ours:
        yield ours


@contextmanager
def commands_about(server: dict[str, str]) -> Iterator[Connection]:
    """To a process that does commands: that each imports Prefect and learns the rules for itself takes seconds."""
    ours, its = Pipe()
    process = apart(do_commands, its, server)
    yield ours
    process.terminate()
    process.join()


@pytest.fixture(scope="session")
def prefect_server(province: Province, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server as `PREFECT_API_URL` names it: that each command starts one for itself takes ten seconds of work.

    It has the database of the province's own, for making one takes a third of that.
    """
    folder = tmp_path_factory.mktemp("prefect")
    shutil.copytree(province.root.path / "prefect", folder, dirs_exist_ok=True)
    environment = server_environment(folder)
    with background(environment, folder / "server.log", "server", "start", "--no-services"):
        until(SERVER_SECONDS, "the server answers", lambda: healthy(environment))
        yield environment


def server_environment(home: Path) -> dict[str, str]:
    """The environment of a server on a free port, and of those who ask it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        **bare_environment(),
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


@contextmanager
def background(environment: dict[str, str], log: Path, *words: str) -> Iterator[None]:
    """A prefect process that runs until the block ends; a worker may need telling twice."""
    with log.open("w") as output:
        process = subprocess.Popen([BIN / "prefect", *words], cwd=HOME, env=environment, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(15)


def until(seconds: float, what: str, true: Callable[[], bool]) -> None:
    """Waits until a question is answered with yes."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.5)  # a question is work for who is asked


def healthy(environment: dict[str, str]) -> bool:
    try:
        return httpx.get(f"{environment['PREFECT_API_URL']}/health").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def said(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command with --json said."""
    return json.loads(done.stdout)
