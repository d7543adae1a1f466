"""The collector of cycles rests during the import, and is afterwards as it was."""

from __future__ import annotations

import gc
from importlib import import_module

import pytest

from expectations.engine.importing import nothing_collected


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was(on: bool) -> None:  # noqa: FBT001 - a parameter of the test
    (gc.enable if on else gc.disable)()
    try:
        with pytest.raises(ModuleNotFoundError), nothing_collected():
            import_module("expectations.engine.no_such_module")
        with nothing_collected():
            assert not gc.isenabled()
        assert gc.isenabled() is on
    finally:
        gc.enable()
