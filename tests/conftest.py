"""Makes `tests.builders` importable however pytest was started, and the roots that tests share."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
# Tests send some few returns: a period is open when the first has come, but where test_opening.py says otherwise.
os.environ["XIANBAO_OPEN_SHARE"] = "0"

from tests import builders
from tests.builders import InThisProcess, few_partitions
from tests.postgresql.server import FOUND, Server, running
from tests.sharing import Fill, copy_store, store_of
from warehouse.store.files import Root
from warehouse.store.ledger_server import server

# What importing Great Expectations says of its own dependencies.
NOT_OURS = (r"ignore:module 'sre_\w+' is deprecated:DeprecationWarning",)

# A module that has one of these by name, or a test that asks for one, fills stores: seconds, where others take none.
FILLS = {"night", "apart", "filled_by", "province"}


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until all is collected: modules and items are there to stay
    for warning in NOT_OURS:
        config.addinivalue_line("filterwarnings", warning)


def pytest_report_header() -> str:
    """Says on which databases the ledger is tested: on one that is not installed it is not, and CI installs it."""
    return f"ledger: SQLite and PostgreSQL ({FOUND})" if FOUND else "ledger: SQLite alone, PostgreSQL is not installed"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks as `store` what a module that runs nights has and what starts from a store: not for `make test-quick`."""
    for item in items:
        if FILLS & {*vars(getattr(item, "module", item)), *getattr(item, "fixturenames", ())}:
            item.add_marker("store")


def pytest_collection_finish() -> None:
    """Lets the collector pass over the million objects of what was imported: a tenth of the time of all tests."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


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


@pytest.fixture
def filled_by(
    request: pytest.FixtureRequest, root: Root, inbox: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Fill], Root]:
    """Fills the root and the inbox of this test as a function does; it is done once in a session, and copied."""
    few = "few_marts" in request.fixturenames
    return lambda fill: copy_store(store_of(tmp_path_factory, fill, "few marts" if few else "all marts"), root, inbox)


@pytest.fixture
def few_marts() -> Iterator[None]:
    """Nights publish `builders.FEW` alone: for tests of what is done with files of marts, whichever they be."""
    with pytest.MonkeyPatch.context() as patched:  # one that a test does not undo
        patched.setattr("warehouse.snapshots.publish.partitions_of", few_partitions)
        yield


@pytest.fixture
def in_this_process() -> Iterator[None]:
    """Rebuilding reads the originals here: starting processes for it takes longer than all else in a small store."""
    with pytest.MonkeyPatch.context() as patched:  # one that a test does not undo
        patched.setattr("warehouse.maintenance.rebuild.Readers", InThisProcess)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server that the tests of a session share, each with databases of its own."""
    with tempfile.TemporaryDirectory(prefix="xianbao-") as folder, running(Path(folder)) as found:
        yield found
        for url in found.urls:
            server(url).dispose()


@pytest.fixture(params=["sqlite", "postgresql"] if FOUND else ["sqlite"])
def each_ledger(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that uses it runs once with each database that a ledger may be on."""
    if request.param == "sqlite":
        yield
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(builders, "ledger_of", request.getfixturevalue("postgresql").ledgers())
        yield
