"""Decide: what a person asked for, kept for the journal's entry to commit."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.store import decide as store
from warehouse.store import journal, ledger
from warehouse.store.decide import Decided
from warehouse.store.deeds import Act, Deed
from warehouse.store.judged import entry_of_decisions, keep_judged, load_judged


@task(name="decide", **RETRIES)
def decide(run: Run, act: Act, deed: Deed) -> list[Decided]:
    """Keeps the decisions and the rows that they let in; raises PermanentError where there is nothing to decide."""
    record, rows, done = store.decide(run.root, ledger.open_ledger(run.ledger_url), act, deed, run.received_at)
    keep_judged(run.root, run.name, run.judged, record, rows, {})
    return done


@task(name="look back", **RETRIES)
def said_before(run: Run, act: Act, deed: Deed) -> tuple[str, list[Decided]] | None:
    """The run and what it decided, where the last word on these returns is this very deed."""
    return store.said_before(run.root, ledger.open_ledger(run.ledger_url), act, deed)


@task(name="commit", **RETRIES)
def commit_decisions(run: Run) -> None:
    """Writes the entry of a run that read nothing, and indexes it; done again, it changes nothing."""
    if run.name not in journal.runs(run.root):
        entry = entry_of_decisions(run.name, run.flow, run.received_at, load_judged(run.judged))
        journal.commit(run.root, entry)
    ledger.catch_up(ledger.open_ledger(run.ledger_url), run.root)
