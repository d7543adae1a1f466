"""The rejudge flow: quarantined returns, or a range of all, judged again under today's rules."""

from __future__ import annotations

from datetime import datetime

from prefect import flow
from pydantic import BaseModel, ConfigDict

from flows.night import Stages, finish, prepare, start_run
from flows.settings import load_settings
from tasks.again import read_again
from tasks.judge import judge_again
from warehouse.report import Summary
from warehouse.store.again import Change, Scope


class Rejudged(BaseModel):
    """What judging again changed: one change a return; `summary` is None where nothing was written."""

    model_config = ConfigDict(frozen=True)

    changes: tuple[Change, ...]
    summary: Summary | None


@flow(name="rejudge")
def rejudge(scope: Scope, received_at: datetime | None = None, *, dry_run: bool = False) -> Rejudged:
    """Judges returns again, from their originals, and records what is decided otherwise; with `dry_run` only says so.

    Returns that fare as before keep their decision, so that doing it twice changes nothing the second time.
    """
    settings = load_settings()
    stages = Stages()
    with settings.store.lock(settings.lock_wait_seconds):
        run = start_run(settings, "rejudge", received_at)
        prepare(run, stages)
        with stages.stage("read", "the returns again"):
            periods = read_again(run, scope)
        changes: list[Change] = []
        for period in periods:
            with stages.stage("judge", period):
                changes += judge_again(run, period)
        written = bool(changes) and not dry_run
        return Rejudged(changes=tuple(changes), summary=finish(run, stages) if written else None)
