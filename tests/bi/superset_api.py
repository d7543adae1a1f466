"""A Superset of its own: set up in a folder, given a bundle, started on this machine, asked, stopped."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CONFIG = Path(__file__).parent / "superset_config.py"
USER = {"username": "admin", "password": "admin"}
PORT = 8188
ADDRESS = f"http://127.0.0.1:{PORT}"


@dataclass(frozen=True)
class Superset:
    """Superset as an environment (`venv`) has it, with what it keeps in `home`."""

    venv: Path
    home: Path

    def set_up(self, bundle: Path) -> None:
        """A new database of its own, a user, and the bundle imported by Superset's own command."""
        self.home.mkdir(parents=True)
        user = ["--firstname", "x", "--lastname", "x", "--email", "x@example.invalid"]
        self.say("db", "upgrade")
        self.say("fab", "create-admin", "--username", USER["username"], "--password", USER["password"], *user)
        self.say("init")
        self.say("import-dashboards", "-p", str(bundle), "-u", USER["username"])

    def say(self, *words: str) -> None:
        """A command of Superset; what it says goes to a log."""
        with (self.home / "log").open("a") as log:
            subprocess.run(self._command(words), env=self._surroundings, stdout=log, stderr=log, check=True)

    @contextmanager
    def running(self) -> Iterator[httpx.Client]:
        """A client that is signed in, while it runs."""
        with (self.home / "server.log").open("w") as log:
            words = ("run", "-h", "127.0.0.1", "-p", str(PORT), "--with-threads")
            server = subprocess.Popen(self._command(words), env=self._surroundings, stdout=log, stderr=log)
            try:
                with httpx.Client(base_url=ADDRESS, timeout=120) as client:
                    _wait(client)
                    said = client.post("/api/v1/security/login", json=USER | {"provider": "db", "refresh": False})
                    client.headers["Authorization"] = f"Bearer {said.raise_for_status().json()['access_token']}"
                    yield client
            finally:
                server.terminate()
                server.wait()

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [str(self.venv / "bin" / "superset"), *words]

    @property
    def _surroundings(self) -> dict[str, str]:
        own = {"SUPERSET_HOME": str(self.home), "SUPERSET_CONFIG_PATH": str(CONFIG), "FLASK_APP": "superset"}
        return dict(os.environ) | own


def _wait(client: httpx.Client) -> None:
    for _ in range(120):
        try:
            client.get("/health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"nobody answers at {ADDRESS}; see server.log")


def charts(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """The query of each chart, by its title."""
    listed = client.get("/api/v1/chart/", params={"q": "(page_size:100)"}).raise_for_status().json()["result"]
    own = (client.get(f"/api/v1/chart/{chart['id']}").raise_for_status().json()["result"] for chart in listed)
    return {chart["slice_name"]: json.loads(chart["query_context"]) for chart in own}


def datasets(client: httpx.Client) -> dict[str, int]:
    """The number of each dataset, by its name."""
    listed = client.get("/api/v1/dataset/", params={"q": "(page_size:100)"}).raise_for_status().json()["result"]
    return {dataset["table_name"]: dataset["id"] for dataset in listed}


def rows(client: httpx.Client, query: dict[str, Any], *filters: dict[str, Any]) -> list[dict[str, Any]]:
    """What Superset answers to a query, with more filters."""
    (only,) = query["queries"]
    asked = query | {"queries": [only | {"filters": [*only.get("filters", []), *filters]}]}
    answer = client.post("/api/v1/chart/data", json=asked).raise_for_status().json()["result"]
    found: list[dict[str, Any]] = answer[0]["data"]
    return found
