"""What docs/explanation/security.md says is listened on, by whom and where."""

from __future__ import annotations

import re

import pytest

from tests.documents import HOME

ROOMS = ("flows", "tasks", "expectations", "warehouse")
LISTENS = re.compile(r"import socket|\.bind\(|start_server|HTTPServer|uvicorn|SERVER_API_HOST")


def test_no_code_of_ours_listens_and_prefect_listens_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.server.api.server import SubprocessASGIServer  # noqa: PLC0415
    from prefect.settings.models.server.api import ServerAPISettings  # noqa: PLC0415

    for room in ROOMS:
        for path in (HOME / room).rglob("*.py"):
            assert not LISTENS.search(path.read_text(encoding="utf-8")), path
    assert "host" not in (HOME / "prefect.yaml").read_text(encoding="utf-8").lower()
    monkeypatch.delenv("PREFECT_SERVER_API_HOST", raising=False)
    assert (ServerAPISettings.model_fields["host"].default, ServerAPISettings.model_fields["port"].default) == (
        "127.0.0.1",
        4200,
    )
    assert SubprocessASGIServer._port_range == range(8000, 9000)
    assert SubprocessASGIServer(port=8000).address == "http://127.0.0.1:8000"
