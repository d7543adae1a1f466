"""The rejudge flow: quarantined returns, or a range of all, judged again under today's rules."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from flows.operation import operation
from flows.pipeline import commit_and_publish, publish_unpublished, started
from flows.settings import load_settings
from tasks.judge import judge_again
from tasks.receive import clear_work
from tasks.reread import reread
from warehouse.reports.run_summary import Summary
from warehouse.store import ledger, rejudging
from warehouse.store.rejudging import Change, RejudgeResult, Scope


class RejudgeSummary(BaseModel):
    """What judging again came to: how many returns were looked at and are quarantined now, how many could not be read
    again, one change a return that is decided otherwise; `summary` is None where nothing was recorded.
    """

    model_config = ConfigDict(frozen=True)

    returns: int
    quarantined: int
    unread: int
    changes: tuple[Change, ...]
    summary: Summary | None

    @property
    def good(self) -> bool:
        """Nothing of what was looked at is quarantined, and all of it could be read."""
        return not (self.quarantined or self.unread)


@operation("rejudge")
def rejudge(scope: Scope, received_at: datetime | None = None, *, dry_run: bool = False) -> RejudgeSummary:
    """Judges returns again, from their originals, and records what is decided otherwise; with `dry_run` only says so.

    Returns that fare as before keep their decision. A run without changes publishes what an interrupted one left.
    """
    with started(load_settings(), "rejudge", received_at) as (run, stages):
        rejudging.newer_than_last(ledger.open_ledger(run.ledger_url), run.received_at)
        with stages.stage("read", "the returns again"):
            periods, unread = reread(run, scope)
        judged: list[RejudgeResult] = []
        for period in periods:
            with stages.stage("judge", period):
                judged.append(judge_again(run, period))
        changes = tuple(change for one in judged for change in one.changes)
        if dry_run:
            # What was judged is in the run's work, and nobody's.
            clear_work(run)
            summary = None
        else:
            summary = commit_and_publish(run, stages) if changes else publish_unpublished(run, stages)
        return RejudgeSummary(
            returns=sum(one.returns for one in judged),
            quarantined=sum(one.quarantined for one in judged),
            unread=unread,
            changes=changes,
            summary=summary if changes else None,
        )
