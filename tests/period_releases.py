"""Approving periods and opening them again without Prefect."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.builders import RECEIVED, publish_new, read_submissions, url
from warehouse.intake.formats.preflight import Limits
from warehouse.intake.reading import load_reading, save_reading
from warehouse.lineage.release_review import approval, refuse_objections, review_period
from warehouse.maintenance.recover import prepare
from warehouse.reports.run_summary import write_findings
from warehouse.store import journal, ledger, rejudging
from warehouse.store.archive import original
from warehouse.store.files import Root
from warehouse.store.journal_records import RELEASE_PERIOD, REOPEN
from warehouse.store.period_release import (
    ReleasePeriodRequest,
    ReopenRequest,
    already_said,
    reopening,
    to_release,
    to_reopen,
)
from warehouse.store.staging import (
    entry_of,
    entry_of_decisions,
    load_staged,
    prior_state,
    save_returns,
    stage_period,
    stage_release,
)
from warehouse.store.waiting_returns import waiting_returns


def release_period(root: Root, received_at: datetime = RECEIVED, share: float = 0, **request: Any) -> str:
    """What flows/release_period.py does, by plain functions; the run. Of 2017-12 by default."""
    told = {"period": "2017-12", "reason": "已核对", "by": "李", **request}
    meant = ReleasePeriodRequest.model_validate(told)
    with root.lock(0):
        run = journal.next_run(root)
        left = {one.kind for one in prepare(root, url(root))}
        engine, staged = ledger.open_ledger(url(root)), root.work / run / "judged"
        if (before := already_said(engine, meant)) is None:
            if "unpublished" in left:
                publish_new(root)
            to_release(engine, meant.period, received_at)
            review = review_period(root, engine, share, meant.period)
            refuse_objections(review, anyway=meant.anyway)
            stage_release(staged, meant.period, approval(review, meant))
            journal.commit(root, entry_of_decisions(run, RELEASE_PERIOD, received_at, load_staged(staged)))
            ledger.catch_up(engine, root)
        publish_new(root)
        write_findings(journal.read_entry(root, before or run), root.reports / (before or run))
        return before or run


def reopen(root: Root, received_at: datetime = RECEIVED, **request: Any) -> str:
    """What flows/reopen.py does, by plain functions; the run. Of 2017-12 by default."""
    from expectations.judge import judge_period  # noqa: PLC0415
    from expectations.settle_holds import settle_holds  # noqa: PLC0415

    told = {"period": "2017-12", "reason": "县里更正", "by": "王", **request}
    meant = ReopenRequest.model_validate(told)
    with root.lock(0):
        run = journal.next_run(root)
        left = {one.kind for one in prepare(root, url(root))}
        engine, work = ledger.open_ledger(url(root)), root.work / run
        if (before := already_said(engine, meant)) is None:
            if "unpublished" in left:
                publish_new(root)
            to_reopen(engine, meant, received_at)
            keys = rejudging.key_set(waiting_returns(engine).filter(period=meant.period))
            received = [original(root, r) for r in rejudging.receipts_of(engine, keys)]
            save_reading(rejudging.restricted(read_submissions(received, Limits(), None), keys), work / "read")
            reading, returns, staged = load_reading(work / "read"), work / "returns.arrow", work / "judged"
            save_returns(url(root), returns)
            if keys:
                judged = judge_period(meant.period, reading, prior_state(root, run, returns, staged), received_at)
                stage_period(root, run, staged, judged.record, judged.accepted, judged.quarantined)
            stage_release(staged, meant.period, reopening(meant))
            settle_holds(root, run, returns, staged, judged=True)
            journal.commit(root, entry_of(run, REOPEN, received_at, reading, load_staged(staged)))
            ledger.catch_up(engine, root)
        publish_new(root)
        write_findings(journal.read_entry(root, before or run), root.reports / (before or run))
        return before or run
