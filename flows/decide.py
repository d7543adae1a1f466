"""The flows withdraw and waive: what a person decides of a return, each a run of its own."""

from __future__ import annotations

from datetime import datetime

from prefect import flow
from pydantic import BaseModel, ConfigDict

from flows.night import Stages, nothing_new, prepare, publish_and_report, start_run
from flows.settings import load_settings
from tasks.decide import commit_decisions, decide, said_before
from warehouse.report import Summary
from warehouse.store import ledger
from warehouse.store.decide import Decided, with_what_counts
from warehouse.store.deeds import Act, Deed


class Done(BaseModel):
    """What a deed came to: one record a return that it decided, and the run that it stands in.

    `said_before`: it had been decided in that run already, and nothing was decided anew.
    """

    model_config = ConfigDict(frozen=True)

    deed: Deed
    decided: tuple[Decided, ...]
    summary: Summary
    said_before: bool = False


@flow(name="withdraw")
def withdraw(deed: Deed, received_at: datetime | None = None) -> Done:
    """Takes an accepted return out of force; the one before it, if any, is in force again.

    Said again, as after it was broken off, the same deed is not done twice, here and in `waive`: its run is published
    and reported, if that is still to do.
    """
    return _carry_out("withdraw", deed, received_at)


@flow(name="waive")
def waive(deed: Deed, received_at: datetime | None = None) -> Done:
    """Lets a quarantined return in, named, with a reason; its findings stay."""
    return _carry_out("waive", deed, received_at)


def _carry_out(act: Act, deed: Deed, received_at: datetime | None) -> Done:
    settings = load_settings()
    stages = Stages()
    with settings.store.lock(settings.lock_wait_seconds):
        run = start_run(settings, act, received_at)
        prepare(run, stages)
        before = said_before(run, act, deed)
        if before:
            name, decided = before
            run = run.model_copy(update={"name": name})
        else:
            if any(one.kind == "unpublished" for one in stages.recovered):
                nothing_new(run, stages)
            with stages.stage(act, deed.place):
                decided = decide(run, act, deed)
            with stages.stage("commit", f"run {run.name}"):
                commit_decisions(run)
        summary = publish_and_report(run, stages)
        counting = with_what_counts(ledger.open_ledger(run.ledger_url), decided)
        return Done(deed=deed, decided=counting, summary=summary, said_before=before is not None)
