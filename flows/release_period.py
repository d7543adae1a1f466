"""The flow release: the province approves a period, which locks it; a run of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from flows.forms import ReceivedAt, shown
from flows.operation import operation
from flows.pipeline import Stages, publish_and_report, publish_interrupted, started
from flows.settings import load_settings
from tasks.decide import commit_decisions
from tasks.release_period import already_said, approve
from tasks.run import Run
from warehouse.lineage.release_review import ReleaseReview
from warehouse.reports.run_summary import Summary
from warehouse.store.journal_records import RELEASE_PERIOD
from warehouse.store.period_release import ReleasePeriodRequest

APPROVED = shown("审定 Approval", "审定哪一期,批注,谁决定。 Which period, a note, and who decides it.")


class ReleasePeriodResult(BaseModel):
    """What was approved, and the run that says so; `already_applied`: it had been, in that run, and was not looked at
    again.
    """

    model_config = ConfigDict(frozen=True)

    request: ReleasePeriodRequest
    review: ReleaseReview | None
    summary: Summary
    already_applied: bool = False


@operation(RELEASE_PERIOD, says=lambda done: f"{done.request.period} 已审定并锁定; approved and locked")
def release(request: Annotated[ReleasePeriodRequest, APPROVED], received_at: ReceivedAt = None) -> ReleasePeriodResult:
    """Approves a period as it is: its figures are published as approved, and what comes for it later waits.

    Said again, as after it was broken off, the same request is not done twice: its run is published and reported, if
    that is still to do.
    """
    with started(load_settings(), RELEASE_PERIOD, received_at) as (begun, stages):
        before = already_said(begun, request)
        run = begun.model_copy(update={"name": before}) if before else begun
        review = None if before else _approve(run, request, stages)
        summary = publish_and_report(run, stages)
        return ReleasePeriodResult(request=request, review=review, summary=summary, already_applied=before is not None)


def _approve(run: Run, request: ReleasePeriodRequest, stages: Stages) -> ReleaseReview:
    """Looks, and commits; before that, what an interrupted run left unpublished is published."""
    publish_interrupted(run, stages)
    with stages.stage("approve", request.period):
        review = approve(run, request)
    with stages.stage("commit", f"run {run.name}"):
        commit_decisions(run)
    return review
