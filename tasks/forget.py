"""Forget: what must not be kept is said to be gone, then it is."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.maintenance.forget_originals import remove_forgotten
from warehouse.store import forget as store
from warehouse.store import ledger
from warehouse.store.forget import ForgetOutcome, ForgetRequest


@task(name="forget", **RETRIES)
def forget(run: Run, request: ForgetRequest) -> ForgetOutcome:
    """Commits that it is forgotten; raises PermanentError where it may not be. Done again, it changes nothing."""
    return store.forget(run.root, ledger.open_ledger(run.ledger_url), run.name, request, run.received_at)


@task(name="remove", **RETRIES)
def remove(run: Run) -> None:
    """Removes the originals, and what reports quote of them; done again, it finds nothing left."""
    remove_forgotten(run.root, ledger.open_ledger(run.ledger_url))
