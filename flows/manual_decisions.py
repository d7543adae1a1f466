"""The flows withdraw and waive: what a person decides of a return, each a run of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from flows.forms import ReceivedAt, shown
from flows.operation import operation
from flows.pipeline import Stages, publish_and_report, publish_interrupted, started
from flows.settings import load_settings
from tasks.decide import already_applied, commit_decisions, decide
from tasks.run import Run
from warehouse.reports.run_summary import Summary
from warehouse.store import ledger
from warehouse.store.decision_requests import DecisionKind, DecisionRequest
from warehouse.store.manual_decisions import DecisionOutcome, with_what_counts

RETURN = shown("报表 Return", "哪份报表,为何,谁决定。 Which return, why, and who says so.")


class DecisionResult(BaseModel):
    """What a request came to: one record a return that it decided, and the run that it stands in.

    `already_applied`: it had been decided in that run already, and nothing was decided anew. `--json` says `deed`,
    `decided` and `said_before`, as programs that read it know them.
    """

    model_config = ConfigDict(frozen=True)

    request: DecisionRequest = Field(serialization_alias="deed")
    outcomes: tuple[DecisionOutcome, ...] = Field(serialization_alias="decided")
    summary: Summary
    already_applied: bool = Field(default=False, serialization_alias="said_before")


@operation(
    "withdraw",
    says=lambda done: f"{done.request.place}: 撤回 {len(done.outcomes)} 份报表; {len(done.outcomes)} returns withdrawn",
)
def withdraw(request: Annotated[DecisionRequest, RETURN], received_at: ReceivedAt = None) -> DecisionResult:
    """Takes an accepted return out of force; the one before it, if any, is in force again.

    Said again, as after it was broken off, the same request is not done twice, here and in `waive`: its run is
    published and reported, if that is still to do.
    """
    return _carry_out("withdraw", request, received_at)


@operation(
    "waive",
    says=lambda done: (
        f"{done.request.place}: 说明理由后接受 {len(done.outcomes)} 份报表; {len(done.outcomes)} returns let in"
    ),
)
def waive(request: Annotated[DecisionRequest, RETURN], received_at: ReceivedAt = None) -> DecisionResult:
    """Lets a quarantined return in, named, with a reason; its findings stay."""
    return _carry_out("waive", request, received_at)


def _carry_out(kind: DecisionKind, request: DecisionRequest, received_at: datetime | None) -> DecisionResult:
    with started(load_settings(), kind, received_at) as (begun, stages):
        before = already_applied(begun, kind, request)
        run = begun.model_copy(update={"name": before[0]}) if before else begun
        outcomes = before[1] if before else _decide(run, kind, request, stages)
        summary = publish_and_report(run, stages)
        counting = with_what_counts(ledger.open_ledger(run.ledger_url), outcomes)
        return DecisionResult(request=request, outcomes=counting, summary=summary, already_applied=before is not None)


def _decide(run: Run, kind: DecisionKind, request: DecisionRequest, stages: Stages) -> list[DecisionOutcome]:
    """Decides and commits; before that, what an interrupted run left unpublished is published."""
    publish_interrupted(run, stages)
    with stages.stage(kind, request.place):
        outcomes = decide(run, kind, request)
    with stages.stage("commit", f"run {run.name}"):
        commit_decisions(run)
    return outcomes
