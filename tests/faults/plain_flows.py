"""The flows without Prefect: what they do is done in this process, and nobody is told of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest
from prefect import Task

from flows import nightly, pipeline, rejudge, submit
from tests.builders import RECEIVED, InThisProcess, read_submissions
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.model.budget import Budgets
from warehouse.intake.model.records import Receipt, ReceivedFile
from warehouse.intake.reading import InForce, Reading
from warehouse.store.rejudging import Scope

if TYPE_CHECKING:
    from tests.faults.scenarios import Place

# What is called so is over the budgets of a night's first turn.
SLOW = "slow"


class SlowLast(InThisProcess):
    """In the place of `Readers`."""

    @classmethod
    def of(cls, _: Sequence[ReceivedFile], limits: Limits, scratch: Path) -> Self:
        return cls(limits, scratch)

    def read_within(
        self, budgets: Budgets, received: Sequence[ReceivedFile], in_force: InForce, _: Mapping[str, str]
    ) -> tuple[Reading, list[Receipt]]:
        late = [one for one in received if SLOW in one.receipt.file and not budgets.last]
        return self.read([one for one in received if one not in late], in_force), [one.receipt for one in late]


def plain(do: Callable[[Place], object]) -> Callable[[Place], object]:
    """The same with tasks that are functions; settings are of the place."""

    @wraps(do)
    def done(place: Place) -> object:
        before = os.umask(0)  # settings set it
        os.umask(before)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (("ROOT", place.root.path), ("INBOX", place.inbox), ("SETTLE_SECONDS", 0)):
                patch.setenv(f"XIANBAO_{name}", str(value))
            for module in (pipeline, rejudge):
                tasks = {name: task for name, task in vars(module).items() if isinstance(task, Task)}
                for name, task in tasks.items():
                    patch.setattr(module, name, task.fn)
            patch.setattr("tasks.read.Readers", SlowLast)
            patch.setattr("tasks.reread.read_isolated", _read_here)
            try:
                return do(place)
            finally:
                os.umask(before)

    return done


def _read_here(received: list[ReceivedFile], limits: Limits, in_force: InForce | None, *_: Any) -> Reading:
    return read_submissions(received, limits, in_force)


@plain
def nightly_flow(place: Place) -> object:
    return nightly.nightly.fn(place.inbox, RECEIVED)


@plain
def rejudge_flow(_: Place) -> object:
    return rejudge.rejudge.fn(Scope(first="2018-07"), RECEIVED + timedelta(days=1))


@plain
def submit_flow(place: Place) -> object:
    (file,) = (place.inbox / "2").rglob("*.xlsx")
    return submit.submit.fn(file, RECEIVED)
