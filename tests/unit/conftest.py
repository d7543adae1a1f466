"""What several modules of tests start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import compacting
from warehouse.store.files import Root


@pytest.fixture(scope="module")
def five_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root after four nights with corrections and quarantined returns, and a waiver; its inbox is beside it."""
    return compacting.five_runs(tmp_path_factory.mktemp("five"))


@pytest.fixture
def filled(root: Root, inbox: Path, five_runs: Path) -> Root:
    """The root of five runs, for one test, with the files that it came from in the inbox."""
    shutil.copytree(five_runs, root.path, symlinks=True)
    shutil.copytree(five_runs.with_name("inbox"), inbox, dirs_exist_ok=True)
    return root
