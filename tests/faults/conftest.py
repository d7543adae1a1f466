"""A process that kills, shared by all tests of faults: it takes a while to start, and surveys a scenario once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.faults.kills import pool
from tests.faults.run import Known, surveyed


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="session")
def processes() -> Iterator[ProcessPoolExecutor]:
    with pool(1, few=True) as started:
        yield started


@pytest.fixture(scope="session")
def known(base: Path, processes: ProcessPoolExecutor) -> Known:
    """The durable calls of a night and its seconds."""
    return surveyed(["night"], base, processes)
