"""What several modules of tests start from."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.compacting import five_runs
from tests.sharing import Fill
from warehouse.store.files import Root


@pytest.fixture
def filled(filled_by: Callable[[Fill], Root]) -> Root:
    """A root after four nights with corrections and quarantined returns, and a waiver; its inbox is this test's."""
    return filled_by(five_runs)
