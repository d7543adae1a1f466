"""The import of Great Expectations leaves out what no rule asks for, and all is afterwards as it was."""

from __future__ import annotations

import gc
import subprocess
import sys
from importlib import import_module

import pytest

from expectations.importing import imported_later, nothing_collected


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


def test_what_is_imported_later_is_the_module_itself_when_it_is_asked_for() -> None:
    assert "this" not in sys.modules
    with imported_later("this", "json"):
        later, known = import_module("this"), import_module("json")
        assert known is sys.modules["json"]
    assert "this" not in sys.modules
    assert later.__spec__ is None
    assert later.d["a"] == "n"
    assert later.d is import_module("this").d


def test_no_rule_waits_for_what_others_draw_with() -> None:
    code = "import sys, expectations.judge; print([m for m in ('altair', 'scipy.stats') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
