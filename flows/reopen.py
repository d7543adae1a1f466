"""The flow reopen: an approved period is opened again, and what waited for it is judged; a run of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from flows.forms import ReceivedAt, shown
from flows.operation import operation
from flows.pipeline import Stages, publish_and_report, publish_interrupted, started
from flows.settings import load_settings
from tasks.commit import commit
from tasks.judge import judge_again
from tasks.release_period import already_said, open_again
from tasks.reread import reread_waiting
from tasks.run import Run
from warehouse.reports.run_summary import Summary
from warehouse.store.journal_records import REOPEN
from warehouse.store.period_release import ReopenRequest
from warehouse.store.rejudging import Change

OPENED = shown("重新开放 Reopening", "重新开放哪一期,为何,谁决定。 Which period, why, and who decides it.")


class ReopenResult(BaseModel):
    """What opening a period again came to: the returns that waited with their verdicts, how many of them could not be
    read again and wait still, and the run that says so. `already_applied`: it had been done in that run.
    """

    model_config = ConfigDict(frozen=True)

    request: ReopenRequest
    changes: tuple[Change, ...]
    unread: int
    summary: Summary
    already_applied: bool = False

    @property
    def good(self) -> bool:
        """All that waited could be read again, and none of it is quarantined."""
        return not self.unread and all(one.after != "quarantined" for one in self.changes)


@operation(
    REOPEN, says=lambda done: f"{done.request.period} 已重新开放; opened again, {len(done.changes)} returns judged"
)
def reopen(request: Annotated[ReopenRequest, OPENED], received_at: ReceivedAt = None) -> ReopenResult:
    """Opens an approved period again and judges what waited for it; corrections are let in until it is approved anew.

    Said again, as after it was broken off, the same request is not done twice, as in `release`.
    """
    with started(load_settings(), REOPEN, received_at) as (begun, stages):
        before = already_said(begun, request)
        run = begun.model_copy(update={"name": before}) if before else begun
        changes, unread = ((), 0) if before else _open(run, request, stages)
        summary = publish_and_report(run, stages)
        return ReopenResult(
            request=request, changes=changes, unread=unread, summary=summary, already_applied=before is not None
        )


def _open(run: Run, request: ReopenRequest, stages: Stages) -> tuple[tuple[Change, ...], int]:
    """Judges what waits, and commits both; before that, what an interrupted run left unpublished is published."""
    publish_interrupted(run, stages)
    with stages.stage("read", "what waits"):
        periods, unread = reread_waiting(run, request)
    changes: tuple[Change, ...] = ()
    for period in periods:
        with stages.stage("judge", period):
            changes += judge_again(run, period).changes
    with stages.stage("commit", f"run {run.name}"):
        open_again(run, request)
        commit(run)
    return changes, unread
