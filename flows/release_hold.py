"""The flow release-hold: figures above the county that are held are let through, with a reason; a run of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from flows.forms import ReceivedAt, shown
from flows.operation import operation
from flows.pipeline import Stages, publish_and_report, publish_interrupted, started
from flows.settings import load_settings
from tasks.release import already_released, release
from tasks.run import Run
from warehouse.reports.run_summary import Summary
from warehouse.store.holds import RELEASE, ReleaseRequest
from warehouse.store.journal_records import HoldRecord

FIGURES = shown("汇总数 Figures", "放行哪些汇总数,为何,谁决定。 Which figures, why, and who says so.")


class ReleaseResult(BaseModel):
    """What was let through, and the run that says so; `already_applied`: it had been, in that run."""

    model_config = ConfigDict(frozen=True)

    request: ReleaseRequest
    released: tuple[HoldRecord, ...]
    summary: Summary
    already_applied: bool = False


@operation(RELEASE, says=lambda done: f"放行 {len(done.released)} 个汇总数; {len(done.released)} figures let through")
def release_hold(request: Annotated[ReleaseRequest, FIGURES], received_at: ReceivedAt = None) -> ReleaseResult:
    """Lets figures through that are held: they are published as they are, and judged against that from then on.

    Said again, as after it was broken off, the same request is not done twice: its run is published and reported, if
    that is still to do.
    """
    with started(load_settings(), RELEASE, received_at) as (begun, stages):
        before = already_released(begun, request)
        run = begun.model_copy(update={"name": before[0]}) if before else begun
        holds = before[1] if before else _release(run, request, stages)
        summary = publish_and_report(run, stages)
        return ReleaseResult(
            request=request, released=tuple(holds), summary=summary, already_applied=before is not None
        )


def _release(run: Run, request: ReleaseRequest, stages: Stages) -> list[HoldRecord]:
    """Commits; before that, what an interrupted run left unpublished is published."""
    publish_interrupted(run, stages)
    with stages.stage("commit", f"run {run.name}"):
        return release(run, request)
