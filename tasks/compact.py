"""Compact: many small files of rows become one."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.store.compact import CompactResult, compact


@task(name="compact", **RETRIES)
def compact_rows(run: Run, at_least: int) -> CompactResult:
    """Merges files of rows as a run of its own; done again, it finds nothing to merge."""
    return compact(run.root, run.ledger_url, run.received_at, at_least)
