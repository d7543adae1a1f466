"""Receive: each new file is hashed, kept in the archive, and given a number."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.store.inbox import Arrival
from warehouse.store.receive import number, prepare, save_receipts


@task(name="prepare", **RETRIES)
def prepare_root(run: Run) -> list[str]:
    """Brings the ledger up to the journal and removes what a crash left; returns the runs that it had to index."""
    return prepare(run.root, run.ledger_url)


@task(name="receive", **RETRIES)
def receive(run: Run, files: dict[str, Arrival]) -> list[str]:
    """Keeps the files, by name, and what archives hold, and numbers all in the order of their names; returns these."""
    receipts = number(run.root, run.ledger_url, files, run.received_at, run.limits)
    save_receipts(run.receipts, receipts)
    return [receipt.file for receipt in receipts]
