"""Prefect's server falls silent when a night has published: it answers nothing more, and hangs up on nobody."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import SHUT_RDWR, create_connection, create_server, socket
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.builders import finance, loans, send
from tests.flow.conftest import BIN, environment_of
from warehouse.reports import run_log
from warehouse.snapshots.manifest import read_manifest
from warehouse.store.files import Root

# In what a night asks of Prefect once it has published.
PAGE = b'"xianbao-run"'
ASKED = re.compile(rb"(?:GET|POST|PATCH|PUT) /\S+")


@contextmanager
def silent_from(server: str, moment: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """An address that passes all on to a server and back until somebody asks this; then nothing, on no connection. And
    what was asked from then on.
    """
    unheard: list[bytes] = []
    silent, where = Event(), urlsplit(server)
    with create_server(("127.0.0.1", 0)) as listening:
        Thread(target=accept, args=(listening, where, moment, silent, unheard), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}{where.path}", unheard
        listening.shutdown(SHUT_RDWR)  # closing alone does not wake who accepts


def accept(listening: socket, where: Any, moment: bytes, silent: Event, unheard: list[bytes]) -> None:
    while True:
        try:
            caller, _ = listening.accept()
        except OSError:  # the test is over
            return
        server = create_connection((where.hostname, where.port))
        for source, target, to_server in ((caller, server, True), (server, caller, False)):
            words = (source, target, moment, silent, unheard)
            Thread(target=pass_on, args=words, kwargs={"to_server": to_server}, daemon=True).start()


def pass_on(  # noqa: PLR0913
    source: socket, target: socket, moment: bytes, silent: Event, unheard: list[bytes], *, to_server: bool
) -> None:
    with source, suppress(OSError):  # who has hung up
        while data := source.recv(1 << 16):
            if moment in data:
                silent.set()
            if silent.is_set():
                unheard += ASKED.findall(data)
            else:
                target.sendall(data)
        if not silent.is_set() or to_server:
            target.shutdown(SHUT_RDWR)


def night(folder: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A night in a process of its own: one that was not heard ends at once."""
    environment = environment_of(folder) | {"PREFECT_API_URL": url}
    run = [BIN / "xianbao", "run", *words]
    return subprocess.run(run, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_a_night_whose_server_falls_silent_has_published_and_does_not_wait_for_it(
    tmp_path: Path, prefect_server: dict[str, str]
) -> None:
    send(tmp_path / "inbox", loans(finance(1000)))
    with silent_from(prefect_server["PREFECT_API_URL"], PAGE) as (url, unheard):
        done = night(tmp_path, url)
    said, root = done.stdout + done.stderr, Root(tmp_path / "root")
    assert done.returncode == 0, said
    assert "Traceback" not in said
    assert "Prefect could not be told" in " ".join(said.split())
    assert read_manifest(root) is not None
    assert (root.reports / "000001" / "findings.csv").exists()
    (entry,) = run_log.read(root)
    assert entry.state == "completed"
    assert entry.summary is not None
    assert entry.summary.unwritten == ("artifacts",)
    # What libraries send beside the work, logs and events, nobody waits for.
    assert [one for one in unheard if b"/flow_runs" in one] == [], "who does not answer is not told how the run ended"


def test_prefect_has_what_the_night_left(tmp_path: Path, prefect_server: dict[str, str]) -> None:
    send(tmp_path / "inbox", loans(finance(1000)))
    done = night(tmp_path, prefect_server["PREFECT_API_URL"], "--json")
    assert (done.returncode, json.loads(done.stdout)["unwritten"]) == (0, []), done.stderr
    (entry,) = run_log.read(Root(tmp_path / "root"))
    of_it = {"artifacts": {"flow_run_id": {"any_": [entry.prefect_run]}}}
    ask = httpx.post(f"{prefect_server['PREFECT_API_URL']}/artifacts/filter", json=of_it).json()
    left = {one["key"]: one["type"] for one in ask}
    assert left | {"xianbao-run": "markdown", "xianbao-verdicts": "table"} == left
