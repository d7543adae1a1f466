"""The rejudge flow: quarantined returns, or a range of all, judged again under today's rules."""

from __future__ import annotations

from datetime import datetime

from prefect import flow
from pydantic import BaseModel, ConfigDict

from flows.night import Stages, finish, nothing_new, prepare, start_run
from flows.settings import load_settings
from tasks.again import read_again
from tasks.judge import judge_again
from tasks.receive import clear_work
from warehouse.report import Summary
from warehouse.store import again, ledger
from warehouse.store.again import Again, Change, Scope


class Rejudged(BaseModel):
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


@flow(name="rejudge")
def rejudge(scope: Scope, received_at: datetime | None = None, *, dry_run: bool = False) -> Rejudged:
    """Judges returns again, from their originals, and records what is decided otherwise; with `dry_run` only says so.

    Returns that fare as before keep their decision. A run without changes publishes what an interrupted one left.
    """
    settings = load_settings()
    stages = Stages()
    with settings.store.lock(settings.lock_wait_seconds):
        run = start_run(settings, "rejudge", received_at)
        prepare(run, stages)
        again.not_before_the_last(ledger.open_ledger(run.ledger_url), run.received_at)
        with stages.stage("read", "the returns again"):
            periods, unread = read_again(run, scope)
        judged: list[Again] = []
        for period in periods:
            with stages.stage("judge", period):
                judged.append(judge_again(run, period))
        changes = tuple(change for one in judged for change in one.changes)
        if dry_run:
            # What was judged is in the run's work, and nobody's.
            clear_work(run)
            summary = None
        else:
            summary = finish(run, stages) if changes else nothing_new(run, stages)
        return Rejudged(
            returns=sum(one.returns for one in judged),
            quarantined=sum(one.quarantined for one in judged),
            unread=unread,
            changes=changes,
            summary=summary if changes else None,
        )
