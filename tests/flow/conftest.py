"""A whole clean province, taken in by the command line as a user would, once for all tests of flows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from warehouse.snapshots.manifest import Manifest, read_manifest
from warehouse.store.files import Root

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
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "XIANBAO_"))}
    environment = {
        **kept,
        "XIANBAO_ROOT": str(folder / "root"),
        "XIANBAO_INBOX": str(folder / "inbox"),
        "PYTHONPATH": str(folder / "watchman"),
        "WATCHED": str(folder / "watched"),
        "COLUMNS": "120",
    }
    return subprocess.run(
        [BIN / "xianbao", *words], env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    """The clean province of one seed after its night."""
    folder = tmp_path_factory.mktemp("province")
    (folder / "watchman").mkdir()
    (folder / "watchman" / "sitecustomize.py").write_text(WATCHMAN)
    sample = xianbao(folder, "sample", "--out", str(folder / "inbox"), "--seed", "3")
    assert sample.returncode == 0, sample.stderr
    return Province(folder, xianbao(folder, "run"))


def said(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command with --json said."""
    return json.loads(done.stdout)
