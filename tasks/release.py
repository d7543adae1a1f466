"""Release: the figures that a person lets through, kept and committed."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.store import holds as store
from warehouse.store import journal, ledger
from warehouse.store.holds import ReleaseRequest
from warehouse.store.journal_records import HoldRecord
from warehouse.store.staging import entry_of_decisions


@task(name="release", **RETRIES)
def release(run: Run, request: ReleaseRequest) -> list[HoldRecord]:
    """Writes the entry that lets them through, and indexes it; raises PermanentError where none is held.

    Done again, it changes nothing.
    """
    engine = ledger.open_ledger(run.ledger_url)
    if run.name not in journal.runs(run.root):
        periods = store.released(store.to_release(engine, request, run.received_at), request)
        journal.commit(run.root, entry_of_decisions(run.name, run.flow, run.received_at, periods))
    ledger.catch_up(engine, run.root)
    return [*journal.read_entry(run.root, run.name).holds]


@task(name="look back", **RETRIES)
def already_released(run: Run, request: ReleaseRequest) -> tuple[str, list[HoldRecord]] | None:
    """The run and what it let through, where the last word on these figures is this very request."""
    return store.already_released(ledger.open_ledger(run.ledger_url), request)
