"""Read: the archived originals to typed rows, all files of the run in one task, in child processes of its own."""

from __future__ import annotations

from prefect import task

from tasks.progress import Progress
from tasks.run import RETRIES, Run
from warehouse.intake.reading import save_reading
from warehouse.intake.sandbox.reader_pool import Readers
from warehouse.store import ledger
from warehouse.store.archive import original_of
from warehouse.store.prior_state import in_force_submissions
from warehouse.store.receive import load_receipts, save_receipts
from warehouse.store.staging import save_returns
from warehouse.store.waiting_returns import waiting_submissions


@task(name="read", **RETRIES)
def read(run: Run) -> tuple[list[str], list[str]]:
    """Reads the receipts and leaves the reading in the work folder; returns the periods found, ascending, and the files
    that are over budget: they wait, and have no receipt any more.
    """
    receipts = load_receipts(run.receipts)
    in_force = in_force_submissions(save_returns(run.ledger_url, run.returns))
    # What waits is what would be in force: sent again, it is a duplicate, and what came before it is none.
    in_force |= waiting_submissions(ledger.open_ledger(run.ledger_url))
    received = [original_of(run.root, r) for r in receipts]
    with Readers.of(received, run.limits, run.parts) as readers:
        readers.progress = Progress("xianbao-reading", f"read 读取 {run.name}", len(received)).advance
        reading, waiting = readers.read_within(run.budgets, received, in_force, run.folders)
    save_reading(reading, run.reading)
    late = {one.receipt for one in waiting}
    save_receipts(run.receipts, [one for one in receipts if one.receipt not in late])
    return sorted({head.period for head in reading.return_headers}), [r.file for r in waiting if r.archive is None]
