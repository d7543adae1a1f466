"""Read: the archived originals to typed rows, all files of the run in one task, in child processes of its own."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.intake.reading import save_reading
from warehouse.intake.sandbox.reader_pool import read_isolated
from warehouse.store.archive import original_of
from warehouse.store.prior_state import in_force_submissions
from warehouse.store.receive import load_receipts
from warehouse.store.staging import save_returns


@task(name="read", **RETRIES)
def read(run: Run) -> list[str]:
    """Reads every receipt and leaves the reading in the work folder; returns the periods found, ascending."""
    received = [original_of(run.root, r) for r in load_receipts(run.receipts)]
    in_force = in_force_submissions(save_returns(run.ledger_url, run.returns))
    reading = read_isolated(received, run.limits, in_force, run.folders, run.parts)
    save_reading(reading, run.reading)
    return sorted({head.period for head in reading.return_headers})
