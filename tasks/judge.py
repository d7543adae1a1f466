"""Validate and judge: one period, its verdicts and rows kept for the journal's entry to commit."""

from __future__ import annotations

import gc

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.intake.reading import load_reading
from warehouse.store.judged import keep_judged, known_so_far


@task(name="judge", task_run_name="judge {period}", **RETRIES)
def judge(run: Run, period: str) -> int:
    """Judges the returns of a period and keeps the rows; returns how many returns there were."""
    # Great Expectations takes 3 s to import: not where a night has nothing to judge.
    from expectations.judge import judge_period  # noqa: PLC0415

    known = known_so_far(run.root, run.ledger_url, run.name, run.judged)
    # The import makes a million objects that live on; collections need not look through them (measured: 15 %).
    gc.freeze()
    try:
        judged = judge_period(period, load_reading(run.reading), known, run.received_at)
    finally:
        gc.unfreeze()
    keep_judged(run.root, run.name, run.judged, judged.record, judged.accepted, judged.quarantined)
    return len(judged.record.decisions)
