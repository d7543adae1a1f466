"""Receive: each new file is hashed, kept in the archive, and given a number."""

from __future__ import annotations

from pathlib import Path

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.store.receive import number, prepare, save_receipts


@task(name="prepare", **RETRIES)
def prepare_root(run: Run) -> list[str]:
    """Brings the ledger up to the journal and removes what a crash left; returns the runs that it had to index."""
    return prepare(run.root, run.ledger_url)


@task(name="receive", **RETRIES)
def receive(run: Run, files: dict[str, Path]) -> int:
    """Keeps the files, by name, and numbers them in the order of their names; returns how many there are."""
    receipts = number(run.root, run.ledger_url, files, run.received_at)
    save_receipts(run.receipts, receipts)
    return len(receipts)
