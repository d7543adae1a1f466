"""Read again: archived originals of returns that have been decided before."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.intake.apart import read_apart
from warehouse.intake.reading import save_reading
from warehouse.intake.records import Received
from warehouse.store import again, ledger
from warehouse.store.again import Scope, chosen, receipts_of, restricted
from warehouse.store.archive import archived


@task(name="read again", **RETRIES)
def read_again(run: Run, scope: Scope) -> tuple[list[str], int]:
    """Reads the returns in scope from the archive into the work folder.

    Returns their periods, ascending, and how many could not be read: their decisions stay as they are.
    """
    engine = ledger.open_ledger(run.ledger_url)
    keys = chosen(engine, scope)
    received = [Received(r, archived(run.root, r.submission, r.file)) for r in receipts_of(engine, keys)]
    reading = restricted(read_apart(received, run.limits, None, run.folders, run.parts), keys)
    save_reading(reading, run.reading)
    return sorted({head.period for head in reading.heads}), len(keys) - len({*map(again.key_of, reading.heads)})
