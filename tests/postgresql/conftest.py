"""Where PostgreSQL is not installed there is nothing here to collect, and the header of the session says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import builders
from tests.postgresql.server import FOUND, Server

collect_ignore_glob = [] if FOUND else ["test_*.py"]


@pytest.fixture
def on_server(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """From when it is called on, the ledger of this root is a database on the server; its URL."""
    ledger_of = postgresql.ledgers()

    def move(root: Path) -> str:
        monkeypatch.setattr(builders, "ledger_of", ledger_of)
        return ledger_of(root)

    return move
