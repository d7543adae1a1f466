"""The rules of a dataset as they are written, of all validities: what a period's suite is a selection of.

For looking at rules from outside: listing, checking, previewing them. Judging goes by `expectations.suites`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import polars as pl

from expectations import suites
from expectations.companions import Companion
from expectations.language.rules import Rule
from expectations.suites import every_dataset
from warehouse.codebook import Codebook, Dataset
from warehouse.messages.errors import PermanentError
from warehouse.store.history import schema
from warehouse.store.prior_state import RETURNS, PriorState

# Companions are joined to no rows in it, to see which columns they add; any period does.
SOME_PERIOD = "2017-12"


@dataclass(frozen=True)
class SuiteVersions:
    """A dataset's rules: those derived from the codebook, and its own; and what is joined before they are applied."""

    dataset: Dataset
    derived: tuple[Rule, ...]
    own: tuple[Rule, ...]
    companions: tuple[Companion, ...]

    @classmethod
    def of(cls, dataset: Dataset, module: ModuleType | None = None) -> SuiteVersions:
        """What `module` says, by default the dataset's file in `expectations/suites`, if it has one."""
        name = f"{suites.__name__}.{dataset.dataset}"
        module = module or (import_module(name) if find_spec(name) else None)
        joined = (*every_dataset.companions(dataset), *getattr(module, "COMPANIONS", ()))
        return cls(dataset, every_dataset.rules(dataset), tuple(getattr(module, "RULES", ())), joined)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them, those derived from the codebook first."""
        return (*self.derived, *self.own)

    def columns(self, book: Codebook) -> dict[str, pl.DataType]:
        """What the rules can speak of: the columns of the joined rows with their types."""
        return self._added(book)[0]

    def of_peers(self, book: Codebook) -> frozenset[str]:
        """The columns that come from other counties' returns of the same period."""
        return frozenset(self._added(book)[1])

    def _added(self, book: Codebook) -> tuple[dict[str, pl.DataType], set[str]]:
        rows = pl.LazyFrame(schema={"row_id": pl.UInt32, **schema(self.dataset)})
        nothing = PriorState(book, Path("none"), ["none"], pl.DataFrame(schema=RETURNS))
        known, of_peers = rows.collect_schema(), set[str]()
        for companion in self.companions:
            rows = rows.pipe(companion.join, nothing, self.dataset, SOME_PERIOD)
            before, known = set(known), rows.collect_schema()
            of_peers |= (set(known) - before) if companion.of_peers else set()
        return dict(known), of_peers


def load_edited(file: Path, book: Codebook) -> SuiteVersions:
    """The rules in an edited copy of a suite's file, whose name is the dataset's; it runs, being the engineer's own.

    Raises PermanentError, saying what to do, where it names no dataset, does not run or gives no RULES.
    """
    if file.stem not in book.datasets:
        raise PermanentError(f"{file}: {file.stem} is no dataset; name the copy after one, as {suites_of(book)}")
    spec = spec_from_file_location(f"edited_{file.stem}", file)
    if spec is None or spec.loader is None:
        raise PermanentError(f"{file}: not a Python file; copy expectations/suites/{file.stem}.py and edit the copy")
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever an engineer's own code may raise is told as their file's fault
        raise PermanentError(f"{file}{_line(error, file)}: {type(error).__name__}: {error}") from error
    rules = getattr(module, "RULES", None)
    if not isinstance(rules, tuple) or not all(isinstance(rule, Rule) for rule in rules):
        raise PermanentError(f"{file}: RULES is to be a tuple of Rule; see expectations/suites/{file.stem}.py")
    return SuiteVersions.of(book.datasets[file.stem], module)


def suites_of(book: Codebook) -> str:
    """The files that a copy may be named after."""
    return ", ".join(f"{name}.py" for name in book.datasets)


def _line(error: Exception, file: Path) -> str:
    """Where in the file it went wrong, as `:12`; nothing where that is not known."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    trace, line = error.__traceback__, None
    while trace:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == str(file) else line
        trace = trace.tb_next
    return f":{line}" if line else ""
