"""Decide: what a person asked for, kept for the journal's entry to commit."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from tasks.settle import settle_holds
from warehouse.store import journal, ledger
from warehouse.store import manual_decisions as store
from warehouse.store.decision_requests import DecisionKind, DecisionRequest
from warehouse.store.manual_decisions import DecisionOutcome
from warehouse.store.staging import entry_of_decisions, load_staged, save_returns, stage_period


@task(name="decide", **RETRIES)
def decide(run: Run, kind: DecisionKind, request: DecisionRequest) -> list[DecisionOutcome]:
    """Keeps the decisions and the rows that they let in; raises PermanentError where there is nothing to decide."""
    record, rows, done = store.decide(run.root, ledger.open_ledger(run.ledger_url), kind, request, run.received_at)
    stage_period(run.root, run.name, run.judged, record, rows, {})
    return done


@task(name="look back", **RETRIES)
def already_applied(run: Run, kind: DecisionKind, request: DecisionRequest) -> tuple[str, list[DecisionOutcome]] | None:
    """The run and what it decided, where the last word on these returns is this very request."""
    return store.already_applied(run.root, ledger.open_ledger(run.ledger_url), kind, request)


@task(name="commit", **RETRIES)
def commit_decisions(run: Run) -> None:
    """Writes the entry of a run that read nothing, and indexes it; done again, it changes nothing."""
    if run.name not in journal.runs(run.root):
        save_returns(run.ledger_url, run.returns)
        settle_holds(run, judged=False)
        entry = entry_of_decisions(run.name, run.flow, run.received_at, load_staged(run.judged))
        journal.commit(run.root, entry)
    ledger.catch_up(ledger.open_ledger(run.ledger_url), run.root)
