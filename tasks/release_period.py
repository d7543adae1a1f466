"""Release a period: what it is like, that it is approved, that it is opened again; kept for the entry to commit."""

from __future__ import annotations

from prefect import task

from tasks.run import RETRIES, Run
from warehouse.lineage.release_review import ReleaseReview, approval, refuse_objections, review_period
from warehouse.store import ledger
from warehouse.store import period_release as store
from warehouse.store.period_release import ReleasePeriodRequest, ReopenRequest
from warehouse.store.staging import stage_release


@task(name="approve", **RETRIES)
def approve(run: Run, request: ReleasePeriodRequest) -> ReleaseReview:
    """Keeps that the period is approved, as it is; raises PermanentError where it is already, or something speaks
    against it.
    """
    engine = ledger.open_ledger(run.ledger_url)
    store.to_release(engine, request.period, run.received_at)
    review = review_period(run.root, engine, run.open_share, request.period)
    refuse_objections(review, anyway=request.anyway)
    stage_release(run.judged, request.period, approval(review, request))
    return review


@task(name="open again", **RETRIES)
def open_again(run: Run, request: ReopenRequest) -> None:
    """Keeps that the period is opened again, beside what was judged of it."""
    stage_release(run.judged, request.period, store.reopening(request))


@task(name="look back", **RETRIES)
def already_said(run: Run, request: ReopenRequest) -> str | None:
    """The run that did it, where the last word on the period is this very request."""
    return store.already_said(ledger.open_ledger(run.ledger_url), request)
