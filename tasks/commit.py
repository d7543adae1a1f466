"""Commit: the run's entry goes to the journal, and the ledger follows."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from tasks.settle import settle_holds
from warehouse.intake.reading import load_reading
from warehouse.store import journal, ledger
from warehouse.store.staging import entry_of, load_staged


@task(name="commit", **RETRIES)
def commit(run: Run) -> None:
    """Writes the entry, which makes the run count, and indexes it; done again, it changes nothing."""
    if run.name not in journal.runs(run.root):
        settle_holds(run, judged=True)
        reading = load_reading(run.reading)
        entry = entry_of(run.name, run.flow, run.received_at, reading, load_staged(run.judged))
        journal.commit(run.root, entry)
    ledger.catch_up(ledger.open_ledger(run.ledger_url), run.root)
