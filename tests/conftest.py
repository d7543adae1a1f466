"""Makes `tests.builders` importable however pytest was started, and the roots that tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from warehouse.store.files import Root  # noqa: E402


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """An empty root."""
    return Root(tmp_path / "root")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """An empty inbox."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder
