"""What several modules of tests start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.builders import InThisProcess
from tests.compacting import five_runs
from tests.sharing import Fill
from warehouse.store.files import Root


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    """A root after four nights with corrections and quarantined returns, and a waiver; its inbox is this test's."""
    return filled_by(five_runs)


@pytest.fixture
def in_this_process() -> Iterator[None]:
    """Rebuilding reads the originals here: starting processes for it takes longer than all else in a small store."""
    with pytest.MonkeyPatch.context() as patched:  # one that a test does not undo
        patched.setattr("warehouse.maintenance.rebuild.Readers", InThisProcess)
        yield
