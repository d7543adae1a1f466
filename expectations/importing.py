"""What makes the import of Great Expectations quicker: a third of it is for what two expectations draw with and test
distributions by, which no rule asks for.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

SLOW = "great_expectations"
LATER = ("altair", "scipy.stats")


def quicken() -> None:
    """From now on Great Expectations, whoever imports it first, is imported in two thirds of the time."""
    sys.meta_path.insert(0, _QuickFinder())


class _QuickFinder(MetaPathFinder):
    """Finds Great Expectations alone, once, as others do; loaded it is without the collector and what comes later."""

    def find_spec(self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> Any:
        """How to load it, None for other modules."""
        if fullname != SLOW:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        return _quicker(spec) if spec else None


def _quicker(spec: ModuleSpec) -> ModuleSpec:
    load: Any = spec.loader
    load_slowly = load.exec_module

    def load_quickly(module: ModuleType) -> None:
        with nothing_collected(), imported_later(*LATER):
            load_slowly(module)

    load.exec_module = load_quickly
    return spec


@contextmanager
def nothing_collected() -> Iterator[None]:
    """The collector of cycles rests meanwhile: over thousands of new classes and functions it finds next to nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _LaterModule(ModuleType):
    """Stands for a module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.__name__), name)


@contextmanager
def imported_later(*names: str) -> Iterator[None]:
    """Who imports these modules meanwhile, and asks for nothing of them yet, does not wait for them."""
    later = {name: _LaterModule(name) for name in names if name not in sys.modules}
    sys.modules.update(later)
    try:
        yield
    finally:
        for name, module in later.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
