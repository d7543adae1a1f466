"""Receive: each new file is hashed, kept in the archive, and given a number. Before it, what was left is seen to."""

from __future__ import annotations

from prefect import task

from expectations.data_docs.recovered_pages import publish_recovered_pages
from tasks.run import RETRIES, Run
from warehouse.maintenance.recover import clear, prepare
from warehouse.store.inbox import Arrival
from warehouse.store.leftovers import Leftover
from warehouse.store.receive import keep_files, number, save_receipts


@task(name="prepare", **RETRIES)
def prepare_root(run: Run) -> list[Leftover]:
    """Makes the store whole after whatever came before; returns what had been left and what was done about it."""
    return list(prepare(run.root, run.ledger_url, publish_recovered_pages))


@task(name="clear", **RETRIES)
def clear_work(run: Run) -> None:
    """Removes the run's scratch, now that it has come to its end."""
    clear(run.root)


@task(name="receive", **RETRIES)
def receive(run: Run, files: dict[str, Arrival]) -> tuple[list[str], list[str]]:
    """Keeps the files, by name, and numbers them and what archives hold in the order of their names; returns these, and
    those over budget.
    """
    originals, late = keep_files(run.root, files, run.limits, run.budgets, run.folders)
    receipts = number(run.ledger_url, originals, run.received_at)
    save_receipts(run.receipts, receipts)
    return [receipt.file for receipt in receipts], late
