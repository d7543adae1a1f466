"""Settle: figures above the county that a run moves without having judged them, before it commits."""

from __future__ import annotations

from tasks.run import Run
from warehouse.store.staging import held_to_settle


def settle_holds(run: Run, *, judged: bool) -> None:
    """Keeps what becomes otherwise of them, for the entry to say; done again, it changes nothing."""
    if held_to_settle(run.returns, run.judged, was_judged=judged):
        # Great Expectations takes 3 s to import: not where there is nothing to look at.
        from expectations.settle_holds import settle_holds as settle  # noqa: PLC0415

        settle(run.root, run.name, run.returns, run.judged, judged=judged)
