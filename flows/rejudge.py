"""The flows rejudge and backfill: what was received before, judged again under today's rules."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from flows.forms import ReceivedAt, shown
from flows.operation import operation
from flows.pipeline import Stages, commit_and_publish, publish_unpublished, started
from flows.settings import load_settings
from tasks.judge import judge_again
from tasks.receive import clear_work
from tasks.reread import reread
from tasks.run import Run
from warehouse.messages.log import log
from warehouse.reports.run_summary import Summary
from warehouse.store import ledger, rejudging
from warehouse.store.rejudging import Change, Counties, Datasets, Period, RejudgeResult, Scope

REJUDGE = "rejudge"
UNSETTLED = Scope()


class RejudgeSummary(BaseModel):
    """What judging again came to: how many returns were looked at and are quarantined now, how many could not be read
    again, one change a return that is decided otherwise; `summary` is None where nothing was recorded. `locked` are the
    approved periods in scope, of which nothing was looked at.
    """

    model_config = ConfigDict(frozen=True)

    returns: int
    quarantined: int
    unread: int
    changes: tuple[Change, ...]
    summary: Summary | None
    locked: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Nothing of what was looked at is quarantined, and all of it could be read."""
        return not (self.quarantined or self.unread)


def _sentence(done: RejudgeSummary) -> str:
    returns, changes, quarantined, unread = done.returns, len(done.changes), done.quarantined, done.unread
    return (
        f"重新核对 {returns} 份报表,{changes} 份结果有变,现退回 {quarantined} 份,{unread} 份未能读取;"
        f" {returns} returns judged again, {changes} decided otherwise, {quarantined} quarantined now, {unread} unread"
    )


@operation("rejudge", says=_sentence)
def rejudge(
    scope: Annotated[
        Scope, shown("范围 Scope", "哪些报表重新核对;全部留空为已退回的。 Blank: what is quarantined.")
    ] = UNSETTLED,
    received_at: ReceivedAt = None,
    *,
    dry_run: Annotated[
        bool, shown("只试算 Dry run", "只说明结果会怎样变化,不记录。 Only say what would change.")
    ] = False,
) -> RejudgeSummary:
    """Judges returns again, from their originals, and records what is decided otherwise; with `dry_run` only says so.

    Returns that fare as before keep their decision. A run without changes publishes what an interrupted one left.
    """
    with started(load_settings(), REJUDGE, received_at) as (run, stages):
        return _judge_again(run, stages, scope, dry_run=dry_run)


@operation("backfill", says=_sentence)
def backfill(
    first: Annotated[Period, shown("起始报告期 First period", "如 2017-01。 Like 2017-01.")],
    last: Annotated[Period, shown("截止报告期 Last period", "包括在内,如 2018-06。 Included, like 2018-06.")],
    datasets: Annotated[Datasets, shown("报表 Datasets", "留空为全部。 Blank: all.")] = (),
    counties: Annotated[Counties, shown("县 Counties", "留空为全部。 Blank: all.")] = (),
    received_at: ReceivedAt = None,
) -> RejudgeSummary:
    """Works through all that was received of a range of periods once more, from the originals, as the program, its
    definitions and rules are today: accepted returns as well, the oldest period first, a run each.

    What a period comes to is committed and published before the next one begins, which is judged against it; others may
    run in between. Broken off, it may be said again: what was done by then is decided as it was.
    """
    settings, scope = load_settings(), Scope(first=first, last=last, datasets=datasets, counties=counties)
    with started(settings, REJUDGE, received_at):
        engine = ledger.open_ledger(settings.ledger)
        periods, locked = rejudging.periods_of(engine, scope), rejudging.locked_out(engine, scope)
    done = []
    for number, period in enumerate(periods, 1):
        log.info("%s: %d/%d", period, number, len(periods))
        with started(settings, REJUDGE, received_at) as (run, stages):
            done.append(_judge_again(run, stages, scope.model_copy(update={"first": period, "last": period})))
    return RejudgeSummary(
        returns=sum(one.returns for one in done),
        quarantined=sum(one.quarantined for one in done),
        unread=sum(one.unread for one in done),
        changes=tuple(change for one in done for change in one.changes),
        summary=next((one.summary for one in reversed(done) if one.summary), None),
        locked=locked,
    )


def _judge_again(run: Run, stages: Stages, scope: Scope, *, dry_run: bool = False) -> RejudgeSummary:
    """One run: the returns in scope are read and judged again, the changes committed and published."""
    engine = ledger.open_ledger(run.ledger_url)
    rejudging.newer_than_last(engine, run.received_at)
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
        locked=rejudging.locked_out(engine, scope),
    )
