"""Makes `tests.builders` importable however pytest was started, and the roots that tests share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from warehouse.store.files import Root

# What importing Great Expectations says of its own dependencies.
NOT_OURS = (r"ignore:module 'sre_\w+' is deprecated:DeprecationWarning",)


def pytest_configure(config: pytest.Config) -> None:
    for warning in NOT_OURS:
        config.addinivalue_line("filterwarnings", warning)


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
