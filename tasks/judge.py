"""Validate and judge: one period, its verdicts and rows kept for the journal's entry to commit."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.intake.reading import load_reading
from warehouse.messages.log import SHOWN_APART, log
from warehouse.store import ledger, rejudging
from warehouse.store.journal_records import ReturnDecision
from warehouse.store.rejudging import RejudgeResult
from warehouse.store.staging import approved_periods, prior_state, stage_period
from warehouse.store.waiting_returns import kept_waiting

if TYPE_CHECKING:
    from expectations.judge import PeriodOutcome


@task(name="judge", task_run_name="judge {period}", **RETRIES)
def judge(run: Run, period: str) -> int:
    """Judges the returns of a period and keeps the rows; returns how many returns there were. Of a period that is
    approved nothing is judged: they wait.
    """
    if period in approved_periods(run.returns):
        record = kept_waiting(load_reading(run.reading), period)
        stage_period(run.root, run.name, run.judged, record, {}, {})
        return len(record.waiting)
    judged = _judged(run, period)
    stage_period(run.root, run.name, run.judged, judged.record, judged.accepted, judged.quarantined)
    _say_quarantined(judged.record.decisions)
    return len(judged.record.decisions)


@task(name="judge again", task_run_name="judge {period} again", **RETRIES)
def judge_again(run: Run, period: str) -> RejudgeResult:
    """Judges returns of a period that have been decided before and keeps what is now decided otherwise."""
    judged = _judged(run, period)
    before = rejudging.prior_decisions(ledger.open_ledger(run.ledger_url), period)
    decisions = rejudging.changed(judged.record, before)
    kept = judged.only(rejudging.key_of(decision) for decision in decisions)
    if decisions:
        stage_period(run.root, run.name, run.judged, kept.record, kept.accepted, kept.quarantined)
    return RejudgeResult(
        returns=len(judged.record.decisions),
        quarantined=sum(decision.verdict == "quarantined" for decision in judged.record.decisions),
        changes=tuple(rejudging.change(decision, before.get(rejudging.key_of(decision))) for decision in decisions),
    )


def _say_quarantined(decisions: Iterable[ReturnDecision]) -> None:
    """A line a return that is quarantined, with its place as fields: a county that asks is answered from the log."""
    for one in decisions:
        if one.verdict == "quarantined":
            place = {"submission": one.submission, "county": one.county_code, "period": one.period}
            log.info(
                "%s %s %s 退回 quarantined (%s): %s", one.county_code, one.period, one.dataset, ", ".join(one.failed),
                one.file, extra={**place, "dataset": one.dataset, **SHOWN_APART},
            )  # fmt: skip


def _judged(run: Run, period: str) -> PeriodOutcome:
    # Great Expectations takes 3 s to import: not where a night has nothing to judge.
    from expectations.data_docs.files import write_result  # noqa: PLC0415
    from expectations.judge import judge_period  # noqa: PLC0415

    known = prior_state(run.root, run.name, run.returns, run.judged)
    # The import makes a million objects that live on; collections need not look through them (measured: 15 %).
    gc.freeze()
    try:
        judged = judge_period(period, load_reading(run.reading), known, run.received_at)
    finally:
        gc.unfreeze()
    for result in judged.validations:
        write_result(result, run.validations)
    return judged
