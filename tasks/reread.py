"""Read again: archived originals of returns that have been decided before."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.intake.reading import save_reading
from warehouse.intake.sandbox.reader_pool import read_isolated
from warehouse.store import ledger, rejudging
from warehouse.store.archive import original
from warehouse.store.period_release import ReopenRequest, to_reopen
from warehouse.store.rejudging import Key, Scope, chosen, key_set, receipts_of, restricted
from warehouse.store.staging import save_returns
from warehouse.store.waiting_returns import waiting_returns


@task(name="read again", **RETRIES)
def reread(run: Run, scope: Scope) -> tuple[list[str], int]:
    """Reads the returns in scope from the archive into the work folder.

    Returns their periods, ascending, and how many could not be read: their decisions stay as they are.
    """
    return _reread(run, chosen(ledger.open_ledger(run.ledger_url), scope))


@task(name="read what waits", **RETRIES)
def reread_waiting(run: Run, request: ReopenRequest) -> tuple[list[str], int]:
    """Reads the returns that wait for a period likewise; raises PermanentError where it is not approved."""
    engine = ledger.open_ledger(run.ledger_url)
    to_reopen(engine, request, run.received_at)
    return _reread(run, key_set(waiting_returns(engine).filter(period=request.period)))


def _reread(run: Run, keys: set[Key]) -> tuple[list[str], int]:
    received = [original(run.root, r) for r in receipts_of(ledger.open_ledger(run.ledger_url), keys)]
    reading = restricted(read_isolated(received, run.limits, None, run.folders, run.parts), keys)
    save_reading(reading, run.reading)
    save_returns(run.ledger_url, run.returns)
    return sorted({head.period for head in reading.return_headers}), len(keys) - len(
        {*map(rejudging.key_of, reading.return_headers)}
    )
