"""The rules, one file a dataset: `RULES`, and `COMPANIONS` where a rule looks beyond the row.

`every_dataset.py` gives each dataset the rules that follow from its definition in the codebook; `returns.py` has those
about a return as a whole; `outliers.py` makes the rules that bounds over peers or the past call for. A dataset without
a file has just those of every dataset. To add a rule, add it to `RULES`; nothing else is touched. Does not belong
here: how a rule is applied (`expectations.validation.checkpoint`, `expectations.judge`).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from expectations.companions import Companion
from expectations.language.rules import Rule
from expectations.suites import every_dataset
from warehouse.codebook import Dataset


@cache
def _module(dataset: str) -> ModuleType | None:
    name = f"{__name__}.{dataset}"
    return import_module(name) if find_spec(name) else None


def rules_for(dataset: Dataset, period: str) -> tuple[Rule, ...]:
    """The rules that hold for a dataset in a period, those of every dataset first."""
    own: tuple[Rule, ...] = getattr(_module(dataset.dataset), "RULES", ())
    return tuple(rule for rule in (*every_dataset.rules(dataset), *own) if rule.holds_in(period))


def companions_for(dataset: Dataset) -> tuple[Companion, ...]:
    """What is joined to the dataset's rows before its rules are applied."""
    own: tuple[Companion, ...] = getattr(_module(dataset.dataset), "COMPANIONS", ())
    return (*every_dataset.companions(dataset), *own)
